import type { Thinning } from './figure-options.ts';

type Stretch = readonly [start: number, end: number];

/** What is thinned by itself: all of x, or what is looked at closely and what is before and after it. */
export function partsOf(x: Float64Array, { focus }: Thinning): Stretch[] {
  if (focus === undefined) return [[0, x.length]];
  const from = x.findIndex((each) => each >= focus[0]);
  const start = from < 0 ? x.length : from;
  const to = x.findIndex((each) => each > focus[1]);
  const end = to < 0 ? x.length : to;
  const parts: Stretch[] = [
    [0, start],
    [start, end],
    [end, x.length],
  ];
  return parts.filter(([first, last]) => last > first);
}

/** Each part in at most `points` stretches of nearly the same length. */
export function stretches(x: Float64Array, thinning: Thinning): Stretch[] {
  return partsOf(x, thinning).flatMap(([start, end]) => {
    const length = end - start;
    const count = Math.min(length, thinning.points);
    return Array.from(
      { length: count },
      (_, at): Stretch => [
        start + Math.floor((at * length) / count),
        start + Math.floor(((at + 1) * length) / count),
      ],
    );
  });
}
