import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { costs, limitsOf, planOf, planTables, recordedRuns } from '../bench/queue-plan.ts';

const page = readFileSync(new URL('../../docs/queue-plan.md', import.meta.url), 'utf8');

test('the page has the tables of npm run bench:queue-plan, and counts its runs', () => {
  expect(page).toContain(planTables());
  const runs = recordedRuns().reduce((sum, { seconds }) => sum + seconds.length, 0);
  expect(page).toContain(`${runs} recorded runs`);
});

test('a worker alone makes one run after the other, and two share them', () => {
  const world = { updates: 1, rows: 10, packed: 4, checkpoint: 3, policy: 2, seconds: [5] };
  const alone = planOf([world], { runs: 10, workers: 1, studies: 1 });
  expect(alone.hours * 3600).toBeCloseTo(10 * (5 + costs.between));
  expect(alone.atOnce).toBeCloseTo(5 / (5 + costs.between));
  expect(alone.queued).toBe(10 * costs.job + costs.events);
  expect(alone.disk).toBe(10 * (10 + 2 * 3 + 2));
  expect(planOf([world], { runs: 10, workers: 2, studies: 1 }).hours).toBeCloseTo(alone.hours / 2);
  // More workers than runs: as long as the longest.
  expect(planOf([world], { runs: 10, workers: 50, studies: 1 }).hours * 3600).toBeCloseTo(5 + costs.between);
  // At the limit the coordinator is as busy as it can be.
  const limit = limitsOf([{ ...world, seconds: [60] }]).find(({ what }) => what.includes('coordinator'));
  const there = planOf([{ ...world, seconds: [60] }], {
    runs: 100_000,
    workers: Math.round((limit?.atOnce ?? 0) * (1 + costs.between / 60)),
    studies: 1,
  });
  expect(there.coordinators).toBeCloseTo(1, 1);
});
