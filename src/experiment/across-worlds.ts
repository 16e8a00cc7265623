import { mean } from '../elementary/mean.ts';
import { randomStream } from '../random/random.ts';
import { bootstrapIntervals, type Interval } from '../statistics/bootstrap.ts';
import { meanRanks } from '../statistics/ranks.ts';
import {
  interquartileMean,
  pooledMean,
  probabilityOfImprovement,
  type Scores,
  shareAbove,
} from '../statistics/scores.ts';
import { untrainedReturn } from './learning-curve.ts';
import type { Contender } from './pairs.ts';
import { estimateOf } from './performance.ts';
import type { AcrossReport, Estimate, ReportInput } from './report-data.ts';

/** Of every interval over worlds. */
const BOOTSTRAP = { confidence: 0.95, resamples: 2000, seed: 0 };
/** Normalised returns at which profiles are taken: 0 to 1 is from untrained to best. */
const THRESHOLDS = Array.from({ length: 21 }, (_, i) => i / 20);

/** A config's runs in a world. */
interface Member {
  readonly method: string;
  readonly world: string;
  readonly contender: Contender;
}

/**
 * Methods compared over all worlds of a study, by rliable's statistics: final returns are normalised in each world so that 0 is
 * what the untrained policies return there and 1 the best known return, or the best of these runs where none is known.
 * @returns null where not every method was run in every world, or there is one world
 */
export function acrossWorlds(
  contenders: readonly Contender[],
  inputs: readonly ReportInput[],
): AcrossReport | null {
  const members = inputs.flatMap(({ method, world }, i): Member[] =>
    method === undefined || world === undefined ? [] : [{ method, world, contender: contenders[i] }],
  );
  const [methods, worlds] = [
    [...new Set(members.map(({ method }) => method))],
    [...new Set(members.map(({ world }) => world))],
  ];
  const cells = methods.map((method) =>
    worlds.map((world) => members.find((each) => each.method === method && each.world === world)),
  );
  const isWhole = cells.flat().every((each) => each && each.contender.scores.final.runs.length > 0);
  if (methods.length < 2 || worlds.length < 2 || !isWhole) return null;
  const scales = worlds.map((world) => scaleOf(members.filter((each) => each.world === world)));
  if (scales.some(({ untrained, best }) => !(best > untrained))) return null;
  const sets = cells.map((row) =>
    row.map((member, w): Float64Array => {
      const { untrained, best } = scales[w];
      return (member as Member).contender.scores.final.runs.map(
        (each) => (each - untrained) / (best - untrained),
      );
    }),
  );
  const ranks = estimates(sets, meanRanks(methods.length));
  return {
    bootstrap: BOOTSTRAP,
    worlds: worlds.map((world, w) => ({ world, ...scales[w] })),
    thresholds: THRESHOLDS,
    methods: methods.map((method, m) => {
      const [iqm, average, ...profile] = estimates(
        [sets[m]],
        [
          interquartileMean,
          pooledMean,
          ...THRESHOLDS.map((tau) => (scores: Scores) => shareAbove(scores, tau)),
        ],
      );
      return { method, iqm, mean: average, rank: ranks[m], profile };
    }),
    improvements: methods.flatMap((over, i) =>
      methods.slice(i + 1).map((under, k) => {
        const [improvement] = estimates([sets[i], sets[i + 1 + k]], [probabilityOfImprovement]);
        return { method: over, over: under, improvement };
      }),
    ),
  };
}

/** That nothing is compared over the worlds of a study that has some, and what may be missing. */
export function remarkOnWorlds(
  across: AcrossReport | null,
  inputs: readonly Pick<ReportInput, 'method' | 'world'>[],
): string[] {
  const countOf = (values: readonly (string | undefined)[]): number => new Set(values).size;
  const isAsked =
    inputs.every(({ world }) => world !== undefined) &&
    countOf(inputs.map(({ world }) => world)) > 1 &&
    countOf(inputs.map(({ method }) => method)) > 1;
  if (across !== null || !isAsked) return [];
  return [
    'Nothing is compared over all worlds: a config has no run that completed in one of them, or of one it is not known what an untrained policy returns there (the curve of its first update) or that anything returns more.',
  ];
}

/** Stratified: runs are resampled within their world. None where a set has a single run in a world. */
function estimates(
  sets: readonly Scores[],
  statistics: readonly ((...sets: Scores[]) => number)[],
): Estimate[] {
  const values = statistics.map((statistic) => statistic(...sets));
  if (sets.some((worlds) => worlds.some((runs) => runs.length < 2)))
    return values.map((value) => estimateOf(value));
  const { resamples, confidence, seed } = BOOTSTRAP;
  const stream = randomStream(seed, 'across-worlds');
  const intervals: Interval[] = bootstrapIntervals(sets, statistics, resamples, confidence, stream);
  return values.map((value, i) => estimateOf(value, intervals[i]));
}

/** What is 0 and what is 1 in a world. */
function scaleOf(members: readonly Member[]): { untrained: number; best: number } {
  const untrained = members.flatMap(({ contender }) =>
    contender.rows.flatMap((rows) => (rows && untrainedReturn(rows)) ?? []),
  );
  const known = members[0].contender.report.bestReturn?.value;
  const greatest = Math.max(...members.flatMap(({ contender }) => [...contender.scores.final.runs]));
  return { untrained: mean(untrained), best: known ?? greatest };
}
