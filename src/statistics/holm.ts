/**
 * Holm's step-down adjustment of p-values for testing them together, in the order given. [Holm 1979]
 * @param tests of the family, those included whose p-values are not known: each counts as greater than all that are
 */
export function adjustByHolm(pValues: readonly number[], tests = pValues.length): number[] {
  const order = pValues.map((_, i) => i).sort((a, b) => pValues[a] - pValues[b]);
  const adjusted = new Array<number>(pValues.length);
  let running = 0;
  order.forEach((index, rank) => {
    running = Math.max(running, Math.min(1, pValues[index] * (tests - rank)));
    adjusted[index] = running;
  });
  return adjusted;
}
