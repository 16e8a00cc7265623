/** Numbers on a grid: `values[row * columns + column]`, row 0 at the least y. */
export interface Grid {
  readonly columns: number;
  readonly rows: number;
  readonly values: ArrayLike<number>;
}

/** From and to, in columns and rows of the grid. */
export type Segment = readonly [x1: number, y1: number, x2: number, y2: number];

/** Of each of a cell's sixteen cases the edges (0 bottom, 1 right, 2 top, 3 left) that are joined; see `contour`. */
const CASES: readonly (readonly (readonly [number, number])[])[] = [
  [],
  [[3, 0]],
  [[0, 1]],
  [[3, 1]],
  [[1, 2]],
  [
    [3, 2],
    [0, 1],
  ],
  [[0, 2]],
  [[3, 2]],
  [[2, 3]],
  [[0, 2]],
  [
    [0, 3],
    [1, 2],
  ],
  [[1, 2]],
  [[1, 3]],
  [[0, 1]],
  [[0, 3]],
  [],
];

/**
 * The line along which a grid has a level, by linear interpolation between neighbours [marching squares]. Cells with a corner
 * that is no finite number have none.
 */
export function contour({ columns, rows, values }: Grid, level: number): Segment[] {
  const segments: Segment[] = [];
  for (let row = 0; row + 1 < rows; row++) {
    for (let column = 0; column + 1 < columns; column++) {
      const at = row * columns + column;
      // Counter-clockwise from the lower left.
      const corners = [values[at], values[at + 1], values[at + columns + 1], values[at + columns]] as const;
      if (!corners.every(Number.isFinite)) continue;
      const which = corners.reduce((bits, value, k) => (value > level ? bits | (1 << k) : bits), 0);
      for (const [from, to] of CASES[which] as (typeof CASES)[number]) {
        const [x1, y1] = crossing(from, corners, level);
        const [x2, y2] = crossing(to, corners, level);
        segments.push([column + x1, row + y1, column + x2, row + y2]);
      }
    }
  }
  return segments;
}

/** Where an edge of the unit cell is crossed. */
function crossing(
  edge: number,
  [a, b, c, d]: readonly [number, number, number, number],
  level: number,
): readonly [number, number] {
  const share = (from: number, to: number): number => (level - from) / (to - from);
  if (edge === 0) return [share(a, b), 0];
  if (edge === 1) return [1, share(b, c)];
  if (edge === 2) return [share(d, c), 1];
  return [0, share(a, d)];
}

/** So many levels between the least and the greatest finite number of a grid, evenly; none where all are the same. */
export function levelsOf({ values }: Grid, count: number): number[] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (!(high > low)) return [];
  return Array.from({ length: count }, (_, i) => low + ((i + 0.5) / count) * (high - low));
}
