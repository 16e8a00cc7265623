import { describe, expect, it } from 'vitest';
import { contour, type Grid, levelsOf } from '../../src/plot/contours.ts';

function grid(columns: number, rows: number, f: (x: number, y: number) => number): Grid {
  return {
    columns,
    rows,
    values: Float64Array.from({ length: columns * rows }, (_, i) => f(i % columns, Math.floor(i / columns))),
  };
}

describe('contour', () => {
  it('of a plane is the straight line where it has the level', () => {
    const segments = contour(
      grid(5, 4, (x, y) => x + 10 * y),
      12.5,
    );
    for (const [x1, y1, x2, y2] of segments) {
      expect(x1 + 10 * y1).toBeCloseTo(12.5, 12);
      expect(x2 + 10 * y2).toBeCloseTo(12.5, 12);
    }
    const length = segments.reduce((sum, [x1, y1, x2, y2]) => sum + Math.hypot(x2 - x1, y2 - y1), 0);
    // From x = 0 to 4: y falls by 0.4.
    expect(length).toBeCloseTo(Math.hypot(4, 0.4), 12);
  });

  it('of a bowl is a circle, closed: every end is another segment’s beginning', () => {
    const segments = contour(
      grid(41, 41, (x, y) => (x - 20) ** 2 + (y - 20) ** 2),
      143.3,
    );
    const ends = new Map<string, number>();
    for (const [x1, y1, x2, y2] of segments)
      for (const [x, y] of [
        [x1, y1],
        [x2, y2],
      ] as const) {
        expect(Math.hypot(x - 20, y - 20)).toBeCloseTo(Math.sqrt(143.3), 1);
        const key = `${x.toFixed(9)},${y.toFixed(9)}`;
        ends.set(key, (ends.get(key) ?? 0) + 1);
      }
    expect([...new Set(ends.values())]).toEqual([2]);
    const length = segments.reduce((sum, [x1, y1, x2, y2]) => sum + Math.hypot(x2 - x1, y2 - y1), 0);
    expect(length).toBeCloseTo(2 * Math.PI * Math.sqrt(143.3), 0);
  });

  it('of each of the sixteen cells crosses the edges between a corner above and one below, and no other', () => {
    for (let which = 0; which < 16; which++) {
      // Corners counter-clockwise: lower left, lower right, upper right, upper left.
      const above = [0, 1, 2, 3].map((k) => (which >> k) & 1);
      const [a, b, c, d] = above as [number, number, number, number];
      const segments = contour({ columns: 2, rows: 2, values: [a, b, d, c] }, 0.5);
      const ends = segments.flatMap(([x1, y1, x2, y2]) => [`${x1},${y1}`, `${x2},${y2}`]).sort();
      const edges = [
        [a, b, '0.5,0'],
        [b, c, '1,0.5'],
        [d, c, '0.5,1'],
        [a, d, '0,0.5'],
      ] as const;
      expect(ends).toEqual(
        edges
          .filter(([one, other]) => one !== other)
          .map(([, , at]) => at)
          .sort(),
      );
    }
  });

  it('goes around what is no number', () => {
    const found = contour(
      grid(3, 3, (x, y) => (x === 0 && y === 0 ? Number.NaN : x - 0.5 + 0 * y)),
      0,
    );
    expect(found).toHaveLength(1);
    expect(
      levelsOf(
        grid(3, 3, () => 1),
        5,
      ),
    ).toEqual([]);
    expect(
      levelsOf(
        grid(2, 2, (x) => x),
        2,
      ),
    ).toEqual([0.25, 0.75]);
  });
});
