import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { TaskOutcome } from '../experiment/pool.ts';
import * as z from '../packages/zod.ts';
import { UPDATE_FOLDERS } from '../run/run-files.ts';
import { updateFiles } from '../run/update-files.ts';
import { MOST_BYTES } from './chunk.ts';
import { ROWS, WHOLE } from './mirrored.ts';

/** An end as it is sent. */
export const endEntry = z.object({
  status: z.enum(['completed', 'failed', 'interrupted']),
  failure: z.union([z.string(), z.null()]),
  fault: z.enum(['start', 'machine']).optional(),
  files: z.record(z.string(), z.string()),
});

/** How a run ended, and what its folder then holds. */
export interface End extends TaskOutcome {
  /** File → SHA-256, the record aside: each keeper of the run has its own. */
  readonly files: Readonly<Record<string, string>>;
}

/** The sums of a run's files. */
export function sumsOf(path: string): Record<string, string> {
  const names = [
    ...[...ROWS, ...WHOLE].filter((name) => existsSync(join(path, name))),
    ...UPDATE_FOLDERS.flatMap((folder) =>
      updateFiles(path, folder).map(({ file }) => file.slice(path.length + 1).replaceAll('\\', '/')),
    ),
  ];
  return Object.fromEntries(names.map((name) => [name, sumOfFile(join(path, name))]));
}

/** Read in pieces: a run's rows may be more than a string may have. */
function sumOfFile(path: string): string {
  const hash = createHash('sha256');
  const file = openSync(path, 'r');
  try {
    const piece = Buffer.alloc(MOST_BYTES);
    for (;;) {
      const count = readSync(file, piece);
      if (count === 0) return hash.digest('hex');
      hash.update(piece.subarray(0, count));
    }
  } finally {
    closeSync(file);
  }
}
