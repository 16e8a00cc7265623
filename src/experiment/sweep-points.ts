import { exp, log } from '../elementary/exponential.ts';
import { type Random, randomStream } from '../random/random.ts';

/** What a parameter of a sweep runs over. */
export type Range =
  | readonly unknown[]
  | {
      readonly min: number;
      readonly max: number;
      readonly scale: 'linear' | 'log';
      /** Values of it in a grid. */
      readonly points: number;
    };

/** A parameter: the path of a setting and its range. */
export interface Parameter {
  readonly path: string;
  readonly range: Range;
  /** Whether the setting takes whole numbers only. */
  readonly isInteger: boolean;
}

/** Bases of the Halton sequence, one per parameter. */
const PRIMES = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29];

/** The most parameters that `halton` takes. */
export const MOST_HALTON = PRIMES.length;

/** The different values of each parameter in a grid. @returns [parameter][value] */
export function gridValues(parameters: readonly Parameter[]): unknown[][] {
  return parameters.map((parameter) => {
    const { range } = parameter;
    const values = isList(range)
      ? range
      : Array.from({ length: range.points }, (_, i) => valueAt(parameter, i / (range.points - 1)));
    return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
  });
}

/** Every combination, the last parameter changing fastest. @param values [parameter][value] @returns [point][parameter] */
export function gridPoints(values: readonly (readonly unknown[])[]): unknown[][] {
  let points: unknown[][] = [[]];
  for (const own of values) points = points.flatMap((point) => own.map((value) => [...point, value]));
  return points;
}

/** Independent uniform draws (on the parameter's scale) from the stream `sweep` of the seed. */
export function randomPoints(parameters: readonly Parameter[], samples: number, seed: number): unknown[][] {
  const random = randomStream(seed, 'sweep');
  return Array.from({ length: samples }, () =>
    parameters.map((parameter) => valueAt(parameter, random.uniform())),
  );
}

/**
 * Halton's low-discrepancy sequence, shifted by one draw per parameter so that seeds give different points
 * that cover as evenly. [Halton 1960; shift: Cranley & Patterson 1976]
 */
export function haltonPoints(parameters: readonly Parameter[], samples: number, seed: number): unknown[][] {
  const random: Random = randomStream(seed, 'sweep');
  const shifts = parameters.map(() => random.uniform());
  return Array.from({ length: samples }, (_, i) =>
    parameters.map((parameter, d) => valueAt(parameter, (radicalInverse(i + 1, PRIMES[d]) + shifts[d]) % 1)),
  );
}

/** The digits of n in the base, mirrored at the point: 6 = 110₂ → 0.011₂ = 0.375. */
export function radicalInverse(n: number, base: number): number {
  let inverse = 0;
  let weight = 1 / base;
  for (let rest = n; rest > 0; rest = Math.floor(rest / base)) {
    inverse += (rest % base) * weight;
    weight /= base;
  }
  return inverse;
}

/** The value at share u in [0, 1] of a range, four significant digits of it. */
function valueAt({ range, isInteger }: Parameter, u: number): unknown {
  if (isList(range)) return range[Math.min(range.length - 1, Math.floor(u * range.length))];
  const { min, max, scale } = range;
  const value = scale === 'log' ? exp(log(min) + u * (log(max) - log(min))) : min + u * (max - min);
  return isInteger ? Math.round(value) : Math.min(max, Math.max(min, Number(value.toPrecision(4))));
}

export function isList(range: Range): range is readonly unknown[] {
  return Array.isArray(range);
}

/**
 * `clipRange=0.1_delta=0.02`: a folder's name for each point, all different where the points are. What is left of two values
 * may be one word (a map's walls are no letters): there the number of the point is added, and so it is where the name would be too long.
 */
export function labelPoints(parameters: readonly Parameter[], points: readonly unknown[][]): string[] {
  const lasts = parameters.map(({ path }) => path.split('.').at(-1) as string);
  const names = lasts.map((last, i) =>
    lasts.indexOf(last) === lasts.lastIndexOf(last) ? last : parameters[i].path,
  );
  const word = (value: unknown): string =>
    typeof value === 'number'
      ? String(value)
      : (typeof value === 'string' ? value : JSON.stringify(value))
          .replaceAll(/[^\p{L}\p{N}_.+=-]+/gu, '-')
          .replaceAll(/^-+|-+$/g, '');
  const taken = new Set<string>();
  return points.map((point, index) => {
    const number = `point-${index + 1}`;
    const full = point.map((value, i) => `${names[i]}=${word(value)}`).join('_');
    let label = full.length > 100 ? number : full;
    while (taken.has(label)) label = `${label}_${number}`;
    taken.add(label);
    return label;
  });
}
