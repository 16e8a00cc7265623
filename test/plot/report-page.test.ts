import { expect, test } from 'vitest';
import type { AcrossReport, CalibrationReport, SweepReport } from '../../src/experiment/report-data.ts';
import { renderReportPage } from '../../src/plot/report-page.ts';
import { reportRowOf } from '../../src/row/report-row.ts';
import { reportOf } from './report-fixture.ts';
import { ordinaryRow } from './runs-on-disk.ts';

test('a report holds verdict, tables, curves, settings and the command, and nothing from elsewhere', () => {
  const { data, runs } = reportOf(['a', 'b'], 3, 20);
  const page = renderReportPage(data, runs);
  for (const part of [
    '<li>10 seeds cannot tell c &amp; d apart.</li>',
    'What &lt;this&gt; is for.',
    '<td class="number">0.3 [0.2, 0.4]</td>',
    '<td class="number">0.02 to 0.0004</td><td class="number">39 of 1,250 (3.1%)</td>',
    '11,000 of 12,000',
    // A long head would be a tower over narrow figures, and leave a gap beside it.
    '<th class="number long">median steps to 0.9</th>',
    'never (0 of 3)',
    'completed 90%, stopped 10%',
    '<td class="value">objective.<wbr>clipRange</td>',
    'leash compare a.json b.json --seeds 10',
    'v20.20.2',
    '<td>FrozenLake-v1</td>',
  ]) {
    expect(page).toContain(part);
  }
  expect(page).not.toMatch(/https?:|<link|<script[^>]+src=/);
  expect(page.slice(0, page.indexOf('<script>'))).not.toMatch(/NaN|undefined/);
  expect(renderReportPage(data, runs)).toBe(page);
});

test('what a report keeps of a row is all that its page draws', () => {
  const { data, runs } = reportOf(['a', 'b'], 3, 20);
  const asRead = runs.map((run) => ({
    ...run,
    rows: run.rows.map((row) => ordinaryRow(row.update, { ...row, statesOutsideDelta: 0.1 })),
  }));
  const kept = asRead.map((run) => ({ ...run, rows: run.rows.map(reportRowOf) }));
  expect(kept[0].rows[0]).not.toHaveProperty('policyLoss');
  expect(renderReportPage(data, kept)).toBe(renderReportPage(data, asRead));
});

test('40 runs of 200 updates make less than 3 MB', () => {
  const { data, runs } = reportOf(['a', 'b', 'c', 'd'], 10, 200);
  expect(Buffer.byteLength(renderReportPage(data, runs))).toBeLessThan(3e6);
});

test('400 runs of 1,000 updates are thinned, and make less than 3 MB too', () => {
  const labels = Array.from({ length: 40 }, (_, at) => `config ${at}`);
  const { data, runs } = reportOf(labels, 10, 1000);
  const page = renderReportPage(data, runs);
  expect(Buffer.byteLength(page)).toBeLessThan(3e6);
});

test('two versions of one environment’s file are told apart by its hash', () => {
  const { data, runs } = reportOf(['a', 'b'], 1, 5);
  const [a, b] = ['4f1e2d3c4b5a69788796', '0a1b2c3d4e5f60718293'];
  const pageOf = (...hashes: string[]): string => {
    const configs = data.configs.map((each, i) => ({ ...each, module: { id: 'Mine', sha256: hashes[i] } }));
    return renderReportPage({ ...data, configs }, runs);
  };
  const what = 'SHA-256 of the environment’s file';
  const differing = `<td>${what}</td><td class="value">4f1e2d3c4b5a…</td><td class="value">0a1b2c3d4e5f…</td>`;
  const page = pageOf(a, b);
  expect(page).toContain(differing);
  const again = page.slice(page.indexOf('Run it again'));
  for (const part of [what, '4f1e2d3c4b5a…', '0a1b2c3d4e5f…']) expect(again).toContain(part);
  expect(pageOf(a, a)).not.toContain(`<td>${what}</td>`);
  expect(renderReportPage(data, runs)).not.toContain(what);
});

test('one seed has no interval', () => {
  const { data, runs } = reportOf(['a', 'b'], 1, 5);
  const page = renderReportPage(data, runs);
  expect(page).toContain('one seed each, so no bands');
  expect(page).toContain('<td class="number">0.3</td>');
});

test('runs that did not end are named with the reason', () => {
  const { data, runs } = reportOf(['a', 'b'], 2, 5);
  const [first, ...others] = data.configs;
  const states = [{ ...first.runs[0], status: 'failed' as const, failure: 'non-finite loss' }, first.runs[1]];
  const page = renderReportPage({ ...data, configs: [{ ...first, runs: states }, ...others] }, runs);
  expect(page).toContain('<h2>Runs that failed or are stuck</h2>');
  expect(page).toContain('<td>failed</td><td>non-finite loss</td>');
});

test.each([
  [6, '<th class="number">P(improvement)</th>', 15],
  [7, '<details><summary>P(improvement) of 21 pairs</summary>', 21],
])('of %i methods in several worlds all pairs are there, many by a click', (count, open, pairs) => {
  const { data, runs } = reportOf(['a', 'b'], 2, 5);
  const estimate = { value: 0.25, low: 0.125, high: 0.375, bootstrap: null };
  const names = Array.from({ length: count }, (_, i) => `way-${i}`);
  const across: AcrossReport = {
    bootstrap: { confidence: 0.95, resamples: 2000, seed: 1 },
    worlds: [
      { world: 'lake', untrained: 0.01, best: 0.74 },
      { world: 'cart', untrained: 20, best: 500 },
    ],
    thresholds: [],
    methods: names.map((method) => ({ method, iqm: estimate, mean: estimate, rank: estimate, profile: [] })),
    improvements: names.flatMap((method, i) =>
      names.slice(i + 1).map((over) => ({ method, over, improvement: estimate })),
    ),
  };
  const page = renderReportPage({ ...data, across }, runs);
  const section = page.slice(page.indexOf('<h2>Over all worlds</h2>')).split('<h2>')[1];
  expect(section).toContain('lake 0.01 to 0.74; cart 20 to 500');
  expect(section).toContain(open);
  expect(section.includes('<details>')).toBe(pairs > 15);
  expect(section.match(/<td class="number">0.25 \[0.125, 0.375\]<\/td>/g)).toHaveLength(3 * count + pairs);
});

test('a calibration shows its tries', () => {
  const { data, runs } = reportOf(['a'], 2, 5);
  const calibration: CalibrationReport = {
    target: 0.01,
    tolerance: 0.1,
    seeds: [0, 1, 2, 3, 4],
    configs: [
      {
        label: 'a',
        path: 'objective.clipRange',
        target: 0.01,
        tries: [
          { value: 0.2, klMean: 0.005, seeds: 2 },
          { value: 0.4, klMean: 0.0101, seeds: 5 },
        ],
        value: 0.4,
        klMean: 0.0101,
        reached: true,
        reason: null,
        instead: { path: 'objective.beta', reason: 'it saturates' },
        klMeanCompared: 0.0099,
      },
    ],
  };
  const page = renderReportPage({ ...data, calibration }, runs);
  expect(page).toContain('a mean KL of 0.01 nats an update, within 10%, with 5 seeds.');
  expect(page).toContain('0.2 → ~0.005, 0.4 → 0.0101');
  expect(page).toContain('yes; instead of objective.beta: it saturates');
});

test('a sweep over two parameters has a heat map, its best point first in the table', () => {
  const { data, runs } = reportOf(['p0', 'p1'], 2, 5);
  const point = (label: string, values: number[], finalIqm: number | null) => ({
    label,
    values,
    finalIqm,
    completed: 3,
    stuck: finalIqm === null ? 2 : 0,
    failed: 0,
    klMean: 0.01,
    rung: 1,
  });
  const sweep: SweepReport = {
    method: 'grid',
    parameters: [
      { path: 'objective.clipRange', scale: 'list' },
      { path: 'ppo.epochs', scale: 'list' },
    ],
    asked: 4,
    points: [
      point('p0', [0.1, 2], 0.25),
      point('p1', [0.1, 10], 0.75),
      point('p2', [0.2, 2], 0.5),
      point('p3', [0.2, 10], null),
    ],
    rungs: [{ steps: 1000, labels: ['p0', 'p1', 'p2', 'p3'], tie: null }],
    best: 'p1',
    tiedWithBest: ['p0'],
    withoutBest: null,
  };
  const page = renderReportPage({ ...data, kind: 'sweep', sweep }, runs);
  expect(page).toContain('down objective.clipRange, across ppo.epochs');
  expect(page).toMatch(
    /<tr><th>0\.2<\/th><td style="background:rgb\(124 123 120\);[^"]*">0\.5<\/td><td>stuck<\/td><\/tr>/,
  );
  const failed = sweep.points.map((each) =>
    each.label === 'p3' ? { ...each, completed: 0, failed: 3 } : each,
  );
  expect(renderReportPage({ ...data, kind: 'sweep', sweep: { ...sweep, points: failed } }, runs)).toContain(
    '<td>failed</td>',
  );
  expect(page).toContain('Best point: p1, tied with p0.');
  const table = page.slice(page.indexOf('<h2>Sweep</h2>'));
  expect(table).toContain('stuck (2 of 3)');
  expect(table.indexOf('<td class="label">p1</td>')).toBeLessThan(table.indexOf('<td class="label">p0</td>'));
});
