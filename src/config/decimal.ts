/** Digits with a point among, before or after them, and an exponent. */
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** The number that a text says in decimals, spaces around it aside; NaN for all else that `Number` takes: '', 0x10, 0b1, Infinity. */
export function decimal(text: string): number {
  return DECIMAL.test(text.trim()) ? Number(text) : Number.NaN;
}
