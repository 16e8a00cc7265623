import { describe, expect, it } from 'vitest';
import { thin } from '../../src/dashboard/thin.ts';
import { MOST_ROWS } from '../../src/dashboard/wire.ts';
import type { MetricValue } from '../../src/row/field.ts';

const LENGTH = 50_000;

/** A run of so many updates: a column by its name, a cell a row. */
function columnsOf(
  cells: Readonly<Record<string, (row: number) => MetricValue>>,
): Map<string, MetricValue[]> {
  const all = { update: (row: number) => row + 1, steps: (row: number) => 100 * (row + 1), ...cells };
  return new Map(
    Object.entries(all).map(([name, cell]) => [name, Array.from({ length: LENGTH }, (_, row) => cell(row))]),
  );
}

/** Noise of some row. */
const noise = (row: number, of: number): number => Math.sin(row * row * (of + 1.37));
const violated = (row: number): boolean => row % 4999 === 17;
const columns = columnsOf({
  kl: (row) => (row === 31_234 ? 9 : noise(row, 0)),
  entropy: (row) => (row === 777 ? 'NaN' : row === 40_001 ? -7 : noise(row, 1)),
  beta: (row) => (row < 20_000 ? null : noise(row, 2)),
  deltaViolated: violated,
  stopReason: (row) => (row === 12_345 ? 'nonFinite' : row % 3 === 0 ? 'rolledBack' : 'completed'),
});
const names = [...columns.keys()];

describe('of a long run', () => {
  it('the extremes of every stretch are kept in each column, each word, and rows outside δ, in a bounded number', () => {
    const { rows, weights, stretch } = thin(columns, names, 0, LENGTH);
    expect(rows.length).toBeLessThan(1.1 * MOST_ROWS);
    expect(rows).toEqual([...new Set(rows)].sort((a, b) => a - b));
    expect([rows[0], rows.at(-1), weights.length]).toEqual([0, LENGTH - 1, rows.length]);
    for (const row of [31_234, 777, 40_001, 12_345]) expect(rows, String(row)).toContain(row);
    const kept = new Set(rows);
    for (let start = 0; start < LENGTH; start += stretch) {
      const own = Array.from({ length: Math.min(stretch, LENGTH - start) }, (_, i) => start + i);
      const kl = (row: number): number => columns.get('kl')?.[row] as number;
      const largest = own.reduce((a, b) => (kl(b) > kl(a) ? b : a));
      const least = own.reduce((a, b) => (kl(b) < kl(a) ? b : a));
      expect([kept.has(largest), kept.has(least)]).toEqual([true, true]);
      if (own.some(violated)) expect(own.some((row) => violated(row) && kept.has(row))).toBe(true);
    }
  });

  it('what is kept stands for all others of its kind in its stretch: counts are those of all rows', () => {
    const { rows, weights, stretch } = thin(columns, names, 0, LENGTH);
    const kinds = (row: number): string => `${columns.get('stopReason')?.[row]} ${violated(row)}`;
    const counted = (all: readonly number[], weight: (at: number) => number): Record<string, number> => {
      const counts: Record<string, number> = {};
      all.forEach((row, at) => {
        const key = `${Math.floor(row / stretch)} ${kinds(row)}`;
        counts[key] = (counts[key] ?? 0) + weight(at);
      });
      return counts;
    };
    expect(counted(rows, (at) => weights[at])).toEqual(counted([...new Array(LENGTH).keys()], () => 1));
    expect(Math.min(...weights)).toBe(1);
  });

  it('seeds have updates in common, whatever their extremes and lengths', () => {
    const other = columnsOf({ kl: (row) => noise(row, 5), stopReason: () => 'completed' });
    const updates = (rows: readonly number[]): number[] => rows.map((row) => row + 1);
    const first = updates(thin(columns, names, 0, LENGTH).rows);
    const second = new Set(updates(thin(other, names, 0, LENGTH - 20_000).rows));
    const common = first.filter((update) => second.has(update) && update <= LENGTH - 20_000);
    expect(common.length).toBeGreaterThan(900);
    expect(Math.max(...common.slice(1).map((update, at) => update - common[at]))).toBeLessThanOrEqual(32);
  });

  it('a part of it is thinned by itself', () => {
    const { rows, weights } = thin(columns, ['kl'], 10_000, 20_000);
    expect([rows[0], rows.at(-1)]).toEqual([10_000, 19_999]);
    expect(weights.reduce((a, b) => a + b, 0)).toBe(10_000);
  });
});
