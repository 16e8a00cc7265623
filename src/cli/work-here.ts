import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { connect } from '../queue/connection.ts';
import { workAt } from '../queue/queue-worker.ts';
import { makeFolders } from '../run/folders.ts';
import { oneLine, UserError } from '../user-error.ts';
import { wholeNumber } from './flag-values.ts';
import { workersWithAddresses } from './memory.ts';
import { print } from './print/print.ts';
import type { Listen } from './signals.ts';

/** What `leash worker` was told. */
export interface WorkGiven {
  readonly queue: string;
  readonly queuePrefix: string;
  readonly concurrency?: string | undefined;
  readonly allowModules?: boolean | undefined;
  readonly dir?: string | undefined;
}

/** Runs at once; more than cores make nothing faster. */
const MOST_AT_ONCE = 1024;

/** `leash worker`: makes runs of a queue until a signal comes. @returns the exit code */
export async function workHere(given: WorkGiven, listen: Listen): Promise<number> {
  const { concurrency: said } = given;
  const asked =
    said === undefined ? availableParallelism() : wholeNumber('concurrency', said, 1, MOST_AT_ONCE);
  const concurrency = workersWithAddresses(asked, said !== undefined);
  const folder = folderIn(given.dir ?? tmpdir());
  // Paths in the configs of runs are the same at every worker: they start from here.
  const before = process.cwd();
  try {
    const connection = await connect(given.queue, given.queuePrefix);
    process.chdir(folder);
    const outside = listen(false);
    print(oneLine(`works at ${connection.shown}, ${concurrency} at once, in ${folder}; Ctrl-C ends it`));
    try {
      await workAt(connection, {
        concurrency,
        modules: given.allowModules ?? false,
        signal: outside.signal,
        onNotice: (line) => print(oneLine(line)),
      });
      return outside.exitCode();
    } finally {
      outside.stopListening();
    }
  } finally {
    process.chdir(before);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One of this worker's own. @throws UserError */
function folderIn(place: string): string {
  try {
    makeFolders(place);
    return mkdtempSync(join(resolve(place), 'leash-worker-'));
  } catch (cause) {
    throw new UserError(
      `--dir ${place}: ${(cause as NodeJS.ErrnoException).code ?? (cause as Error).message}`,
    );
  }
}
