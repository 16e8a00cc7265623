/** Holm's step-down adjustment of p-values for testing them together, in the order given. [Holm 1979] */
export function adjustByHolm(pValues: readonly number[]): number[] {
  const order = pValues.map((_, i) => i).sort((a, b) => pValues[a] - pValues[b]);
  const adjusted = new Array<number>(pValues.length);
  let running = 0;
  order.forEach((index, rank) => {
    running = Math.max(running, Math.min(1, pValues[index] * (pValues.length - rank)));
    adjusted[index] = running;
  });
  return adjusted;
}
