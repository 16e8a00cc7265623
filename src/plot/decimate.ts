/**
 * Indices of at most about `points` values that draw the same curve: of each stretch the first, the least, the
 * greatest and every change between a value and none. Spikes stay.
 *
 * @returns ascending indices; all of them when there are no more than `points`
 */
export function decimate(values: readonly (number | null)[], points: number): number[] {
  if (values.length <= points) return values.map((_, at) => at);
  const stretches = Math.max(1, Math.floor(points / 3));
  const kept: number[] = [];
  for (let stretch = 0; stretch < stretches; stretch++) {
    const start = Math.floor((stretch * values.length) / stretches);
    const end = Math.floor(((stretch + 1) * values.length) / stretches);
    let [least, greatest] = [start, start];
    const chosen = new Set([start, end - 1]);
    for (let at = start; at < end; at++) {
      const value = values[at];
      if (isDrawn(value) !== isDrawn(values[at - 1]) && at > start) chosen.add(at).add(at - 1);
      if (!isDrawn(value)) continue;
      if (!isDrawn(values[least]) || value < (values[least] as number)) least = at;
      if (!isDrawn(values[greatest]) || value > (values[greatest] as number)) greatest = at;
    }
    chosen.add(least).add(greatest);
    kept.push(...[...chosen].sort((a, b) => a - b));
  }
  return kept;
}

function isDrawn(value: number | null | undefined): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
