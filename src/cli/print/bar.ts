/** How far something is, in so many cells. @param share in [0, 1] */
export function bar(share: number, cells: number): string {
  const full = Math.floor(share * cells);
  return '█'.repeat(full) + '░'.repeat(cells - full);
}
