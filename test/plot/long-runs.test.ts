import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { environmentOptions } from '../../envs/environment-options.ts';
import { describeUpdates } from '../../src/cli/print/ledger.ts';
import { plainTable } from '../../src/cli/print/table.ts';
import { configSchema } from '../../src/config/schema.ts';
import { FollowedFolder, type Found } from '../../src/dashboard/follow.ts';
import { sharedCurveSteps } from '../../src/experiment/performance.ts';
import { buildReport } from '../../src/experiment/report.ts';
import { buildFigure } from '../../src/plot/build-figure.ts';
import { groupRuns } from '../../src/plot/group-runs.ts';
import { parseMetrics } from '../../src/plot/plot-metric.ts';
import type { PlottedRun } from '../../src/plot/plotted-run.ts';
import { readPlottedRuns } from '../../src/plot/read-runs.ts';
import { renderReportPage } from '../../src/plot/report-page.ts';
import { renderSvg } from '../../src/plot/render-svg.ts';
import { renderTerminal } from '../../src/plot/render-terminal.ts';
import { themes } from '../../src/plot/palette.ts';
import { encodeEvents, valuesLeftOut } from '../../src/plot/tensorboard.ts';
import { tidyCsv } from '../../src/plot/tidy-csv.ts';
import type { MetricsRow } from '../../src/row/metrics.ts';
import { UNBOUNDED } from '../../src/statistics/bounded-interval.ts';
import { tiedAtAnEnd } from '../../src/statistics/seed-intervals.ts';
import { rowsOf } from '../experiment/run-rows.ts';
import { reportOf } from './report-fixture.ts';
import { temporaryFolder, writeRun } from './runs-on-disk.ts';

/** More than a call takes arguments. */
const MANY = 200_000;

const root = temporaryFolder();
afterAll(() => rmSync(root, { recursive: true }));

function figureOf(runs: readonly PlottedRun[], metrics: string) {
  const available = new Set(runs.flatMap((run) => [...run.columns.keys()]));
  return buildFigure(groupRuns(runs, 'config'), {
    metrics: parseMetrics(metrics, available),
    ...{ abscissa: 'updates', smooth: 1, logY: false, band: 'iqm', points: 600 },
  });
}

describe('a run of 200,000 updates', () => {
  let runs: readonly PlottedRun[];
  beforeAll(() => {
    const row = (update: number) => ({ deltaViolated: update % 2 === 0 });
    const path = writeRun(root, { name: 'long', updates: MANY, row });
    runs = readPlottedRuns([path], { timing: true, environments: environmentOptions }).runs;
  });

  test('is plotted: SVG and terminal', () => {
    const figure = figureOf(runs, 'return,kl,stop');
    expect(renderSvg(figure, themes.light)).toContain('<svg');
    expect(renderTerminal(figure, 100, (_, text) => text)).toContain('●');
  });

  test('is exported: CSV and TensorBoard', () => {
    const [run] = runs as [PlottedRun];
    // Of a column the events: all of them take minutes.
    const few = { ...run, columns: new Map([['entropy', run.columns.get('entropy') ?? []]]) };
    expect(tidyCsv([few]).split('\n').length).toBeGreaterThan(MANY);
    expect(encodeEvents(few, 0).length).toBeGreaterThan(MANY);
    expect(valuesLeftOut(few)).toEqual([]);
  });

  test('is reported on beside another', () => {
    const [row] = rowsOf([1]);
    const rows = Array.from({ length: MANY }, (_, i): MetricsRow => {
      const at = { update: i + 1, steps: 100 * (i + 1), curveUpdates: i + 1 };
      return { ...(row as MetricsRow), ...at };
    });
    const inputs = ['a', 'b'].map((label, i) => ({
      label,
      config: configSchema.parse({
        environment: { id: 'CartPole-v1' },
        objective: { clipRange: 0.1 + i / 10 },
      }),
      bestReturn: { value: 500, how: 'by definition' },
      returnBounds: UNBOUNDED,
      runs: [{ seed: 0, path: label, status: 'completed' as const, failure: null, updates: MANY, rows }],
    }));
    const frame = { kind: 'compare' as const, name: 'long', description: '', command: '', node: '' };
    const report = buildReport({ ...frame, seeds: [0], calibration: null, sweep: null }, inputs);
    const page = renderReportPage(
      report,
      inputs.map(({ label }) => ({ label, seed: 0, rows })),
    );
    expect(page).toContain('<svg');
  });

  test('is followed by the dashboard', async () => {
    const folder = new FollowedFolder(root, environmentOptions);
    const found: Found[] = [];
    while ((await folder.look((each) => void found.push(each))).hasMore);
    expect(folder.get('long/seed-0')?.tell()).toMatchObject({ rows: MANY, problems: [] });
    expect(found.at(-1)?.problems).toEqual([]);
  });
});

describe('200,000 things side by side', () => {
  test('warnings of a group', () => {
    const warnings = Array.from({ length: MANY }, (_, i) => ({
      kind: 'deadGradients' as const,
      update: 1 + (i % 5),
      message: 'odd',
    }));
    const path = writeRun(root, { name: 'warned' });
    const { runs } = readPlottedRuns([path], { timing: false, environments: environmentOptions });
    const figure = figureOf([{ ...(runs[0] as PlottedRun), warnings }], 'return');
    expect(figure.notes.join('\n')).toContain('updates 1 to 5: odd');
  });

  test('returns of a report, those of the stuck aside, and what all curves share', () => {
    const { data, runs } = reportOf(['a', 'b'], 3, 20);
    const [config, ...others] = data.configs;
    if (config?.final === undefined) throw new Error('the report of this test is wrong');
    const perSeed = Array.from({ length: MANY }, (_, i) => (i % 2 === 0 ? null : i));
    const many = { ...data, configs: [{ ...config, final: { ...config.final, perSeed } }, ...others] };
    expect(renderReportPage(many, runs)).toContain('<svg');
    const short = rowsOf([1, 2, 3]);
    expect(sharedCurveSteps(new Array(MANY).fill(short))).toBe(300);
    expect(tiedAtAnEnd(Float64Array.from({ length: MANY }, (_, i) => Math.min(i, 1000)))?.value).toBe(1000);
    // Runs that are stuck have no value that they could share.
    expect(tiedAtAnEnd(new Float64Array(3).fill(Number.NEGATIVE_INFINITY))).toBeUndefined();
  });

  test('rows of a table, and updates of a ledger', () => {
    const rows = Array.from({ length: MANY }, (_, i) => [String(i)]);
    expect(plainTable(['row'], rows).split('\n')).toHaveLength(MANY + 1);
    const { trustRegion } = configSchema.parse({ environment: { id: 'CartPole-v1' } });
    const step = { update: 1, delta: 0.02, klOldNewMean: 0.01 } as never;
    const lines = describeUpdates('a', { trustRegion } as never, new Array(MANY).fill([step]), []);
    expect(lines.join('\n')).toContain('200,000 updates');
  });
});
