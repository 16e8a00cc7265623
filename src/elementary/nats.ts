/** A divergence for reading: six decimals, four significant digits where those would hide it. */
export function nats(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? '–' : value > 0 ? '∞' : '-∞';
  if (Object.is(value, -0)) return '0.000000';
  if (value !== 0 && Math.abs(value) < 5e-5) return value.toExponential(3);
  return Math.abs(value) >= 1e6 ? value.toPrecision(7) : value.toFixed(6);
}

/** A probability (or any parameter) for reading: up to four significant digits. */
export function probability(value: number): string {
  return String(Number(value.toPrecision(4)));
}
