/** One double and its two 32-bit words over the same eight bytes: bit access without allocation. */
export const double = new Float64Array(1);
export const words = new Int32Array(double.buffer);

double[0] = 1;
/** Index in `words` of the high word (sign, exponent, top of the fraction): 1 on a little-endian machine. */
export const HIGH = words[0] === 0 ? 1 : 0;

/** POWER_OF_TWO[k + 1074] = 2ᵏ for k in [−1074, 1023], all exact. */
export const POWER_OF_TWO = new Float64Array(2098);
for (let k = -1074, power = Number.MIN_VALUE; k <= 1023; k++, power *= 2) POWER_OF_TWO[k + 1074] = power;
