import { roundedOut, roundNumbers } from './ticks.ts';

/** An axis: from data to pixels, with its ticks. */
export interface Axis {
  (value: number): number;
  readonly ticks: readonly { readonly value: number; readonly label: string }[];
  readonly domain: readonly [number, number];
}

/**
 * @param size about how many pixels a tick may take
 * @param isCounted whether it counts something: between whole numbers there is no tick
 */
export function linearAxis(
  domain: readonly [number, number],
  range: readonly [number, number],
  size: number,
  nice = true,
  isCounted = false,
): Axis {
  const wide = widened(domain);
  const most = isCounted ? wide[1] - wide[0] : Number.POSITIVE_INFINITY;
  const count = Math.min(most, Math.max(2, Math.round(Math.abs(range[1] - range[0]) / size)));
  const [low, high] = nice ? roundedOut(wide, count) : wide;
  return axis((value) => (value - low) / (high - low), range, labelled(roundNumbers([low, high], count), 1), [
    low,
    high,
  ]);
}

/** @param domain positive */
export function logAxis(domain: readonly [number, number], range: readonly [number, number]): Axis {
  const [low, high] = domain;
  const [from, to] = low === high ? [low / 2, high * 2] : [low, high];
  const reach = Math.log(to) - Math.log(from);
  const share = (value: number): number => (Math.log(value) - Math.log(from)) / reach;
  const decades = Math.log10(to / from);
  // Within one power of ten, the round numbers of a linear axis are the more readable ones.
  if (decades < 1) {
    return axis(share, range, labelled(roundNumbers([from, to], 4), from), [from, to]);
  }
  const digits = decades > 2.5 ? [1] : [1, 3];
  const every = Math.max(1, Math.ceil(decades / 7));
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(from)); power <= Math.ceil(Math.log10(to)); power++) {
    if (power % every !== 0) continue;
    for (const digit of digits) {
      const value = Number(`${digit}e${power}`);
      if (value >= from * 0.999 && value <= to * 1.001) ticks.push(value);
    }
  }
  return axis(share, range, inOneNotation(ticks), [from, to]);
}

/** 0.01, 0.1, 1; where one of them is too long, all as powers: 1e−6, 1e−4. */
function inOneNotation(values: readonly number[]): Axis['ticks'] {
  const isPlain = values.every((value) => value >= 1e-4 && value <= 1e4);
  return values.map((value) => ({
    value,
    label: isPlain ? String(value) : value.toExponential().replace('e+', 'e').replace('-', '−'),
  }));
}

/** More letters of a label do not fit beside an axis. */
const LONGEST = 8;

/**
 * As many digits as tell the ticks apart. Where that is too many, far from 0 and close together, the ticks after the
 * first say how far from it they are.
 * @param only the step where there is one tick alone
 */
function labelled(values: readonly number[], only: number): Axis['ticks'] {
  const step = values.length > 1 ? values[1] - values[0] : only;
  const largest = Math.max(...values.map(Math.abs));
  const ticks = values.map((value) => ({ value, label: tickLabel(value, step, largest) }));
  if (ticks.every(({ label }) => label.length <= LONGEST)) return ticks;
  const [first] = values;
  const reach = (values.at(-1) as number) - first;
  return values.map((value, at) => ({
    value,
    label: at === 0 ? alone(first) : `+${tickLabel(value - first, step, reach)}`,
  }));
}

/** @param share of the range that a value is away from its beginning */
function axis(
  share: (value: number) => number,
  [from, to]: readonly [number, number],
  ticks: Axis['ticks'],
  domain: readonly [number, number],
): Axis {
  return Object.assign((value: number) => from + share(value) * (to - from), { ticks, domain });
}

/** Equal ends give an axis around the value; around zero, what cannot be negative stays so. */
function widened([low, high]: readonly [number, number]): [number, number] {
  if (low !== high) return [low, high];
  if (low === 0) return [0, 1];
  const around = Math.abs(low) * 0.1;
  return [low - around, high + around];
}

/** A value without others to be told from: all its digits, or the first where those are too many. */
function alone(value: number): string {
  const [size, suffix] = unitOf(Math.abs(value)) ?? [1, ''];
  const whole = `${precise(value / size, 15)}${suffix}`;
  return whole.length <= LONGEST ? whole : `≈${precise(value / size)}${suffix}`;
}

/** Units of large numbers, each from where on a whole axis is written in it. */
const UNITS = [
  [1e9, 'G', 1e9],
  [1e6, 'M', 1e6],
  [1e3, 'k', 1e4],
] as const;

function unitOf(largest: number): (typeof UNITS)[number] | undefined {
  return UNITS.find(([, , from]) => largest >= from);
}

/**
 * 0, 20k, 1.5M, 0.002: as many decimals as the step needs.
 * @param largest of the axis: all its labels have the same unit
 */
export function tickLabel(value: number, step: number, largest: number): string {
  if (value === 0) return '0';
  if ((step < 1e-4 && largest < 1e-2) || largest >= 1e13) return exponential(value, step);
  const unit = unitOf(largest);
  if (unit !== undefined) return `${trimmed(value / unit[0], step / unit[0])}${unit[1]}`;
  return trimmed(value, step);
}

/** Digits that a step of 1, 2 or 5 times a power of ten leaves behind the point; one more for any other. */
function trimmed(value: number, step: number): string {
  const decimals = Math.min(15, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
  const more = Math.abs(step * 10 ** decimals - Math.round(step * 10 ** decimals)) > 1e-6 ? 1 : 0;
  return value.toFixed(decimals + more).replace('-', '−');
}

/** 2.5e−7: a digit behind the point, or as many as tell a step. */
function exponential(value: number, step: number): string {
  const digits = Math.floor(Math.log10(Math.abs(value)) + 1e-9) - Math.floor(Math.log10(step) + 1e-9);
  return value
    .toExponential(Math.min(15, Math.max(1, digits)))
    .replace('e+', 'e')
    .replaceAll('-', '−');
}

/** A number alone, not one of an axis: its first digits. */
export function precise(value: number, digits = 4): string {
  return String(Number(value.toPrecision(digits)))
    .replace('e+', 'e')
    .replaceAll('-', '−');
}
