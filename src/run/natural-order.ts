/** Numbers as people write them in names: 10, 0.05, 1e-3. */
const NUMBER = /\d+(?:\.\d+)?(?:e[-+]?\d+)?/g;

/**
 * Compares names as people do: by the numbers in them (seed-9 before seed-10, clip=0.05 before clip=0.1), else letter by
 * letter. The same on every machine, which Intl is not: it goes by the system's language data and takes 0.05 for two
 * whole numbers.
 */
export function naturalOrder(a: string, b: string): number {
  const [words, others] = [a, b].map((name) => name.split(NUMBER));
  const [numbers, otherNumbers] = [a, b].map((name) => (name.match(NUMBER) ?? []).map(Number));
  for (let i = 0; i < Math.min(words.length, others.length); i++) {
    if (words[i] !== others[i]) return words[i] < others[i] ? -1 : 1;
    const difference = (numbers[i] ?? -1) - (otherNumbers[i] ?? -1);
    if (difference !== 0) return difference;
  }
  // 1 and 1.0, which are the same number.
  return a < b ? -1 : a > b ? 1 : 0;
}
