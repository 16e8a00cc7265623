import { describe, expect, it } from 'vitest';
import { MOST_ROWS, type ToldRows } from '../../src/dashboard/wire.ts';
import { HeldRows } from '../../src/page/dashboard/held-rows.ts';

/** Rows as a server tells them: the update of row r is r + 1. */
function told(rows: readonly number[], over: Partial<ToldRows> = {}): ToldRows {
  const [first = 0] = rows;
  return {
    ...{ id: 'a', generation: 0, from: first, count: rows.length },
    columns: { update: rows.map((row) => row + 1), kl: rows.map((row) => row / 10) },
    ...over,
  };
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

/** Every tenth of a thousand rows, in stretches of a hundred. */
function choice(): HeldRows {
  const rows = range(0, 100).map((i) => 10 * i);
  const thinned = { rows, weights: rows.map(() => 10), stretch: 100 };
  return new HeldRows(told(rows, { count: 1000, thinned }));
}

const updatesOf = (held: HeldRows): unknown => held.shown.columns.get('update');

describe('rows that a page keeps', () => {
  it('are appended, and those that come again take the place of what was there', () => {
    const held = new HeldRows(told(range(0, 2)));
    expect(held.append(told([1, 2], { columns: { update: [2, 3], kl: [7, 8] } }))).toBe(true);
    expect(Object.fromEntries(held.shown.columns)).toEqual({ update: [1, 2, 3], kl: [0, 7, 8] });
    expect([held.count, held.shown.weights]).toEqual([3, undefined]);
    // With a hole between: asked for when it is drawn.
    expect(held.append(told([7]))).toBe(false);
    // Of a column that is not told there is nothing.
    held.append(told([3], { columns: { update: [4] } }));
    expect(held.shown.columns.get('kl')).toEqual([0, 7, 8, Number.NaN]);
    expect(held.missing([1, 2])).toBeUndefined();
  });

  it('get a column that comes later, all else of them stays', () => {
    const held = new HeldRows(
      told(range(0, 3), { columns: { update: [1, 2, 3], seconds: [0.1, null, null] } }),
    );
    expect(held.append(told([1, 2], { columns: { seconds: [0.2, 0.3] } }))).toBe(true);
    expect(Object.fromEntries(held.shown.columns)).toEqual({ update: [1, 2, 3], seconds: [0.1, 0.2, 0.3] });
    expect(held.count).toBe(3);
  });

  it('of a long run are a choice; of a part that is looked at all are asked for, in whole stretches', () => {
    const held = choice();
    expect(held.missing([312, 340])).toEqual([300, 400]);
    expect(held.missing([1, 5])).toEqual([0, 100]);
    expect(held.missing([390, 2000])).toEqual([300, 1000]);
    held.look(told(range(300, 400)));
    expect(held.missing([312, 340])).toBeUndefined();
    expect(held.missing([312, 440])).toEqual([300, 500]);
    const updates = [
      ...range(0, 30).map((i) => 10 * i),
      ...range(300, 400),
      ...range(40, 100).map((i) => 10 * i),
    ];
    expect(updatesOf(held)).toEqual(updates.map((row) => row + 1));
    // What was stood for is here: no update is counted twice.
    expect(held.shown.weights?.reduce((a, b) => a + b, 0)).toBe(1000);
  });

  it('that go on behind a choice are each here, and are asked for anew when they are many', () => {
    const held = choice();
    held.append(told(range(1000, 1003)));
    expect([held.count, held.shown.weights?.slice(-4)]).toEqual([1003, [10, 1, 1, 1]]);
    expect(held.missing([995, 1003])).toEqual([900, 1000]);
    held.append(
      told([990, 1002, 1003], { from: 1002, count: 2, columns: { update: [1003, 1004], kl: [5, 6] } }),
    );
    expect((held.shown.columns.get('kl') as number[]).slice(-3)).toEqual([100.1, 5, 6]);
    expect(held.isOutgrown).toBe(false);
    held.append(told(range(1004, 1001 + MOST_ROWS)));
    expect(held.isOutgrown).toBe(true);
  });

  it('of a part are left for a choice of a wider one, and that for all of a narrower one', () => {
    const held = choice();
    const wide = range(0, 50).map((i) => 20 * i);
    held.look(
      told(wide, {
        from: 0,
        count: 1000,
        thinned: { rows: wide, weights: wide.map(() => 20), stretch: 500 },
      }),
    );
    expect(held.missing([1, 990])).toBeUndefined();
    expect(held.missing([312, 340])).toEqual([300, 400]);
    // Other charts have other columns.
    held.look(told(range(300, 400), { columns: { update: range(301, 401) } }));
    expect(held.missing([312, 340])).toEqual([300, 400]);
    expect(held.shown.weights).toHaveLength(100);
  });
});
