/** From Cividis (Nuñez et al. 2018): told apart with colour blindness and in grey. */
const SCALE = [
  [0, 34, 78],
  [59, 73, 107],
  [124, 123, 120],
  [187, 175, 113],
  [254, 232, 56],
] as const;

/** Below it white is read more easily, above it black: there both have a contrast of 4.5 or more. */
const DARK = 0.47;

/** What a cell is filled with, and what is written on it. @param share in [0, 1] */
export function heatColor(share: number): { readonly background: string; readonly color: string } {
  const at = share * (SCALE.length - 1);
  const below = Math.min(Math.floor(at), SCALE.length - 2);
  const mixed = SCALE[below].map((channel, c) =>
    Math.round(channel + (at - below) * (SCALE[below + 1][c] - channel)),
  );
  return { background: `rgb(${mixed.join(' ')})`, color: share < DARK ? '#ffffff' : '#000000' };
}
