/**
 * Holds the bytes of training and fitting, parameters and rows, against those recorded in hashes.json:
 *   npm run golden                    every case on one and two threads, five minutes of one core
 *   npm run golden -- --short         what `npm test` has of them, half a minute of one core
 *   npm run golden -- --only TEXT     cases whose name has that in it
 *   npm run golden -- --node PATH     with that Node.js (npm install --prefix DIR node@24)
 *   npm run golden -- --write         records what is there now, after a decision that bytes may change
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type GoldenCase, goldenCases } from './cases.ts';
import { changes, HASHES, readHashes } from './compare.ts';
import { type GoldenRecord, recordCase } from './record.ts';

const flags = readFlags();
if (flags !== undefined) process.exitCode = flags.node === undefined ? await check(flags) : checkWith(flags);

type Flags = ReturnType<typeof parseFlags>;

function parseFlags() {
  const { values } = parseArgs({
    options: {
      short: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      node: { type: 'string' },
      write: { type: 'boolean', default: false },
    },
  });
  return values;
}

/** Undefined where there are others than these. */
function readFlags(): Flags | undefined {
  try {
    return parseFlags();
  } catch (cause) {
    process.exitCode = mistake((cause as Error).message);
    return undefined;
  }
}

/** Says in one line what the caller did wrong. @returns the exit code */
function mistake(words: string): number {
  console.error(`golden: ${words}`);
  return 2;
}

/** @returns the exit code: 1 where bytes differ */
async function check(flags: Flags): Promise<number> {
  const all = goldenCases();
  const cases = all.filter(({ name }) => name.includes(flags.only));
  if (cases.every(({ short }) => flags.short && short.length === 0))
    return mistake(
      `--only must be part of the name of a case${flags.short ? ' of the short form' : ''}, got "${flags.only}"`,
    );
  const kept = readHashes();
  const records = new Map(Object.entries(kept));
  let runs = 0;
  let differing = 0;
  for (const golden of cases) {
    const [first, ...others] = flags.short ? golden.short : golden.threads;
    if (first === undefined) continue;
    const record = await recordCase(golden, first);
    const isKept = flags.write || tell(golden, first, changes(kept[golden.name], record));
    records.set(golden.name, record);
    runs += 1;
    differing += isKept ? 0 : 1;
    for (const threads of others) {
      // What two threads do must be what one does, recorded anew or not.
      const other = changes(flags.write ? record : kept[golden.name], await recordCase(golden, threads));
      runs += 1;
      differing += tell(golden, threads, other) ? 0 : 1;
    }
  }
  console.log(
    `Node ${process.version}: ${runs - differing} of ${runs} runs of ${cases.length} cases give the recorded bytes`,
  );
  if (differing === 0 && flags.write) write(all, records);
  return differing === 0 ? 0 : 1;
}

/** @returns whether there is nothing to tell */
function tell({ name }: GoldenCase, threads: number, found: readonly string[]): boolean {
  if (found.length > 0) console.log(`${name}, threads ${threads}: ${found.join('; ')}`);
  return found.length === 0;
}

/** The records of all cases in their order; those of cases that are no more are dropped. */
function write(cases: readonly GoldenCase[], records: ReadonlyMap<string, GoldenRecord>): void {
  const kept = cases.map(({ name }) => [name, records.get(name)]);
  writeFileSync(HASHES, `${JSON.stringify(Object.fromEntries(kept), null, 2)}\n`);
}

/** The same command, run by another Node.js. */
function checkWith({ node, ...flags }: Flags): number {
  if (!node) return mistake('--node must be the path of a Node.js');
  const own = [
    '--only',
    flags.only,
    ...(flags.short ? ['--short'] : []),
    ...(flags.write ? ['--write'] : []),
  ];
  const args = ['--import', 'tsx', fileURLToPath(import.meta.url), ...own];
  const { status, error } = spawnSync(node, args, { stdio: 'inherit' });
  if (error) return mistake(`--node ${node} is no Node.js that runs here: ${error.message}`);
  return status ?? 1;
}
