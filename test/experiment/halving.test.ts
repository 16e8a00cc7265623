import { expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';
import { compareStandings, cutTo, standingsOf } from '../../src/experiment/halving.ts';
import { NOTHING_KNOWN } from '../../src/experiment/known-returns.ts';
import type { ReportInput } from '../../src/experiment/report-data.ts';
import { rowsOf } from './run-rows.ts';

/** A point with one run per return; null: it failed; stuck: no episode ended late. */
function point(...returns: (number | 'stuck' | null)[]): ReportInput {
  return {
    label: 'point',
    config: configSchema.parse({ environment: { id: 'CartPole-v1' } }),
    ...NOTHING_KNOWN,
    runs: returns.map((each, seed) => ({
      seed,
      path: `point/seed-${seed}`,
      status: each === null ? 'failed' : 'completed',
      failure: null,
      updates: 20,
      rows:
        each === 'stuck'
          ? rowsOf([...new Array<number>(18).fill(900), null, null])
          : rowsOf(new Array<number | null>(20).fill(each)),
    })),
  };
}

/** The points from best to worst, those that tie in the order given. */
const ranked = (...points: ReportInput[]): number[] => {
  const standings = standingsOf(points);
  const order = points.map((_, i) => i);
  return order.sort((a, b) => compareStandings(standings[a], standings[b]) || a - b);
};

it('a point with stuck runs in its middle half ranks below every point without', () => {
  expect(ranked(point('stuck', 'stuck', 500, 500), point(1, 2, 3, 4))).toEqual([1, 0]);
  expect(ranked(point('stuck', 500, 500, 500), point(1, 2, 3, 4))).toEqual([0, 1]);
  expect(standingsOf([point('stuck', 'stuck', 5, 5)])[0]).toMatchObject({
    iqm: null,
    completed: 4,
    stuck: 2,
  });
});

it('failed runs do not help a point, though its IQM is of the others', () => {
  expect(ranked(point(500, null, null, null), point(1, 2, 3, 4))).toEqual([1, 0]);
  expect(standingsOf([point(500, null, null, null)])[0]).toMatchObject({ iqm: 500, completed: 1, failed: 3 });
});

it('among points that tie, those with fewer stuck or failed runs come first, then the order tried', () => {
  expect(ranked(point('stuck', 'stuck', 'stuck'), point('stuck', 'stuck', 9))).toEqual([1, 0]);
  expect(ranked(point(1, 1, 1), point(2, 2, 2), point(2 + 1e-12, 2, 2))).toEqual([1, 2, 0]);
});

/** As `cutTo` of points called a, b, c, … */
const cut = (
  toGoOn: number,
  ...inputs: ReportInput[]
): { kept: string; tie: ReturnType<typeof cutTo>['tie'] } => {
  const points = inputs.map((_, i) => ({ label: String.fromCodePoint(97 + i) }));
  const { kept, tie } = cutTo(toGoOn, points, inputs);
  return { kept: kept.map(({ label }) => label).join(''), tie };
};

it('a cut between points that differ keeps as many as were to go on, in their order', () => {
  expect(cut(2, point(1, 1), point(3, 3), point(2, 2))).toEqual({ kept: 'bc', tie: null });
  expect(cut(2, point(3, 3), point(3, 3), point(2, 2))).toEqual({ kept: 'ab', tie: null });
  expect(cut(3, point(3, 3), point('stuck', 'stuck'))).toEqual({ kept: 'ab', tie: null });
});

it('points that tie at the cut all go on, within the tolerance of ties, whatever their order', () => {
  const tie = { toGoOn: 2, failedOrStuck: false, goOn: true };
  expect(cut(2, point(5, 5), point(1, 1), point(3, 3), point(3 + 1e-12, 3), point(3, 3))).toEqual({
    kept: 'acde',
    tie: { ...tie, labels: ['c', 'd', 'e'] },
  });
  expect(cut(2, point(3, 3), point(3, 3), point(3 + 1e-12, 3), point(1, 1), point(5, 5))).toEqual({
    kept: 'abce',
    tie: { ...tie, labels: ['a', 'b', 'c'] },
  });
  // No tie: a run of it is stuck.
  expect(cut(1, point(3, 3, 3, 3, 'stuck'), point(3, 3, 3, 3, 3))).toEqual({ kept: 'b', tie: null });
});

it('of points that failed or are stuck and tie at the cut none goes on, but where none is ahead', () => {
  const stuck = point('stuck', 'stuck');
  const tie = { toGoOn: 3, failedOrStuck: true };
  expect(cut(3, stuck, point(5, 5), stuck, point(null, 'stuck'), point(4, 4))).toEqual({
    kept: 'be',
    tie: { ...tie, labels: ['a', 'c', 'd'], goOn: false },
  });
  expect(cut(3, stuck, stuck, point('stuck', 'stuck'), point(null, null))).toEqual({
    kept: 'abcd',
    tie: { ...tie, labels: ['a', 'b', 'c', 'd'], goOn: true },
  });
  expect(cut(2, point(5, 5), point('stuck', 3), stuck)).toEqual({ kept: 'ab', tie: null });
});
