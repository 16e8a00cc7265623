/**
 * Two checkouts of leash in turn, A B A B …, each built (`npm run build`), and what B has of what A has, turn by turn:
 *   npm run bench:pair -- A B                 fifteen turns of each figure, about twenty minutes
 *   npm run bench:pair -- A B --turns 3       fewer
 *   npm run bench:pair -- A B --only help     figures whose name has that in it
 * Updates in turn are of one process, in which both train: the sharpest, but without start and compilation.
 * The median of the ratios and its 95% interval, by the percentile bootstrap. What other processes do to the machine
 * hits neighbours alike, so that a ratio says something where a figure does not; more than two of them at once still cost.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { interval, median } from './measure.ts';
import { updatesInTurn } from './updates-in-turn.ts';
import { commandOf, startUp, TRPO_WORKLOAD, trainOnce, WORKLOAD } from './whole-run.ts';

/** Figures by name and unit, of one turn of one checkout. */
type Turn = Readonly<Record<string, number>>;

const workloads = { 'PPO workload': WORKLOAD, 'TRPO workload': TRPO_WORKLOAD };
/** What is measured in a turn, by name. */
const measures: Record<string, (checkout: string, seed: number) => Promise<Turn>> = {
  ...Object.fromEntries(
    Object.entries(workloads).flatMap(([name, config]) =>
      ['1', '2'].map((threads) => [
        `${name}, threads ${threads}`,
        async (checkout: string, seed: number): Promise<Turn> => {
          const flags = ['--seed', String(seed), '--threads', threads];
          const run = await trainOnce(config, flags, process.execPath, checkout);
          const { stepsPerSecond, steadyStepsPerSecond, megabytes } = run;
          return { 'steps/s': stepsPerSecond, 'steps/s once compiled': steadyStepsPerSecond, MB: megabytes };
        },
      ]),
    ),
  ),
  'leash --help': async (checkout) => ({ ms: await startUp('--help', checkout) }),
};

const { checkouts, turns, only } = readFlags();
for (const [name, config] of Object.entries(workloads).filter(([each]) => inTurn(each).includes(only))) {
  const pairs = await updatesInTurn(checkouts, config);
  show(
    `${inTurn(name)}, updates/s`,
    'updates/s',
    pairs.map(([a, b]) => [{ 'updates/s': 2000 / a }, { 'updates/s': 2000 / b }]),
  );
}
for (const [name, measure] of Object.entries(measures).filter(([each]) => each.includes(only))) {
  const pairs: [Turn, Turn][] = [];
  for (let i = 0; i < turns; i++) {
    process.stderr.write(`${name}, turn ${i + 1} of ${turns}\n`);
    pairs.push([await measure(checkouts[0], i + 1), await measure(checkouts[1], i + 1)]);
  }
  for (const unit of Object.keys(pairs[0][0])) show(`${name}, ${unit}`, unit, pairs);
}

function inTurn(name: string): string {
  return `${name}, updates in turn`;
}

function show(name: string, unit: string, pairs: readonly [Turn, Turn][]): void {
  const [a, b] = [0, 1].map((side) => median(pairs.map((pair) => pair[side][unit])));
  const ratios = pairs.map(([before, after]) => after[unit] / before[unit]);
  const [low, high] = interval(ratios);
  const ratio = `B/A ${median(ratios).toFixed(4)} (${low.toFixed(4)} to ${high.toFixed(4)})`;
  const differences = `B − A ${median(pairs.map(([x, y]) => y[unit] - x[unit])).toFixed(1)}`;
  console.log(`${name.padEnd(46)} A ${a.toFixed(1)}, B ${b.toFixed(1)}, ${differences}, ${ratio}`);
}

function readFlags(): { checkouts: [string, string]; turns: number; only: string } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { turns: { type: 'string', default: '15' }, only: { type: 'string', default: '' } },
  });
  const [a, b, ...more] = positionals.map((path) => resolve(path));
  if (a === undefined || b === undefined || more.length > 0) return end('needs two checkouts, A and B');
  const unbuilt = [a, b].find((each) => !existsSync(commandOf(each)));
  if (unbuilt !== undefined) return end(`${unbuilt} is no checkout that was built: npm run build`);
  if (!/^[1-9]\d*$/.test(values.turns))
    return end(`--turns must be a whole number from 1, got "${values.turns}"`);
  const names = [...Object.keys(workloads).map(inTurn), ...Object.keys(measures)];
  if (!names.some((name) => name.includes(values.only)))
    return end(`--only must be part of ${names.join('; ')}, got "${values.only}"`);
  return { checkouts: [a, b], turns: Number(values.turns), only: values.only };
}

function end(problem: string): never {
  console.error(`bench:pair: ${problem}`);
  process.exit(1);
}
