import { scaleLinear, scaleLog } from 'd3-scale';

/** An axis: from data to pixels, with its ticks. */
export interface Axis {
  (value: number): number;
  readonly ticks: readonly { readonly value: number; readonly label: string }[];
  readonly domain: readonly [number, number];
}

/** @param size about how many pixels a tick may take */
export function linearAxis(
  domain: readonly [number, number],
  range: readonly [number, number],
  size: number,
  nice = true,
): Axis {
  const count = Math.max(2, Math.round(Math.abs(range[1] - range[0]) / size));
  const scale = scaleLinear(widened(domain), range);
  if (nice) scale.nice(count);
  const values = scale.ticks(count);
  return axis(scale, labelled(values, 1), scale.domain());
}

/** @param domain positive */
export function logAxis(domain: readonly [number, number], range: readonly [number, number]): Axis {
  const [low, high] = domain;
  const scale = scaleLog(low === high ? [low / 2, high * 2] : [low, high], range);
  const [from, to] = scale.domain();
  const decades = Math.log10(to / from);
  // Within one power of ten, the round numbers of a linear axis are the more readable ones.
  if (decades < 1) {
    const values = scaleLinear([from, to], range).ticks(4);
    return axis(scale, labelled(values, from), scale.domain());
  }
  const digits = decades > 2.5 ? [1] : [1, 3];
  const every = Math.max(1, Math.ceil(decades / 7));
  const ticks: { value: number; label: string }[] = [];
  for (let power = Math.floor(Math.log10(from)); power <= Math.ceil(Math.log10(to)); power++) {
    if (power % every !== 0) continue;
    for (const digit of digits) {
      const value = Number(`${digit}e${power}`);
      if (value >= from * 0.999 && value <= to * 1.001)
        ticks.push({ value, label: logLabel(value, digit, power) });
    }
  }
  return axis(scale, ticks, scale.domain());
}

/** @param alone the step where there is one tick alone */
function labelled(values: readonly number[], alone: number): Axis['ticks'] {
  const step = values.length > 1 ? values[1] - values[0] : alone;
  const largest = Math.max(...values.map(Math.abs));
  return values.map((value) => ({ value, label: tickLabel(value, step, largest) }));
}

function axis(scale: (value: number) => number, ticks: Axis['ticks'], domain: readonly number[]): Axis {
  return Object.assign((value: number) => scale(value), { ticks, domain: [domain[0], domain[1]] as const });
}

/** Equal ends give an axis around the value; around zero, what cannot be negative stays so. */
function widened([low, high]: readonly [number, number]): [number, number] {
  if (low !== high) return [low, high];
  if (low === 0) return [0, 1];
  const around = Math.abs(low) * 0.1;
  return [low - around, high + around];
}

/** Units of large numbers, each from where on a whole axis is written in it. */
const UNITS = [
  [1e9, 'G', 1e9],
  [1e6, 'M', 1e6],
  [1e3, 'k', 1e4],
] as const;

/**
 * 0, 20k, 1.5M, 0.002: as many decimals as the step needs.
 * @param largest of the axis: all its labels have the same unit
 */
export function tickLabel(value: number, step: number, largest: number): string {
  if (value === 0) return '0';
  const unit = UNITS.find(([, , from]) => largest >= from);
  if (unit !== undefined) return `${trimmed(value / unit[0], step / unit[0])}${unit[1]}`;
  return step < 1e-6 ? value.toExponential(1).replace('e-', 'e−') : trimmed(value, step);
}

function trimmed(value: number, step: number): string {
  const decimals = Math.min(8, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
  const more = Math.abs(step * 10 ** decimals - Math.round(step * 10 ** decimals)) > 1e-6 ? 1 : 0;
  return value.toFixed(decimals + more).replace('-', '−');
}

function logLabel(value: number, digit: number, power: number): string {
  if (power >= -4 && power <= 4) return power >= 0 ? String(value) : value.toFixed(-power);
  return `${digit === 1 ? '' : `${digit}·`}10${superscript(power)}`;
}

function superscript(power: number): string {
  return String(power).replace(/[-\d]/g, (digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)] ?? '⁻');
}
