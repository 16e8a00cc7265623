import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describeFailure } from '../../src/cli/failure.ts';
import { randomStream, type Random } from '../../src/random/random.ts';
import { damage, type Kind, pick } from './mutations.ts';

/** A reader of files, and what it is tried on. */
export interface Reader {
  readonly name: string;
  /** Path → a file that can be read; the damaged ones come from these. */
  readonly files: Readonly<Record<string, Buffer>>;
  /** Of which of them one is damaged, each time, and how. */
  readonly damaged: Readonly<Record<string, Kind | ((bytes: Buffer, random: Random) => Buffer)>>;
  /** Reads the folder with these files in it, as the commands do. @param path the damaged one */
  read(folder: string, path: string): unknown;
  /** The same through the command line, without `leash`; not every reader has a command that only reads. */
  command?(folder: string, path: string): readonly string[];
  /** What a refusal must name, beside the folder. */
  readonly names?: readonly string[];
  /** Whether reading changes the folder: all of it is then written again. */
  readonly isChanging?: boolean;
}

/** What became of the inputs of one reader. */
export interface Tally {
  readonly name: string;
  readonly inputs: number;
  readonly refused: number;
  /** Messages of what should not have happened, with the number of the input. */
  readonly failures: readonly string[];
}

/** More is a hang; on a busy machine 64 MB may take some seconds. */
const MOST_SECONDS = 20;
const MOST_BYTES = 1.5e9;
const MOST_FAILURES = 20;
/** A message that is longer is none. */
const MOST_CHARACTERS = 1400;

/**
 * Reads `count` damaged inputs: each must be read or refused in one line that names it.
 * @param seed input i of a reader depends on it and i alone
 */
export async function readDamaged(reader: Reader, count: number, seed: number): Promise<Tally> {
  const folder = temporary(reader);
  const failures: string[] = [];
  let refused = 0;
  let inputs = 0;
  try {
    writeAll(reader, folder);
    await quietly(() => readWhole(reader, folder));
    for (let i = 0; i < count && failures.length < MOST_FAILURES; i++) {
      inputs += 1;
      const path = damageOne(reader, folder, seed, i);
      const start = performance.now();
      // What other tests of the same process left behind is not the reader's.
      const before = process.memoryUsage.rss();
      let problem: string | undefined;
      try {
        await quietly(() => reader.read(folder, path));
      } catch (error) {
        refused += 1;
        const { text, exitCode } = describeFailure(error);
        problem = problemOf(text, exitCode, [folder, ...(reader.names ?? [])]);
      }
      const seconds = (performance.now() - start) / 1000;
      if (seconds > MOST_SECONDS) problem = `took ${seconds.toFixed(1)} s`;
      const bytes = process.memoryUsage.rss() - before;
      if (bytes > MOST_BYTES) problem = `${(bytes / 1e9).toFixed(1)} GB of memory`;
      if (problem !== undefined)
        failures.push(`${reader.name}, seed ${seed}, input ${i} (${path}): ${problem}`);
      if (reader.isChanging) writeAll(reader, folder);
      else restore(reader, folder, path);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { name: reader.name, inputs, refused, failures };
}

/** The same inputs through the command itself. @param run starts `leash` and waits for its end */
export async function commandDamaged(
  reader: Reader & Required<Pick<Reader, 'command'>>,
  count: number,
  seed: number,
  run: (args: readonly string[]) => Promise<{ code: number | null; stderr: string }>,
): Promise<Tally> {
  const folder = temporary(reader);
  const failures: string[] = [];
  let refused = 0;
  try {
    writeAll(reader, folder);
    for (let i = 0; i < count; i++) {
      const path = damageOne(reader, folder, seed, i);
      const { code, stderr } = await run(reader.command(folder, path));
      if (code !== 0) refused += 1;
      const text = stderr.trimEnd();
      const problem = code === 0 ? undefined : problemOf(text, code ?? -1, [folder, ...(reader.names ?? [])]);
      if (problem !== undefined)
        failures.push(`${reader.name}, seed ${seed}, input ${i} (${path}): ${problem}`);
      restore(reader, folder, path);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { name: reader.name, inputs: count, refused, failures };
}

function temporary(reader: Reader): string {
  return mkdtempSync(join(tmpdir(), `leash-damaged-${reader.name.replace(/\W+/g, '-')}-`));
}

/** Damages one of the files. @returns which */
function damageOne({ name, files, damaged }: Reader, folder: string, seed: number, input: number): string {
  const random = randomStream(seed, `${name}/${input}`);
  const path = pick(random, Object.keys(damaged));
  const how = damaged[path] as Reader['damaged'][string];
  const whole = files[path] as Buffer;
  writeFileSync(
    join(folder, path),
    typeof how === 'string' ? damage(whole, how, random) : how(whole, random),
  );
  return path;
}

function restore({ files }: Reader, folder: string, path: string): void {
  writeFileSync(join(folder, path), files[path] as Buffer);
}

/** Before anything is damaged all of it can be read: otherwise a refusal would mean nothing. */
async function readWhole(reader: Reader, folder: string): Promise<void> {
  for (const path of Object.keys(reader.damaged)) {
    if (reader.files[path] !== undefined) await reader.read(folder, path);
  }
  writeAll(reader, folder);
}

/** Nothing of what the readers print belongs in the report. */
async function quietly(read: () => unknown): Promise<void> {
  const [stdout, stderr] = [process.stdout.write, process.stderr.write];
  process.stdout.write = () => true;
  process.stderr.write = () => true;
  try {
    await read();
  } finally {
    process.stdout.write = stdout;
    process.stderr.write = stderr;
  }
}

function writeAll({ files }: Reader, folder: string): void {
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
}

/** What is wrong with how something was refused; undefined: nothing. */
function problemOf(text: string, exitCode: number, names: readonly string[]): string | undefined {
  if (exitCode !== 1 && exitCode !== 2) return `exit code ${exitCode}: ${text.slice(0, 2000)}`;
  if (/\p{Cc}/u.test(text)) return `more than one line: ${JSON.stringify(text.slice(0, 400))}`;
  if (text.length > MOST_CHARACTERS) return `${text.length} characters: ${text.slice(0, 400)}`;
  if (!names.some((name) => text.includes(name))) return `names no file: ${text}`;
  return undefined;
}
