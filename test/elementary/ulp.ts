const value = new Float64Array(1);
const bits = new BigInt64Array(value.buffer);

/** Place of a double in the order of all doubles. */
function rank(x: number): bigint {
  value[0] = x;
  return bits[0] < 0n ? -(bits[0] & 0x7fffffffffffffffn) : bits[0];
}

/** How many doubles apart two numbers are: 0 for the same bits or two NaN, Infinity for NaN and a number. */
export function ulpsApart(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b) ? 0 : Infinity;
  const apart = rank(a) - rank(b);
  return Math.abs(Number(apart)) + (apart === 0n && !Object.is(a, b) ? Infinity : 0);
}
