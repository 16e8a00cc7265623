import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildFigure } from '../../src/plot/build-figure.ts';
import type { FigureOptions } from '../../src/plot/figure-options.ts';
import { inExperimentColors } from '../../src/plot/experiment-hues.ts';
import { groupRuns, requireOneEnvironment } from '../../src/plot/group-runs.ts';
import { hueOfEach, huesOf } from '../../src/plot/hues.ts';
import { seriesStyle, themes } from '../../src/plot/palette.ts';
import { parseMetrics, usualMetrics } from '../../src/plot/plot-metric.ts';
import type { PlottedRun } from '../../src/plot/plotted-run.ts';
import type { MetricValue } from '../../src/row/field.ts';
import { findRuns, readPlottedRuns } from '../../src/plot/read-runs.ts';
import { renderSvg } from '../../src/plot/render-svg.ts';
import { renderTerminal } from '../../src/plot/render-terminal.ts';
import { boundInWords, boundLabels } from '../../src/plot/strokes.ts';
import { textWidth } from '../../src/plot/text-width.ts';
import { type Described, temporaryFolder, writeRun } from './runs-on-disk.ts';

function runsOf(...described: Described[]): readonly PlottedRun[] {
  const root = temporaryFolder();
  for (const each of described) writeRun(root, each);
  return readPlottedRuns(findRuns([root], root)).runs;
}

function figureOf(runs: readonly PlottedRun[], metric: string, over: Partial<FigureOptions> = {}) {
  const available = new Set(runs.flatMap((run) => [...run.columns.keys()]));
  return buildFigure(groupRuns(runs, 'config'), {
    metrics: parseMetrics(metric, available),
    abscissa: 'updates',
    smooth: 1,
    logY: false,
    band: 'iqm',
    points: 600,
    ...over,
  });
}

test('one seed has no band, and the figure says so', () => {
  const figure = figureOf(runsOf({}), 'return');
  expect(figure.subtitle).toBe('one seed, so no band');
  expect(figure.panels[0].lines).toHaveLength(1);
  expect(figure.panels[0].lines[0].low).toEqual([]);
});

test('what is looked at closely has points of its own; all else is thinned as before', () => {
  const row = (update: number): Record<string, MetricValue> => ({
    entropy: update % 7,
    deltaViolated: update % 50 === 0,
    klOldNewMean: update / 1e6,
  });
  const runs = runsOf({ updates: 3000, row });
  const near = { points: 60, focus: [1000, 1050] } as const;
  const inside = (xs: readonly number[]): number[] => xs.filter((x) => x >= 1000 && x <= 1050);
  const all = Array.from({ length: 51 }, (_, i) => 1000 + i);

  const [far] = figureOf(runs, 'entropy', { points: 60 }).panels[0].lines;
  const [close] = figureOf(runs, 'entropy', near).panels[0].lines;
  expect(inside(far.x).length).toBeLessThan(10);
  expect(inside(close.x)).toEqual(all);
  expect(inside(close.x).map((x) => close.y[close.x.indexOf(x)])).toEqual(all.map((x) => x % 7));
  expect([close.x[0], close.x.at(-1)]).toEqual([1, 3000]);
  expect(close.x.length).toBeLessThan(51 + 4 * 60);

  expect(figureOf(runs, 'stopReason', near).panels[0].reasons[0].x).toEqual(expect.arrayContaining(all));
  const [ticks] = figureOf(runs, 'klOldNewMean', near).panels[0].violations;
  expect(inside(ticks.x)).toEqual([1000, 1050]);
  expect(ticks.total).toBe(60);

  const nowhere = figureOf(runs, 'entropy', { points: 60, focus: [9000, 9001] }).panels[0].lines[0];
  expect(nowhere).toEqual(far);
});

test('of runs whose rows are not all here counts are of all, and nothing is drawn where nothing is known', () => {
  const [whole] = runsOf({ name: 'a', updates: 12, row: (u) => ({ klOldNewMean: u / 1000 }) });
  /** Some rows of it, each with what it stands for and its KL; those outside δ were rolled back. */
  const some = (seed: number, ...rows: [update: number, weight: number, kl: number][]): PlottedRun => ({
    ...{ ...whole, seed },
    updates: rows.map(([update]) => update),
    weights: rows.map(([, weight]) => weight),
    columns: new Map<string, MetricValue[]>([
      ['update', rows.map(([update]) => update)],
      ['delta', rows.map(() => 0.02)],
      ['klOldNewMean', rows.map(([, , kl]) => kl)],
      ['deltaViolated', rows.map(([, , kl]) => kl > 0.02)],
      ['stopReason', rows.map(([, , kl]) => (kl > 0.02 ? 'rolledBack' : 'completed'))],
    ]),
  });
  const first = some(0, [1, 3, 0.001], [4, 2, 0.004], [6, 2, 0.5], [8, 4, 0.002], [12, 1, 0.006]);
  const second = some(1, [1, 3, 0.003], [4, 4, 0.006], [8, 3, 0.004], [11, 1, 0.3], [12, 1, 0.001]);
  const figure = figureOf([first, second], 'kl,stop', { withSeeds: true });
  const [{ lines, violations }, { reasons }] = figure.panels;
  const course = (role: string) =>
    lines.filter((line) => line.role === role).map(({ x, y }) => x.map((each, at) => [each, y[at]]));
  expect(course('seed')).toEqual([
    [
      [1, 0.001],
      [4, 0.004],
      [6, 0.5],
      [8, 0.002],
      [12, 0.006],
    ],
    [
      [1, 0.003],
      [4, 0.006],
      [8, 0.004],
      [11, 0.3],
      [12, 0.001],
    ],
  ]);
  expect(course('middle')[0].map(([x, y]) => [x, Number(y?.toFixed(9))])).toEqual([
    [1, 0.002],
    [4, 0.005],
    [8, 0.003],
    [12, 0.0035],
  ]);
  // Of the largest nothing is lost between: it stands at the next update that is known of both.
  expect(course('largest')).toEqual([
    [
      [1, 0.003],
      [4, 0.006],
      [8, 0.5],
      [12, 0.3],
    ],
  ]);
  expect(violations.map(({ x, total, of }) => [x, total, of])).toEqual([[[6, 11], 3, 24]]);
  const sums = Object.entries(reasons[0].counts).map(([reason, each]) => [
    reason,
    each.reduce((a, b) => a + b, 0),
  ]);
  expect(sums).toEqual([
    ['completed', 21],
    ['rolledBack', 3],
  ]);
  expect(figure.notes).toEqual([
    'a: 10 of 24 updates are drawn, the extremes of each stretch among them; zooming in draws every one',
  ]);
  // Beside a run whose rows are all here.
  const beside = figureOf([first, whole], 'kl').panels[0].lines;
  expect(beside.find(({ role }) => role === 'middle')?.x).toEqual([1, 4, 6, 8, 12]);
  expect(beside.flatMap(({ gaps }) => gaps)).toEqual([]);
});

test('over seconds what was not timed is not drawn, which is said', () => {
  const root = temporaryFolder();
  const [whole, half] = [0, 1, 2].map((seed) => writeRun(root, { name: 'a', seed, updates: 4 }));
  writeRun(root, { name: 'b', updates: 4, row: () => ({ stopReason: 'rolledBack' }) });
  writeFileSync(join(whole, 'timing.jsonl'), '');
  writeFileSync(join(half, 'timing.jsonl'), '{"update":1,"seconds":1}\n{"update":2,"seconds":2}\n');
  writeFileSync(join(root, 'b/seed-0/timing.jsonl'), '');
  const runs = readPlottedRuns(findRuns([root], root), { timing: true }).runs;
  const figure = figureOf(runs, 'entropy,stop', { abscissa: 'time', withSeeds: true });
  const seeds = figure.panels[0].lines.filter(({ role }) => role === 'seed');
  // The mean of 1 s and 0.1 s, then a tenth of a second and a second on, then a tenth.
  expect(seeds.map(({ x }) => x.map((each) => Number(each.toFixed(6))))).toEqual([
    [0.55, 1.1],
    [0.55, 1.1, 1.2, 1.3],
  ]);
  expect(figure.panels[1].reasons.map(({ x, counts }) => [x.length, counts])).toEqual([
    [4, { completed: [2, 2, 1, 1] }],
    [0, {}],
  ]);
  expect(figure.notes).toEqual([
    'seconds of training: none in 1 of the runs of a, b',
    'a: 2 last updates without seconds of training, not drawn',
  ]);
});

test('several seeds become their interquartile mean with an interval', () => {
  const seeds = [0, 1, 2, 3].map((seed) => ({ seed, row: () => ({ entropy: seed }) }));
  const figure = figureOf(runsOf(...seeds), 'entropy');
  const [line] = figure.panels[0].lines;
  expect(line.y).toEqual([1.5, 1.5, 1.5, 1.5, 1.5]);
  expect(line.low[0]).toBeLessThan(1.5);
  expect(line.high[0]).toBeGreaterThan(1.5);
  expect(figure.subtitle).toBe('4 seeds; interquartile mean and 95% interval over seeds');
  const every = figureOf(runsOf(...seeds), 'entropy', { band: 'seeds' });
  expect(every.panels[0].lines.map(({ role }) => role)).toEqual(['seed', 'seed', 'seed', 'seed']);
});

test('the return is the curve, in its updates; its middle ends where the first seed is not known', () => {
  const known = (updates: number) => (update: number) => ({
    curveUpdates: Math.min(updates, Math.max(0, update - 1)),
    curveReturn: update > 1 && update <= updates + 1 ? 10 * (update - 1) : null,
  });
  const runs = runsOf({ seed: 0, row: known(4) }, { seed: 1, row: known(2) });
  const figure = figureOf(runs, 'return', { withSeeds: true });
  const [first, second, middle] = figure.panels[0].lines;
  expect(first.y).toEqual([10, 20, 30, 40]);
  expect(second.y).toEqual([10, 20]);
  expect(middle.y.slice(0, 3)).toEqual([10, 20, null]);
  expect(figure.panels[0].title).toBe('return');
  const none = figureOf(runsOf({ row: known(0) }), 'return');
  expect(none.notes).toEqual(['return: not yet known in a']);
  const one = figureOf(runsOf({ seed: 0, row: known(4) }, { seed: 1, row: known(0) }), 'return');
  expect(one.notes).toEqual(['return: not yet known in 1 of the runs of a']);
  const walking = (update: number) => ({ ...known(0)(update), returnMean: null });
  const notes = (...described: Described[]) => figureOf(runsOf(...described), 'return').notes;
  const stuck = 'return: stuck (no episode ended in the last tenth of the updates):';
  expect(notes({ row: walking })).toEqual([`${stuck} a`]);
  expect(notes({ row: walking, status: 'interrupted' })).toEqual(['return: not yet known in a']);
  expect(notes({ seed: 0, row: walking }, { seed: 1, row: known(0) }, { seed: 2, row: known(4) })).toEqual([
    `${stuck} 1 of the runs of a`,
    'return: not yet known in 1 of the runs of a',
  ]);
  const mixed = figureOf(runsOf({ seed: 0, row: known(4) }, { seed: 1 }), 'return');
  expect(mixed.notes).toEqual(['return: none in 1 of the runs of a']);
});

test('a value that is not finite leaves a marked gap, one that is null does not', () => {
  const row = (update: number) =>
    update === 2 ? { returnMean: Number.NaN } : update === 4 ? { returnMean: null } : {};
  const figure = figureOf(runsOf({ row }), 'return');
  const [line] = figure.panels[0].lines;
  expect(line.y).toEqual([0.1, null, 0.3, null, 0.5]);
  expect(line.gaps).toEqual([2]);
  expect(figure.notes).toEqual(['a, return: values missing or not finite (gaps, marked ×): 1']);
  expect(renderTerminal(figure, 60, (_, text) => text)).toContain('×');
});

test('broken rows are named and counted, the rest is used', () => {
  const row = (update: number) => (update === 2 || update === 3 ? '{"update":2,"ste' : {});
  const runs = runsOf({ row });
  const figure = figureOf(runs, 'return');
  expect(figure.notes[0]).toBe(
    `${runs[0].path}/metrics.jsonl: 2 rows left out (lines 2, 3; line 2: it is no JSON); the rest is used`,
  );
  expect(figure.panels[0].lines[0].gaps).toEqual([2, 3]);
  expect(figure.panels[0].lines[0].y.filter((value) => value !== null)).toHaveLength(3);
});

test('a half-written last line of a run still going is no problem, of an ended one it is', () => {
  const figureWith = (status: string) => {
    const root = temporaryFolder();
    appendFileSync(join(writeRun(root, { status }), 'metrics.jsonl'), '{"upd');
    return figureOf(readPlottedRuns(findRuns([root], root)).runs, 'return');
  };
  const going = figureWith('running');
  expect(going.notes).toEqual([]);
  expect(going.groups[0].remark).toBe('still running');
  // Of a killed one nobody is to be told that it goes on.
  const dead = figureWith('dead');
  expect(dead.notes).toEqual([expect.stringContaining('1 row left out (line 6')]);
  expect(dead.groups[0].remark).toBe('dead');
  expect(going.panels[0].lines[0].isGrowing).toBe(true);
  const ended = figureWith('completed');
  expect(ended.notes).toHaveLength(1);
  expect(ended.panels[0].lines[0].isGrowing).toBe(false);
});

test('δ is one line where all agree, one a group where they do not, and follows its schedule', () => {
  const runs = runsOf({ name: 'a' }, { name: 'b' });
  expect(figureOf(runs, 'kl').panels[0].bounds).toEqual([{ groups: [0, 1], x: [1, 5], y: [0.02, 0.02] }]);
  const other = runsOf({ name: 'a' }, { name: 'b', row: (update) => ({ delta: update / 100 }) });
  const { bounds } = figureOf(other, 'kl').panels[0];
  expect(bounds.map(({ groups }) => groups)).toEqual([[0], [1]]);
  expect(bounds[1].y).toEqual([0.01, 0.02, 0.03, 0.04, 0.05]);
  expect(figureOf(runs, 'entropy').panels[0].bounds).toEqual([]);
});

test('updates outside δ are marked with the share of the runs', () => {
  const runs = runsOf(
    { seed: 0, row: (update) => ({ deltaViolated: update >= 4 }) },
    { seed: 1, row: (update) => ({ deltaViolated: update === 5 }) },
  );
  const { violations } = figureOf(runs, 'kl').panels[0];
  expect(violations).toEqual([{ group: 0, x: [4, 5], share: [0.5, 1], total: 3, of: 10, what: 'updates' }]);
});

test('equal δ is one line for the groups that have it, whatever others have, and beside each name stands how much it is', () => {
  const halved = () => ({ delta: 0.01 });
  const runs = runsOf({ name: 'a' }, { name: 'b', row: halved }, { name: 'c', updates: 3 }, { name: 'd' });
  const { panels, groups } = figureOf(runs, 'kl');
  expect(panels[0].bounds).toEqual([
    { groups: [0, 2, 3], x: [1, 5], y: [0.02, 0.02] },
    { groups: [1], x: [1, 5], y: [0.01, 0.01] },
  ]);
  expect(groups.map(({ remark }) => remark)).toEqual([
    '0 of 5 updates outside δ = 0.02',
    '0 of 5 updates outside δ = 0.01',
    '0 of 3 updates outside δ = 0.02',
    '0 of 5 updates outside δ = 0.02',
  ]);
  // One that moves ends elsewhere for a shorter run, and is the same as far as both go.
  const annealed = (update: number) => ({ delta: (6 - update) / 100, deltaViolated: update > 3 });
  const moving = figureOf(
    runsOf({ name: 'a', row: annealed }, { name: 'b', row: annealed, updates: 3 }),
    'kl',
  );
  expect(moving.panels[0].bounds).toEqual([
    { groups: [0, 1], x: [1, 2, 3, 4, 5], y: [0.05, 0.04, 0.03, 0.02, 0.01] },
  ]);
  // To the digits of the report's table.
  expect(boundInWords({ y: [0.01, 0.00125] })).toBe('δ = 0.01 → 0.00125');
  expect(moving.groups[0].remark).toBe('2 of 5 updates outside δ = 0.05 → 0.01');
  expect(figureOf(runs, 'entropy').groups[0].remark).toBe('');
});

test('labels of δ do not cover each other and stay beside the panel', () => {
  const box = { left: 0, right: 100, top: 0, bottom: 100 };
  const axis = Object.assign((value: number) => 100 - value, {
    ticks: [],
    domain: [0, 100] as [number, number],
  });
  const bound = (...y: number[]) => ({ groups: [0], x: y.map((_, i) => i), y });
  const labels = boundLabels(
    [bound(50, 50), bound(51, 51), bound(90, 1), bound(1, 1), bound(500, 500), bound(600, 600)],
    axis,
    box,
  );
  expect(labels.map(({ lines }) => lines)).toEqual([
    ['δ = 51'],
    ['δ = 50'],
    ['δ = 90', '→ 1'],
    ['δ = 1'],
    ['δ = 500 above'],
    ['δ = 600 above'],
  ]);
  const places = labels.slice(0, 4).flatMap(({ y, lines }) => lines.map((_, row) => y + 12 * row));
  for (let i = 1; i < places.length; i++) expect(places[i] - places[i - 1]).toBeGreaterThanOrEqual(12);
  expect(Math.max(...places)).toBeLessThanOrEqual(104);
  expect(labels[5].y - labels[4].y).toBe(12);
  // One at the top does not go up, and out of the picture, because two at the bottom do.
  const apart = boundLabels([bound(99), bound(2), bound(1)], axis, box);
  expect(apart.map(({ y }) => y)).toEqual([5, 92, 104]);
});

test('of what is held to δ the largest of the seeds is a line of its own', () => {
  const runs = runsOf(
    ...[0, 1, 2].map((seed) => ({
      seed,
      row: (update: number) => ({ klOldNewMean: seed === 1 && update === 4 ? 0.5 : 0.001 * seed }),
    })),
  );
  const { lines } = figureOf(runs, 'kl').panels[0];
  expect(lines.map(({ role }) => role)).toEqual(['largest', 'middle']);
  expect(lines[0].y).toEqual([0.002, 0.002, 0.002, 0.5, 0.002]);
  expect(figureOf(runs, 'entropy').panels[0].lines.map(({ role }) => role)).toEqual(['middle']);
  expect(figureOf(runs.slice(0, 1), 'kl').panels[0].lines.map(({ role }) => role)).toEqual(['middle']);
  const svg = renderSvg(figureOf(runs, 'kl'), themes.light);
  expect(svg).toContain('>largest of the seeds<');
  expect(svg).toContain('>δ = 0.02<');
  expect(svg).toContain('(0 of 15 updates outside δ = 0.02)');
});

test('a config of an experiment has its own colour whatever is drawn beside it', () => {
  const root = temporaryFolder();
  writeFileSync(join(root, 'experiment.json'), '{"configs":["late","b","gone","a"]}');
  for (const name of ['a', 'b', 'late']) writeRun(root, { name });
  const groups = (...names: string[]) =>
    inExperimentColors(groupRuns(readPlottedRuns(findRuns(names, root)).runs, 'config')).map(
      ({ label, hue }) => [label, hue],
    );
  expect(groups('a', 'b', 'late')).toEqual([
    ['late', 0],
    ['b', 1],
    ['a', 3],
  ]);
  expect(groups('a')).toEqual([['a', 3]]);
  const alone = buildFigure(
    inExperimentColors(groupRuns(readPlottedRuns(findRuns(['a'], root)).runs, 'config')),
    {
      metrics: [{ columns: ['entropy'] }],
      abscissa: 'updates',
      smooth: 1,
      logY: false,
      band: 'iqm',
      points: 600,
    },
  );
  for (const theme of [themes.light, themes.dark])
    expect(renderSvg(alone, theme)).toContain(`stroke="${theme.series[3]}"`);
  writeRun(root, { name: 'new' });
  expect(groups('a', 'new')).toEqual([
    ['a', 3],
    ['new', undefined],
  ]);
  writeRun(join(root, 'rung-1'), { name: 'b' });
  expect(groups('rung-1/b')).toEqual([['b', 1]]);
});

test('a method of a study has one colour in all worlds', () => {
  const root = temporaryFolder();
  const configs = ['clip.lake', 'clip.cliff', 'kl.lake', 'kl.cliff', 'alone'];
  const methods = Object.fromEntries(configs.slice(0, 4).map((label) => [label, label.split('.')[0]]));
  writeFileSync(join(root, 'experiment.json'), JSON.stringify({ configs, methods }));
  for (const name of configs) writeRun(root, { name });
  const { runs } = readPlottedRuns(findRuns([root], root));
  expect(inExperimentColors(groupRuns(runs, 'config')).map(({ label, hue }) => [label, hue])).toEqual([
    ['clip.cliff', 0],
    ['clip.lake', 0],
    ['kl.cliff', 1],
    ['kl.lake', 1],
    ['alone', 2],
  ]);
});

test('no two of a picture look alike, and none gives up its colour', () => {
  expect(huesOf([3, undefined, 0, undefined])).toEqual([3, 1, 0, 2]);
  // Configs of two experiments, and a method in three worlds.
  expect(huesOf([0, 1, 0, 1, 0])).toEqual([0, 1, 8, 9, 16]);
  const all = hueOfEach([1, 0, 1, undefined]);
  expect([all, huesOf(all), huesOf(all.slice(2))]).toEqual([
    [1, 0, 1, 2],
    [1, 0, 9, 2],
    [1, 2],
  ]);
  const many = huesOf(new Array(64).fill(undefined));
  const groups = many.map((hue) => ({ label: '', remark: '', hue }));
  for (const theme of [themes.light, themes.dark]) {
    const styles = many.map((_, group) => seriesStyle({ groups }, { group }, 1, theme));
    expect(new Set(styles.map(({ color, dash }) => `${color} ${dash}`)).size).toBe(64);
  }
});

test('in a terminal without colours each of nine configs has a sign of its own', () => {
  const runs = runsOf(...[...'abcdefghi'].map((name) => ({ name })));
  const text = renderTerminal(figureOf(runs, 'entropy'), 80, (_, glyph) => glyph);
  const signs = text.split('\n').flatMap((line) => /^(\S) [a-i]( \(.*\))?$/.exec(line)?.[1] ?? []);
  expect(new Set(signs).size).toBe(9);
});

test('what several seeds warn of is one note, with how many and from when to when; each has its mark', () => {
  const seeds = runsOf({ seed: 0 }, { seed: 1 }, { seed: 2 });
  const warned = (updates: readonly number[]): PlottedRun[] =>
    seeds.map((run, at) => ({
      ...run,
      warnings:
        at in updates ? [{ kind: 'betaAtBound', update: updates[at], message: 'β at its bound' }] : [],
    }));
  const both = figureOf(warned([4, 2]), 'entropy');
  expect(both.notes).toEqual([`▾ ${both.groups[0].label}, 2 of 3 seeds, updates 2 to 4: β at its bound`]);
  expect(both.marks?.map(({ x }) => x)).toEqual([4, 2]);
  const [{ name }] = seeds;
  expect(figureOf(warned([3]), 'entropy').notes).toEqual([`▾ ${name}, seed 0, update 3: β at its bound`]);
});

test('stop reasons are counted at every update', () => {
  const runs = runsOf({ seed: 0 }, { seed: 1, updates: 3, row: () => ({ stopReason: 'stopped' }) });
  const [strip] = figureOf(runs, 'stop').panels[0].reasons;
  expect(strip.counts).toEqual({ completed: [1, 1, 1, 1, 1], stopped: [1, 1, 1, 0, 0] });
});

test('a logarithmic axis leaves out what is not positive, and says how much', () => {
  const figure = figureOf(runsOf({ row: (update) => ({ entropy: update - 2 }) }), 'entropy', { logY: true });
  expect(figure.panels[0].lines[0].y).toEqual([null, null, 1, 2, 3]);
  expect(figure.notes).toEqual(['a, entropy: values ≤ 0, not on a logarithmic axis: 2']);
});

test('runs of one name and other settings are told apart by what differs', () => {
  const runs = runsOf({ seed: 0 }, { seed: 1, config: { objective: { clipRange: 0.3 } } });
  expect(figureOf(runs, 'return').groups.map(({ label }) => label)).toEqual([
    'a, objective.clipRange = 0.2',
    'a, objective.clipRange = 0.3',
  ]);
});

test('seeds whose configs name their schema from their own folders are one group', () => {
  const runs = runsOf(
    { seed: 0, config: { $schema: './a.json' } },
    { seed: 1, config: { $schema: './b.json' } },
  );
  expect(groupRuns(runs, 'config').map(({ label }) => label)).toEqual(['a']);
});

test('seeds of which other things were kept are one group', () => {
  const runs = runsOf(
    { seed: 0, config: { checkpoint: { keep: 2 } } },
    { seed: 1, config: { checkpoint: null, snapshots: { everyUpdates: 5 } } },
  );
  expect(groupRuns(runs, 'config').map(({ label }) => label)).toEqual(['a']);
});

test('runs of one name in two folders are not seeds of one thing', () => {
  const root = temporaryFolder();
  writeRun(`${root}/first`, {});
  writeRun(`${root}/second`, {});
  const groups = groupRuns(readPlottedRuns(findRuns([root], root)).runs, 'config');
  expect(groups.map(({ label }) => label)).toEqual([`${root}/first/a`, `${root}/second/a`]);
});

test('what an experiment ran to calibrate is no part of its plot, but named it can be plotted', () => {
  const root = temporaryFolder();
  writeFileSync(join(root, 'experiment.json'), '{}');
  writeRun(root, { name: 'a' });
  writeRun(join(root, 'calibration'), { name: 'a@0.3' });
  const names = (path: string) => readPlottedRuns(findRuns([path], root, true)).runs.map(({ name }) => name);
  expect(names(root)).toEqual(['a']);
  expect(names(join(root, 'calibration'))).toEqual(['a@0.3']);
});

test('runs are grouped by seed or by a setting', () => {
  const runs = runsOf({ seed: 0 }, { seed: 1, config: { objective: { clipRange: 0.3 } } });
  expect(groupRuns(runs, 'seed').map(({ label }) => label)).toEqual(['a, seed 0', 'a, seed 1']);
  expect(groupRuns(runs, 'objective.clipRange').map(({ label }) => label)).toEqual([
    'objective.clipRange = 0.2',
    'objective.clipRange = 0.3',
  ]);
  expect(() => groupRuns(runs, 'objective.clipRang')).toThrow(
    '--group-by must be config, seed or a config path, got objective.clipRang; did you mean objective.clipRange?',
  );
});

test('the same environment with other options is another one', () => {
  const same = runsOf({ name: 'a' }, { name: 'b' });
  expect(() => requireOneEnvironment(same)).not.toThrow();
  const other = runsOf({ name: 'a', options: { map: '4x4' } }, { name: 'b', options: { map: '8x8' } });
  expect(() => requireOneEnvironment(other)).toThrow(
    `the runs are of different environments: CartPole-v1 {"map":"4x4"} (${other[0].path}) and CartPole-v1 {"map":"8x8"} (${other[1].path}); plot them apart or add --across-environments`,
  );
});

test('an SVG has the same bytes each time, well-formed, without NaN', () => {
  const row = (update: number) => ({
    returnMean: update === 2 ? Number.NaN : 1,
    stopReason: update > 3 ? 'stopped' : 'completed',
  });
  const figure = figureOf(runsOf({ name: 'a <&"> b', row }, { name: 'b' }), 'return,kl,stop,estimators');
  const svg = renderSvg(figure, themes.dark);
  expect(renderSvg(figure, themes.dark)).toBe(svg);
  expect(svg).toContain('a &lt;&amp;&quot;&gt; b');
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  const tags = [...svg.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)].filter(([, , , empty]) => empty === '');
  const open: string[] = [];
  for (const [, closes, name] of tags)
    if (closes) expect(open.pop()).toBe(name);
    else open.push(name);
  expect(open).toEqual([]);
});

test('a curve of one value is a dot', () => {
  const row = (update: number) => ({ returnMean: update === 1 ? 0.5 : null });
  const circles = (runs: readonly PlottedRun[]): number =>
    renderSvg(figureOf(runs, 'return'), themes.light).split('<circle').length - 1;
  expect(circles(runsOf({ row }))).toBe(1);
  expect(circles(runsOf({ row }, { name: 'b', row }))).toBe(2);
  expect(circles(runsOf({}))).toBe(0);
});

test.each([0.000625, 0.0000625])('what stands beside δ covers nothing, where it falls to %d', (least) => {
  const delta = (update: number) => (update === 1 ? 0.02 : least);
  const row = (update: number) => ({ delta: delta(update), klOldNewMean: 0.001, k1: -0.02, k2: 0.05 });
  const figure = figureOf(runsOf({ row }), 'kl,kl+k1+k2');
  const svg = renderSvg(figure, themes.light);
  const texts = [...svg.matchAll(/<text x="([\d.]+)"([^>]*)>([^<]*)</g)].map(([, x, look, words]) => ({
    ...{
      x: Number(x),
      words,
      isEnd: look.includes('text-anchor="end"'),
      isSmall: look.includes('font-size="11"'),
    },
  }));
  const ends = texts
    .filter(({ words }) => words.startsWith('→'))
    .map(({ x, words }) => x + textWidth(words, 11));
  const ticks = texts.filter(({ x, isEnd, isSmall }) => x > 480 && isEnd && isSmall);
  expect(ends).toHaveLength(2);
  expect(ticks.length).toBeGreaterThan(4);
  expect(Math.max(...ends)).toBeLessThan(960);
  // Of the left panel.
  expect(Math.min(...ends)).toBeLessThan(Math.min(...ticks.map(({ x, words }) => x - textWidth(words, 11))));
});

test('the legend stands above the panels, whatever it holds', () => {
  const names = Array.from({ length: 12 }, (_, i) => ({
    name: `configuration number ${i} with a name that is long`,
  }));
  const svg = renderSvg(figureOf(runsOf(...names), 'return'), themes.light);
  const yOf = (text: string): number => Number(new RegExp(`y="([\\d.]+)"[^>]*>${text}`).exec(svg)?.[1]);
  const axisTop = Math.min(
    ...[...svg.matchAll(/<path d="M[\d.]+ ([\d.]+)H/g)].map((match) => Number(match[1])),
  );
  for (const { name } of names) expect(yOf(name)).toBeLessThan(axisTop);
});

test('axes name their unit, panels of columns with different units each column’s own', () => {
  const figure = figureOf(runsOf({}), 'kl,return,steps,k1+k2,kl+steps+lr');
  expect(figure.panels.map(({ title, unit, columns }) => [title, unit, columns])).toEqual([
    ['KL(π_old‖π_new)', 'nats', []],
    ['return', '', []],
    ['steps', 'environment steps', []],
    ['KL', 'nats', ['k1', 'k2']],
    [
      'KL(π_old‖π_new), steps, learning rate',
      '',
      ['KL(π_old‖π_new), nats', 'steps, environment steps', 'learning rate'],
    ],
  ]);
  expect(renderTerminal(figure, 60, (_, text) => text)).toContain('KL(π_old‖π_new) [nats]');
  expect(renderSvg(figure, themes.light)).toMatch(/>nats<[\s\S]*>environment steps</);
});

test.each([
  ['steps', 'environment steps'],
  ['updates', 'updates'],
  ['time', 'seconds of training'],
  ['gradient', 'gradient steps'],
] as const)('the axis below of %s counts %s', (abscissa, label) => {
  expect(figureOf(runsOf({}), 'return', { abscissa }).xLabel).toBe(label);
});

test('where δ bounds each state, the line and the count of updates outside stand with the worst state’s KL', () => {
  const config = { trustRegion: { over: 'max', delta: 0.02 } };
  const row = (update: number) => ({
    klOldNewMax: update === 2 ? 0.03 : 0.019,
    deltaViolated: update === 2,
    statesOutsideDelta: update === 2 ? 0.25 : 0,
  });
  const [kl, worst] = figureOf(runsOf({ name: 'a', config, row }), 'kl,klMax').panels;
  expect([kl.bounds, kl.violations]).toEqual([[], []]);
  expect(worst.bounds.map(({ y }) => y)).toEqual([[0.02, 0.02]]);
  expect(worst.violations.map(({ total, of }) => [total, of])).toEqual([[1, 5]]);
  // Beside a run in which it bounds the mean, each has its own.
  const both = figureOf(runsOf({ name: 'a', config, row }, { name: 'b' }), 'kl,klMax');
  expect(both.panels.map(({ bounds }) => bounds.map(({ groups }) => groups))).toEqual([[[1]], [[0]]]);
  expect(both.groups.map(({ remark }) => remark)).toEqual([
    '1 of 5 updates with a state outside δ = 0.02',
    '0 of 5 updates outside δ = 0.02',
  ]);
});

test('what is plotted of themselves is the KL that δ bounds', () => {
  expect(usualMetrics(new Set(['mean']), false)).toBe('return,kl,clip,entropy');
  expect(usualMetrics(new Set(['eachState']), false)).toBe('return,klMax,clip,entropy');
  expect(usualMetrics(new Set(['mean', 'eachState']), false)).toBe('return,kl,klMax,clip,entropy');
  expect(usualMetrics(new Set(['mean']), true)).toBe('directions,estimators');
  expect(usualMetrics(new Set(['eachState']), true)).toBe('klMax,directions,estimators');
});
