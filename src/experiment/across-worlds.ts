import { extent } from '../elementary/extent.ts';
import { mean } from '../elementary/mean.ts';
import { randomStream } from '../random/random.ts';
import { bootstrapIntervals } from '../statistics/bootstrap.ts';
import type { Bounds } from '../statistics/bounded-interval.ts';
import { improvementInterval, rankInterval, shareInterval } from '../statistics/improvement-interval.ts';
import { meanRanks } from '../statistics/ranks.ts';
import {
  interquartileMean,
  pooledMean,
  probabilityOfImprovement,
  type Scores,
  shareAbove,
} from '../statistics/scores.ts';
import type { SeedScores } from '../statistics/seed-intervals.ts';
import { stratifiedIqmInterval, stratifiedMeanInterval } from '../statistics/stratified-interval.ts';
import { untrainedReturn } from './learning-curve.ts';
import type { Contender } from './pairs.ts';
import { estimateOf, STUCK } from './performance.ts';
import type { AcrossEstimate, AcrossReport, ReportInput } from './report-data.ts';

/** Of rliable's interval, which stands beside. */
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
    row.map((member, w): SeedScores => {
      const { untrained, best } = scales[w];
      const normal = (each: number): number => (each - untrained) / (best - untrained);
      const { runs, bounds } = (member as Member).contender.scores.final;
      return { runs: runs.map(normal), bounds: normalBounds(bounds, normal) };
    }),
  );
  const scores = sets.map((set) => set.map(({ runs }) => runs));
  const isSingle = scores.some((set) => set.some((runs) => runs.length < 2));
  const ranks = bootstrapped(scores, meanRanks(methods.length));
  return {
    bootstrap: BOOTSTRAP,
    worlds: worlds.map((world, w) => ({ world, ...scales[w] })),
    thresholds: THRESHOLDS,
    methods: methods.map((method, m): AcrossReport['methods'][number] => {
      const [set, own] = [sets[m], scores[m]];
      const [iqm, average] = bootstrapped([own], [interquartileMean, pooledMean]);
      const others = scores.filter((_, other) => other !== m);
      const above = own.map((runs, w) => others.map((other) => improvementOf([other[w]], [runs])[0]));
      const known = <Found>(interval: () => Found): Found | undefined => (isSingle ? undefined : interval());
      return {
        method,
        iqm: {
          ...estimateOf(
            iqm.value,
            known(() => stratifiedIqmInterval(set)),
          ),
          bootstrap: iqm.ends,
        },
        mean: {
          ...estimateOf(
            average.value,
            known(() => stratifiedMeanInterval(set)),
          ),
          bootstrap: average.ends,
        },
        rank: {
          ...estimateOf(
            ranks[m].value,
            known(() => rankInterval(above)),
          ),
          bootstrap: ranks[m].ends,
        },
        profile: THRESHOLDS.map((tau) => {
          const shares = own.map((runs) => ({ value: shareAbove([runs], tau), runs: runs.length }));
          return estimateOf(
            shareAbove(own, tau),
            known(() => shareInterval(shares)),
          );
        }),
      };
    }),
    improvements: methods.flatMap((over, i) =>
      methods.slice(i + 1).map((under, k) => {
        const [x, y] = [scores[i], scores[i + 1 + k]];
        const [{ value, ends }] = bootstrapped([x, y], [probabilityOfImprovement]);
        const interval = isSingle ? undefined : improvementInterval(improvementOf(x, y));
        const improvement: AcrossEstimate = { ...estimateOf(value, interval), bootstrap: ends };
        return { method: over, over: under, improvement };
      }),
    ),
  };
}

/** What normalised returns can be. */
function normalBounds({ least, greatest }: Bounds, normal: (each: number) => number): Bounds {
  return { least: normal(least), greatest: normal(greatest) };
}

/** P(a run of x is above one of y), of each world. */
function improvementOf(x: Scores, y: Scores): { value: number; m: number; n: number }[] {
  return x.map((runs, w) => ({
    ...{ value: probabilityOfImprovement([runs], [y[w]]), m: runs.length, n: y[w].length },
  }));
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

/** With rliable's interval: runs are resampled within their world. None where a set has a single run in a world. */
function bootstrapped(
  sets: readonly Scores[],
  statistics: readonly ((...sets: Scores[]) => number)[],
): { value: number; ends: AcrossEstimate['bootstrap'] }[] {
  const values = statistics.map((statistic) => statistic(...sets));
  if (sets.some((worlds) => worlds.some((runs) => runs.length < 2)))
    return values.map((value) => ({ value, ends: null }));
  const { resamples, confidence, seed } = BOOTSTRAP;
  const stream = randomStream(seed, 'across-worlds');
  const intervals = bootstrapIntervals(sets, statistics, resamples, confidence, stream);
  return values.map((value, i) => {
    const { value: _, ...ends } = estimateOf(value, intervals[i]);
    return { value, ends };
  });
}

/** What is 0 and what is 1 in a world. */
function scaleOf(members: readonly Member[]): { untrained: number; best: number } {
  const untrained = members.flatMap(({ contender }) =>
    contender.rows.flatMap((rows) => (rows && untrainedReturn(rows)) ?? []),
  );
  const known = members[0].contender.report.bestReturn?.value;
  const all = extent(members.map(({ contender }) => contender.scores.final.runs));
  return { untrained: mean(untrained), best: known ?? all?.[1] ?? STUCK };
}
