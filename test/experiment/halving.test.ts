import { expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';
import { compareStandings, standingsOf } from '../../src/experiment/halving.ts';
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
