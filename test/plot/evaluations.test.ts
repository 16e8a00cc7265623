import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { buildFigure } from '../../src/plot/build-figure.ts';
import { groupRuns } from '../../src/plot/group-runs.ts';
import { parseMetrics } from '../../src/plot/plot-metric.ts';
import { readPlottedRuns } from '../../src/plot/read-runs.ts';
import { encodeRow } from '../../src/row/encode.ts';
import type { EvaluationRow } from '../../src/row/evaluation.ts';
import { temporaryFolder, writeRun } from './runs-on-disk.ts';

const root = temporaryFolder();
const config = { evaluation: { every: 2, episodes: 4 } };

function evaluated(seed: number, means: Record<number, number>): string {
  const path = writeRun(root, { name: 'a', seed, updates: 5, config });
  const rows = Object.entries(means).map(
    ([update, returnMean]): EvaluationRow => ({
      update: Number(update),
      steps: 100 * Number(update),
      episodes: 4,
      returnMean,
      returnStd: 0,
      returnMin: returnMean,
      returnMax: returnMean,
      lengthMean: 1,
      best: true,
    }),
  );
  writeFileSync(join(path, 'evaluations.jsonl'), rows.map((row) => `${encodeRow(row)}\n`).join(''));
  return path;
}

const options = { abscissa: 'steps', smooth: 1, logY: false, band: 'mean', points: 100 } as const;

it('evaluations are a panel of their own: a point for each, a line from one to the next', () => {
  const { runs } = readPlottedRuns([evaluated(0, { 2: 1, 4: 5, 5: 8 }), evaluated(1, { 2: 3, 4: 7, 5: 10 })]);
  const metrics = parseMetrics('evaluation', new Set(runs.flatMap(({ columns }) => [...columns.keys()])));
  const { panels, notes } = buildFigure(groupRuns(runs, 'config'), { ...options, metrics });
  expect(notes).toEqual([]);
  expect(panels[0]?.title).toBe('evaluation return');
  expect(panels[0]?.lines).toMatchObject([{ x: [200, 400, 500], y: [2, 6, 9], gaps: [] }]);
  const [alone] = runs;
  const single = buildFigure(groupRuns([alone as (typeof runs)[number]], 'config'), { ...options, metrics });
  expect(single.panels[0]?.lines).toMatchObject([{ x: [200, 400, 500], y: [1, 5, 8] }]);
});

it('a damaged row is named, and a run without evaluations has no such metric', () => {
  const path = evaluated(2, { 2: 1, 5: 2 });
  writeFileSync(join(path, 'evaluations.jsonl'), '{"update":2}\n', { flag: 'a' });
  const { runs } = readPlottedRuns([path]);
  expect(runs[0]?.problems.join()).toContain('evaluations.jsonl: 1 row left out (line 3: it has no steps)');
  const plain = readPlottedRuns([writeRun(root, { name: 'plain' })]).runs[0];
  expect(() => parseMetrics('evaluation', new Set(plain?.columns.keys()))).toThrow(
    'no run has a metric "evaluation"',
  );
});
