import type { Figure } from '../../src/plot/figure.ts';

/** Ranges that axes are seldom made for: low, high. */
export const oddRanges: readonly (readonly [low: number, high: number])[] = [
  [0, 2e-9],
  [-3e-7, 4e-7],
  [1e-4, 1.00003e-4],
  [1, 1 + 2e-9],
  [0.02, 0.0200004],
  [-1, -1 + 1e-6],
  [1e6, 1e6 + 3],
  [1_234_567, 1_234_570],
  [0, 2e14],
  [-4e15, 1e15],
  [1e9, 1e9 + 1],
  [5e-324, 1e-300],
  [0.3, 0.30000000001],
  [9999, 10_001],
];

/** One curve that goes from low to high. */
export function figureOf([low, high]: readonly [number, number], logY = false): Figure {
  const x = [0, 1, 2, 3, 4, 5];
  const y = x.map((at) => low + ((high - low) * at) / 5);
  const line = { group: 0, column: 0, role: 'middle' as const, low: [], high: [], gaps: [] };
  return {
    ...{ title: 'odd', subtitle: '', xLabel: 'steps', logY, notes: [] },
    groups: [{ label: 'a', remark: '', hue: 0 }],
    panels: [
      {
        ...{ title: 'odd', unit: '', columns: [], bounds: [], violations: [], reasons: [] },
        lines: [{ ...line, x, y, completeUntil: 6, isGrowing: false }],
      },
    ],
  };
}
