/**
 * Random configs, maps and command lines: `tsx test/fuzz/fuzz.ts [--configs N] [--lines N] [--seed N] [--from N]`; 10,000 and
 * 1,000 where nothing is said. Needs a build. Stops at the first that gets another answer than a user should; its number and seed
 * draw it again.
 */
import { fuzzCommandLines } from './command-lines.ts';
import { fuzzConfigs } from './configs.ts';

function given(flag: string, usual: number): number {
  const at = process.argv.indexOf(`--${flag}`);
  return at < 0 ? usual : Number(process.argv[at + 1]);
}

const seed = given('seed', Math.floor(Date.now() / 1000) % 1e9);
const inWords = (counts: Record<string, number>): string =>
  Object.entries(counts)
    .map(([what, n]) => `${n} ${what}`)
    .join(', ');

const configs = given('configs', 10_000);
const CHUNK = 100;
const totals: Record<string, number> = {};
const from = given('from', 0);
for (let i = from; i < from + configs; i += CHUNK) {
  const counts = fuzzConfigs(Math.min(CHUNK, from + configs - i), seed, i);
  for (const [what, n] of Object.entries(counts)) totals[what] = (totals[what] ?? 0) + n;
  process.stdout.write(`seed ${seed}, ${i + CHUNK - from} configs: ${inWords(totals)}\n`);
}
const lines = given('lines', 1000);
process.stdout.write(
  `seed ${seed}, ${lines} command lines: ${inWords(await fuzzCommandLines(lines, seed))}\n`,
);
