/** A step between round numbers, and its multiples. */
interface Step {
  readonly size: number;
  multiple(k: number): number;
  /** How many steps a value is; mostly no integer. */
  steps(value: number): number;
}

/** 1, 2 or 5 times a power of ten, the nearest to a `count`th of the span by its logarithm. */
function roundStep(span: number, count: number): Step {
  const rough = span / count;
  const below = Math.floor(Math.log10(rough));
  const share = rough / 10 ** below;
  const digit = share >= Math.sqrt(10) ? 5 : share >= Math.SQRT2 ? 2 : 1;
  const isNextPower = share >= Math.sqrt(50);
  return isNextPower ? stepOf(1, below + 1) : stepOf(digit, below);
}

function stepOf(digit: number, power: number): Step {
  const size = digit * 10 ** power;
  if (power >= 0) return { size, multiple: (k) => k * size, steps: (value) => value / size };
  // Below 1 multiples are quotients of integers: 3/10 is 0.3, 3·0.1 is not.
  const inverse = 10 ** -power / digit;
  return { size, multiple: (k) => k / inverse, steps: (value) => value * inverse };
}

/** Round numbers of a domain, about `count`, ascending. */
export function roundNumbers([low, high]: readonly [number, number], count: number): number[] {
  const { multiple, steps } = roundStep(high - low, count);
  let first = Math.round(steps(low));
  let last = Math.round(steps(high));
  if (multiple(first) < low) first += 1;
  if (multiple(last) > high) last -= 1;
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, k) => multiple(first + k));
}

/** The domain with its ends moved out to round numbers. */
export function roundedOut(domain: readonly [number, number], count: number): readonly [number, number] {
  let [low, high] = domain;
  let before = 0;
  // A wider domain may have longer steps, which widen it once more.
  for (let turn = 0; turn < 10; turn++) {
    const { size, multiple, steps } = roundStep(high - low, count);
    if (size === before) break;
    [low, high] = [multiple(Math.floor(steps(low))), multiple(Math.ceil(steps(high)))];
    before = size;
  }
  return [low, high];
}
