import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadDataset } from '../../src/fit/dataset.ts';
import { fitModel } from '../../src/fit/fit.ts';
import { loadFit } from '../../src/fit/load.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { buildFigure } from '../../src/plot/build-figure.ts';
import { groupRuns, requireOneEnvironment } from '../../src/plot/group-runs.ts';
import { FIT_METRICS, parseMetrics } from '../../src/plot/plot-metric.ts';
import { readPlottedRun } from '../../src/plot/read-runs.ts';
import { createRun } from '../../src/run/run-directory.ts';

it('a run of leash fit is plotted like any other, its data in the place of the environment', async () => {
  const runs = mkdtempSync(join(tmpdir(), 'leash-fit-plot-'));
  try {
    const file = new URL('../../configs/fit-flowers.json', import.meta.url).pathname;
    const config = { ...loadFit(file, []), epochs: 3 };
    const directory = createRun(runs, 'flowers', config);
    const engine = await loadEngine('reference');
    await fitModel({ config, dataset: loadDataset(config, file), engine, directory });
    const run = readPlottedRun(directory.path);
    expect(() => requireOneEnvironment([run])).not.toThrow();
    const metrics = parseMetrics(FIT_METRICS, new Set(run.columns.keys()));
    const figure = buildFigure(groupRuns([run], 'config'), {
      metrics,
      abscissa: 'updates',
      smooth: 1,
      logY: false,
      band: 'iqm',
      points: 600,
    });
    expect(figure.title).toBe('flowers.csv');
    expect(figure.panels.map(({ columns, unit }) => [columns, unit])).toEqual([
      [['H(P,Q)', 'KL(P‖Q)', 'H(P)'], 'nats'],
      [[], ''],
    ]);
    expect(figure.panels[0]?.lines.map(({ x }) => x)).toEqual(Array(3).fill([1, 2, 3]));
  } finally {
    rmSync(runs, { recursive: true });
  }
});
