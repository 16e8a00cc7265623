/** Whether an update is one of the last tenth of a run: what it came to is of these. @param last number of its last update */
export function isInLastTenth(update: number, last: number): boolean {
  return update > 0.9 * last;
}
