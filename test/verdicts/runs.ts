import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { configSchema } from '../../src/config/schema.ts';
import type { Contender } from '../../src/experiment/pairs.ts';
import type { Metric } from '../../src/experiment/performance.ts';
import type { Performance } from '../../src/experiment/report-data.ts';
import { type Random, shuffle } from '../../src/random/random.ts';
import { type Bounds, UNBOUNDED } from '../../src/statistics/bounded-interval.ts';
import { interquartileMean } from '../../src/statistics/scores.ts';

/** Both performances of the runs of one config, a run an index. */
export type Runs = Readonly<Record<Metric, Float64Array>>;

/** Many runs of one config: `npm run verdicts -- --write` makes them again. */
export interface RealRuns extends Runs {
  readonly name: string;
  readonly bounds: Bounds;
}

const FILE = fileURLToPath(new URL('../fixtures/real-runs.json', import.meta.url));
const LEASH = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
const SEEDS = 240;
/** Smooth and skewed, a few at 500; and most at 1. */
const SETS = [
  { name: 'CartPole', config: 'configs/cart-pole-clip.json', bounds: { least: 1, greatest: 500 } },
  { name: 'FrozenLake', config: 'configs/quickstart.json', bounds: { least: 0, greatest: 1 } },
] as const;
const STEPS = 16_384;

export function readRealRuns(): RealRuns[] {
  const { sets } = JSON.parse(readFileSync(FILE, 'utf8')) as { sets: RealRuns[] };
  return sets.map((set) => ({
    ...set,
    final: Float64Array.from(set.final),
    curve: Float64Array.from(set.curve),
  }));
}

/** Trains every config on all seeds, some twenty minutes of a core, and keeps what each run is judged by. */
export function writeRealRuns(): void {
  const folder = mkdtempSync(join(tmpdir(), 'leash-verdicts-'));
  const sets = SETS.map(({ name, config, bounds }) => {
    const made = [
      '--seeds',
      String(SEEDS),
      '--steps',
      String(STEPS),
      '--runs',
      folder,
      '--name',
      name,
      '--json',
    ];
    const text = execFileSync(process.execPath, [LEASH, 'compare', config, ...made], {
      ...{ encoding: 'utf8', maxBuffer: 1e9 },
    });
    const { final, curve } = JSON.parse(text).configs[0] as Record<Metric, Performance>;
    return { name, config, steps: STEPS, bounds, final: final.perSeed, curve: curve.perSeed };
  });
  rmSync(folder, { recursive: true });
  const made = 'npm run verdicts -- --write; final and curve of seeds 0 to 239';
  writeFileSync(FILE, `${JSON.stringify({ made, sets })}\n`);
}

/** Groups of runs, none of them in two. */
export function split(runs: Runs, groups: number, size: number, random: Random): Runs[] {
  const indices = Int32Array.from(runs.final.keys());
  shuffle(indices, random);
  return Array.from({ length: groups }, (_, g) => {
    const own = indices.subarray(g * size, (g + 1) * size);
    return {
      final: Float64Array.from(own, (i) => runs.final[i] as number),
      curve: Float64Array.from(own, (i) => runs.curve[i] as number),
    };
  });
}

/** Both performances moved by so many of their standard deviations over all runs. */
export function shifted(runs: Runs, all: Runs, deviations: number): Runs {
  const by = (metric: Metric): Float64Array =>
    runs[metric].map((each) => each + deviations * deviationOf(all[metric]));
  return { final: by('final'), curve: by('curve') };
}

/** Of a measure over all runs. */
export function deviationOf(values: Float64Array): number {
  const mean = values.reduce((sum, each) => sum + each, 0) / values.length;
  return Math.sqrt(values.reduce((sum, each) => sum + (each - mean) ** 2, 0) / values.length);
}

const config = configSchema.parse({ environment: { id: 'any' } });

/**
 * A config of a report that is known by its performances alone.
 * @param looks runs by each look; one where all were planned
 */
export function contenderOf(
  label: string,
  { final, curve }: Runs,
  looks: readonly number[] = [final.length],
): Contender {
  return {
    report: {
      ...{
        label,
        config,
        bestReturn: null,
        runs: [],
        stuck: [],
        curveSteps: 0,
        withoutCurve: [],
        branches: [],
      },
      ...{ final: rankedBy(final), curve: rankedBy(curve), success: null, stepsToThreshold: null },
      ...{ kl: null, drift: null, gradientSteps: { planned: 0, applied: 0 }, stopReasons: {} },
    },
    rows: [],
    scores: { final: { runs: final, bounds: UNBOUNDED }, curve: { runs: curve, bounds: UNBOUNDED } },
    groups: { final: groupsOf(final, looks), curve: groupsOf(curve, looks) },
    tolerance: 0,
  };
}

function groupsOf(runs: Float64Array, looks: readonly number[]): Float64Array[] {
  return looks
    .filter((size) => size <= runs.length)
    .map((size, look) => runs.slice(looks[look - 1] ?? 0, size));
}

/** A performance with what pairs are ranked by alone. */
function rankedBy(runs: Float64Array): Performance {
  const iqm = { value: interquartileMean([runs]), low: null, high: null };
  return { perSeed: [], mean: null, median: null, iqm, optimalityGap: null, tied: null };
}
