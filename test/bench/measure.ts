import { randomStream } from '../../src/random/random.ts';

/** One figure of a benchmark; the same name means the same thing in every run. */
export interface Figure {
  readonly section: string;
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const RESAMPLES = 10_000;

/** 95% interval of the median: the percentile bootstrap. */
export function interval(values: readonly number[]): [number, number] {
  const random = randomStream(0, 'bench-pair');
  const medians = Array.from({ length: RESAMPLES }, () =>
    median(values.map(() => values[Math.floor(random.uniform() * values.length)])),
  ).sort((a, b) => a - b);
  return [medians[Math.floor(0.025 * RESAMPLES)], medians[Math.ceil(0.975 * RESAMPLES) - 1]];
}

function repeat(run: () => void, times: number): number {
  const start = process.hrtime.bigint();
  for (let i = 0; i < times; i++) run();
  return Number(process.hrtime.bigint() - start) / times;
}

/** Median nanoseconds of one call over rounds of about 10 ms, warmed up. */
export function timeCall(run: () => void, rounds: number): number {
  repeat(run, 1000);
  const times = Math.max(1, Math.round(10e6 / repeat(run, 1000)));
  return median(Array.from({ length: rounds }, () => repeat(run, times)));
}
