import { counted } from '../elementary/thousands.ts';
import { environmentName } from '../config/environment-name.ts';
import { targetInWords } from '../experiment/kl-target.ts';
import type {
  AcrossReport,
  CalibrationReport,
  ConfigReport,
  Estimate,
  PairReport,
  Performance,
  ReportData,
  ReportRun,
  SweepReport,
} from '../experiment/report-data.ts';
import { buildFigure } from './build-figure.ts';
import type { Figure, Line } from './figure.ts';
import type { RunGroup } from './group-runs.ts';
import { cell, number, percentage, type Row, table } from './html-table.ts';
import { heatMap } from './heat-table.ts';
import { huesOf } from './hues.ts';
import { parseMetrics } from './plot-metric.ts';
import { type PlottedRun, columnsOf } from './plotted-run.ts';
import { curvesSection, renderPage, THEME_BUTTON } from './render-page.ts';
import { escapeXml } from './svg.ts';

/** Label → hue. */
type Hues = ReadonlyMap<string, number | undefined>;

/** Points of all curves of a report together: so many stay under 3 MB. */
const POINTS = 70_000;
/** Runs beyond which a report holds no curve of every seed, for the same reason. */
const SEED_CURVES = 120;

/**
 * `report.html`: one file that opens offline, with the verdict, the tables, interactive curves, the configs and
 * the command that repeats it. The same data gives the same bytes.
 *
 * @param runs rows of every run, for the curves
 * @param hues label → its colour in every picture; what has none takes one that is nobody's
 */
export function renderReportPage(
  data: ReportData,
  runs: readonly ReportRun[],
  hues: Hues = new Map(),
): string {
  const title = data.name;
  const verdict = data.verdict.map((sentence) => `<li>${withFlags(escapeXml(sentence))}</li>`).join('');
  const sections = [
    `<header><h1>${escapeXml(title)}</h1>${THEME_BUTTON}</header>`,
    `<p class="muted">${escapeXml(scopeOf(data))}</p>`,
    data.description === '' ? '' : `<p>${escapeXml(data.description)}</p>`,
    verdict === '' ? '' : `<div class="verdict"><ul>${verdict}</ul></div>`,
    failuresSection(data),
    section('Return', performanceSection(data)),
    section('Trust region', trustRegionTable(data)),
    section('Which is better', pairsSection(data)),
    data.across === null ? '' : section('Over all worlds', acrossSection(data.across)),
    section('Curves', curvesOf(data, runs, hues)),
    data.profile === null ? '' : section('Performance profile', profileSection(data, hues)),
    data.calibration === null ? '' : section('Calibration to equal KL', calibrationSection(data)),
    data.sweep === null ? '' : section('Sweep', sweepSection(data)),
    section('Settings', settingsSection(data)),
    section('Run it again', repeatSection(data)),
  ];
  return renderPage(`${title} – leash ${data.kind}`, sections.filter((each) => each !== '').join('\n'));
}

/** A flag is not broken at its hyphens. */
function withFlags(html: string): string {
  return html.replaceAll(/--[a-z][a-z-]*/g, '<span class="flag">$&</span>');
}

function section(title: string, content: string): string {
  return content === '' ? '' : `<h2>${escapeXml(title)}</h2>\n${content}`;
}

function scopeOf({ configs, seeds, kind, untilDecided }: ReportData): string {
  const environments = [...new Set(configs.map(({ config }) => environmentName(config.environment)))].join(
    ', ',
  );
  const steps = [...new Set(configs.map(({ config }) => config.steps))].sort((a, b) => a - b);
  const each =
    steps.length > 1 ? `${number(steps[0])} to ${number(steps[steps.length - 1])}` : number(steps[0]);
  return `${environments}, ${each} steps; ${kind} of ${counted(configs.length, 'config')} with ${untilDecided === null ? `${counted(seeds.length, 'seed')} each` : `up to ${counted(seeds.length, 'seed')} each`}`;
}

function failuresSection({ configs }: ReportData): string {
  const rows = configs.flatMap(({ label, runs, stuck }) =>
    runs
      .filter(({ status, seed }) => status !== 'completed' || stuck.includes(seed))
      .map(({ seed, status, failure }) => [
        cell(label, 'label'),
        cell(String(seed)),
        cell(status === 'completed' ? 'stuck' : status),
        cell(status === 'completed' ? 'no episode ended in the last tenth' : (failure ?? '')),
      ]),
  );
  if (rows.length === 0) return '';
  return section('Runs that failed or are stuck', table(['config', 'seed', 'status', 'why'], rows));
}

/** An estimate as "0.71 [0.64, 0.78]", with the word for what has a stuck run in it. */
function estimate(shown: Estimate | null): string {
  if (shown === null) return '–';
  const { value, low, high, stuck = [] } = shown;
  if (value === null) return 'stuck';
  if (low === null && high === null && stuck.length === 0) return number(value);
  const bound = (part: 'low' | 'high', known: number | null): string =>
    stuck.includes(part) ? 'stuck' : number(known);
  return `${number(value)} [${bound('low', low)}, ${bound('high', high)}]`;
}

/** IQM of a config; "stuck (4 of 10)" where more than a quarter of its runs is. */
function iqm({ runs, stuck }: ConfigReport, performance: Performance): string {
  const completed = runs.filter(({ status }) => status === 'completed').length;
  const isStuck = performance.iqm !== null && performance.iqm.value === null;
  if (isStuck) return `stuck (${stuck.length} of ${completed})`;
  const { tied } = performance;
  return tied === null
    ? estimate(performance.iqm)
    : `${estimate(performance.iqm)}, ${tied.runs} of ${completed} equal`;
}

function curveTitle(configs: readonly ConfigReport[]): string {
  const steps = [...new Set(configs.map(({ curveSteps }) => curveSteps))];
  return steps.length === 1 && steps[0] > 0 ? `IQM, curve to ${number(steps[0])} steps` : 'IQM, curve';
}

function performanceSection(data: ReportData): string {
  const { configs, intervals } = data;
  const range = rangeOf(configs.map(({ final }) => final));
  const hasGap = configs.some(({ final }) => final.optimalityGap !== null);
  const hasRates = configs.some(({ success }) => success !== null);
  const thresholds = [
    ...new Set(
      configs.flatMap((each) => (each.stepsToThreshold ? [number(each.stepsToThreshold.threshold)] : [])),
    ),
  ];
  const hasThreshold = thresholds.length > 0;
  const rows = configs.map((config): Row => {
    const { label, final, curve, stepsToThreshold: steps, bestReturn } = config;
    return [
      cell(label, 'label'),
      cell(iqm(config, final), 'number'),
      { html: intervalPicture(final, range), kind: '' },
      cell(estimate(final.mean), 'number'),
      cell(estimate(final.median), 'number'),
      cell(iqm(config, curve), 'number'),
      ...(hasRates ? [cell(estimate(config.success), 'number')] : []),
      ...(hasGap
        ? [cell(estimate(final.optimalityGap), 'number'), cell(number(bestReturn?.value ?? null), 'number')]
        : []),
      ...(hasThreshold ? [cell(steps ? thresholdText(steps) : '–', 'number')] : []),
    ];
  });
  const heads = [
    'config',
    'IQM, last tenth',
    '',
    'mean',
    'median',
    curveTitle(configs),
    ...(hasRates ? ['success rate'] : []),
    ...(hasGap ? ['optimality gap', 'best known'] : []),
    ...(hasThreshold ? [`median steps to ${thresholds.join(', ')}`] : []),
  ];
  const note = [
    `Raw returns. IQM: mean of the middle half of the seeds. In brackets ${percentage(intervals.confidence)} intervals. IQM: ${intervals.iqm}. Mean and gap: ${intervals.mean}. Median: ${intervals.median}. ${intervals.ties[0].toUpperCase()}${intervals.ties.slice(1)}.`,
    ...(hasRates ? ['Success rate: of the last tenth, with Wilson’s interval.'] : []),
    ...(hasThreshold ? ['Steps: with how many seeds got there and stayed.'] : []),
  ].join(' ');
  const perSeed = table(
    ['config', ...data.seeds.map((seed) => `seed ${seed}`)],
    configs.map(({ label, final, stuck }) => [
      cell(label, 'label'),
      // Where seeds were added one config may have fewer than another.
      ...data.seeds.map((seed, i) =>
        cell(stuck.includes(seed) ? 'stuck' : number(final.perSeed[i] ?? null), 'number'),
      ),
    ]),
  );
  return `<p class="muted">${escapeXml(note)}</p>${table(heads, rows)}<details><summary>every seed, last tenth</summary>${perSeed}</details>`;
}

/** Median steps, a word where half of the seeds did not get there. */
function thresholdText(times: NonNullable<ConfigReport['stepsToThreshold']>): string {
  const { median, isMedianKnown, reached, perSeed } = times;
  const steps = median !== null ? number(median) : isMedianKnown ? 'never' : 'not yet known';
  return `${steps} (${reached} of ${perSeed.length})`;
}

function rangeOf(each: readonly Performance[]): [number, number] {
  const values = each
    .flatMap(({ iqm, perSeed }) => [iqm?.low, iqm?.high, iqm?.value, ...perSeed])
    .filter((value): value is number => typeof value === 'number' && Number.isFinite(value));
  return values.length === 0 ? [0, 1] : [Math.min(...values), Math.max(...values)];
}

/** The seeds as dots, the interval as a bar and the IQM as a stroke, on the scale that all configs share. */
function intervalPicture({ iqm, perSeed }: Performance, [low, high]: [number, number]): string {
  const x = (value: number): string => (4 + ((value - low) / (high - low || 1)) * 152).toFixed(1);
  const dots = perSeed
    .filter((value) => value !== null)
    .map((value) => `<circle cx="${x(value)}" cy="9" r="2.2" fill="currentColor" fill-opacity=".35"/>`);
  const bar =
    iqm === null || iqm.low === null || iqm.high === null
      ? ''
      : `<path d="M${x(iqm.low)} 9H${x(iqm.high)}" stroke="currentColor" stroke-width="1.5"/>`;
  const middle =
    iqm === null || iqm.value === null
      ? ''
      : `<path d="M${x(iqm.value)} 3v12" stroke="currentColor" stroke-width="2.5"/>`;
  return `<svg width="160" height="18" role="img" aria-label="seeds, interval and IQM">${dots.join('')}${bar}${middle}</svg>`;
}

function trustRegionTable({ configs }: ReportData): string {
  const hasDrift = configs.some(({ drift }) => drift !== null);
  const rows = configs.map(({ label, kl, drift, gradientSteps, stopReasons }) => {
    const total = Object.values(stopReasons).reduce((sum, count) => sum + count, 0);
    const reasons = Object.entries(stopReasons)
      .filter(([, count]) => count > 0)
      .map(([reason, count]) => `${reason} ${percentage(count / total)}`);
    return [
      cell(label, 'label'),
      cell(number(kl?.mean ?? null), 'number'),
      cell(number(kl?.p95 ?? null), 'number'),
      cell(kl === null ? '–' : number(kl.largest.value), 'number'),
      cell(kl === null ? '–' : deltaInWords(kl.delta), 'number'),
      cell(
        kl === null
          ? '–'
          : `${number(kl.outsideDelta)} of ${number(kl.updates)} (${percentage(kl.shareOutsideDelta)})`,
        'number',
      ),
      ...(hasDrift ? [cell(number(drift?.last ?? null), 'number')] : []),
      cell(`${number(gradientSteps.applied)} of ${number(gradientSteps.planned)}`, 'number'),
      cell(reasons.join(', ')),
    ];
  });
  const heads = [
    'config',
    'mean KL(π_old‖π_new), nats',
    '95th percentile',
    'largest',
    'δ',
    'updates outside δ',
    ...(hasDrift ? ['KL(π‖π_ref) at the end'] : []),
    'gradient steps',
    'updates ended',
  ];
  return table(heads, rows);
}

function deltaInWords({ least, greatest, eachState }: NonNullable<ConfigReport['kl']>['delta']): string {
  const delta = least === greatest ? number(least) : `${number(greatest)} to ${number(least)}`;
  return eachState ? `${delta} each state` : delta;
}

function pairsSection({ pairs, family, intervals }: ReportData): string {
  const tableOf = (each: readonly PairReport[]): string =>
    table(
      [
        'higher IQM',
        'lower IQM',
        'P(a run of the first is above one of the second)',
        'difference of IQMs',
        'p',
        'told apart',
      ],
      each.map((pair) => ({
        className: pair.decided ? 'decided' : '',
        cells: [
          cell(pair.better, 'label'),
          cell(pair.worse, 'label'),
          cell(estimate(pair.improvement), 'number'),
          cell(estimate(pair.difference), 'number'),
          cell(number(pair.pValue), 'number'),
          cell(pair.decided ? 'yes' : pair.same?.isEverySeed ? 'the same' : 'no'),
        ],
      })),
    );
  if (pairs.final.length === 0) return '';
  const note = `p: exact Mann–Whitney tests, adjusted over ${number(family.tests)}, every pair by both measures (${family.method}): where nothing differs at most ${percentage(family.error)} of such reports tell anything apart. P: ${intervals.improvement}.`;
  return `<p class="muted">${escapeXml(note)}</p><h3>Last tenth of training</h3>${tableOf(pairs.final)}<details><summary>curve</summary>${tableOf(pairs.curve)}</details>`;
}

/** A list of more lines is opened by a click: nineteen methods have 171 pairs. */
const SHORT = 15;

function acrossSection({ worlds, methods, improvements, bootstrap }: AcrossReport): string {
  const scales = worlds.map(
    ({ world, untrained, best }) => `${world} ${number(untrained)} to ${number(best)}`,
  );
  const note = `Final returns, normalised in each world: 0 is untrained, 1 the best known (${scales.join('; ')}). Intervals: 95%, over runs, not over worlds; rliable’s, by ${number(bootstrap.resamples)} resamples, are in report.json.`;
  const rows = methods.map(({ method, iqm, mean, rank }) => [
    cell(method, 'label'),
    ...[iqm, mean, rank].map((each) => cell(estimate(each), 'number')),
  ]);
  const pairs = improvements.map(({ method, over, improvement }) => [
    cell(method, 'label'),
    cell(over, 'label'),
    cell(estimate(improvement), 'number'),
  ]);
  const tableOfPairs = table(['method', 'over', 'P(improvement)'], pairs);
  const folded = `<details><summary>P(improvement) of ${counted(pairs.length, 'pair')}</summary>${tableOfPairs}</details>`;
  return `<p class="muted">${escapeXml(note)}</p>${table(['method', 'IQM', 'mean', 'mean rank'], rows)}${pairs.length > SHORT ? folded : tableOfPairs}`;
}

/** Curves of every environment: configs as colours, all seeds at hand. */
function curvesOf(data: ReportData, runs: readonly ReportRun[], hues: Hues): string {
  const environments = [...new Set(data.configs.map(({ config }) => environmentName(config.environment)))];
  return environments
    .map((name) => {
      const configs = data.configs.filter(({ config }) => environmentName(config.environment) === name);
      const groups = configs.map(
        (config): RunGroup => ({ ...plottedGroup(config, runs), hue: hues.get(config.label) }),
      );
      if (groups.every((group) => group.runs.every((run) => run.updates.length === 0))) return '';
      const heading = environments.length > 1 ? `<h3>${escapeXml(name)}</h3>` : '';
      return heading + curvesSection(curvesFigure(groups, environments.length));
    })
    .join('');
}

function plottedGroup({ label, config, runs: states }: ConfigReport, runs: readonly ReportRun[]): RunGroup {
  const own = runs.filter((run) => run.label === label);
  return {
    label,
    runs: own.map(({ seed, rows }): PlottedRun => {
      const state = states.find((each) => each.seed === seed);
      return {
        path: state?.path ?? label,
        name: label,
        seed,
        status: state?.status ?? 'completed',
        config,
        updates: rows.map(({ update }) => update),
        columns: columnsOf(rows),
        seconds: rows.map(() => null),
        problems: [],
      };
    }),
  };
}

function curvesFigure(groups: readonly RunGroup[], figures: number): Figure {
  const columns = groups.flatMap(({ runs }) => runs.flatMap((run) => [...run.columns]));
  // Not all objectives clip, or have β.
  const valued = new Set(columns.flatMap(([name, values]) => (values.some((v) => v !== null) ? name : [])));
  const having = (...names: string[]): string[] => names.filter((name) => valued.has(name));
  const worst = valued.has('statesOutsideDelta') ? ['klMax'] : [];
  const shown = ['return', 'kl', ...worst, ...having('clipFraction'), 'entropy', 'stop'];
  const metrics = parseMetrics(
    [...shown, ...having('klPolicyReference', 'beta', 'gradientStepsApplied')].join(','),
    new Set(columns.map(([name]) => name)),
  );
  const runs = groups.reduce((sum, group) => sum + group.runs.length, 0);
  const withSeeds = runs * figures <= SEED_CURVES;
  // A middle has two bounds beside it.
  const curves = (3 * groups.length + (withSeeds ? runs : 0)) * metrics.length * figures;
  const points = Math.max(40, Math.min(600, Math.floor(POINTS / Math.max(1, curves))));
  return buildFigure(groups, {
    metrics,
    abscissa: 'steps',
    smooth: 1,
    logY: false,
    band: 'iqm',
    withSeeds,
    points,
  });
}

function profileSection({ profile }: ReportData, hues: Hues): string {
  if (profile === null) return '';
  const own = huesOf(profile.configs.map(({ label }) => hues.get(label)));
  const lines = profile.configs.map(
    ({ share, low, high }, group): Line => ({
      group,
      column: 0,
      role: 'middle',
      x: profile.thresholds,
      y: share,
      low: low ?? [],
      high: high ?? [],
      gaps: [],
      completeUntil: profile.thresholds.length,
      isGrowing: false,
    }),
  );
  const figure: Figure = {
    title: 'Performance profile',
    subtitle: 'Share of runs whose return over the last tenth of training is above each value',
    xLabel: 'return',
    logY: false,
    groups: profile.configs.map(({ label }, i) => ({ label, remark: '', hue: own[i] })),
    panels: [
      { title: 'share of runs above', unit: '', columns: [], lines, bounds: [], violations: [], reasons: [] },
    ],
    notes: [],
  };
  return curvesSection(figure);
}

/** yes; no and why; or by what instead of the setting that bounds it, and why. */
function reachedInWords({ reached, reason, instead }: CalibrationReport['configs'][number]): string {
  const said = reached ? 'yes' : `no: ${reason ?? ''}`;
  return instead === null ? said : `${said}; instead of ${instead.path}: ${instead.reason}`;
}

function calibrationSection({ calibration }: ReportData): string {
  if (calibration === null) return '';
  const { target, tolerance, seeds, configs } = calibration;
  const said = `Each config was brought to a mean KL of ${targetInWords(target, number)} nats an update, within ${percentage(tolerance)}, with ${counted(seeds.length, 'seed')}.`;
  const rows = configs.map((each) => ({
    className: '',
    cells: [
      cell(each.label, 'label'),
      cell(each.path, 'value'),
      cell(number(each.value), 'number'),
      cell(number(each.klMean), 'number'),
      cell(number(each.klMeanCompared), 'number'),
      cell(reachedInWords(each)),
      cell(each.tries.map(({ value, klMean }) => `${number(value)} → ${number(klMean)}`).join(', ')),
    ],
  }));
  return `<p>${escapeXml(said)}</p>${table(['config', 'setting', 'value', 'mean KL there', 'mean KL compared', 'reached', 'tries: value → mean KL'], rows)}`;
}

function sweepSection({ sweep }: ReportData): string {
  if (sweep === null) return '';
  const paths = sweep.parameters.map(({ path }) => path);
  const ties = sweep.tiedWithBest.length === 0 ? '' : `, tied with ${sweep.tiedWithBest.join(', ')}`;
  const best =
    sweep.best === null
      ? '<p>No best point: more than a quarter of the runs of each failed or is stuck.</p>'
      : `<p>Best point: ${escapeXml(sweep.best + ties)}.</p>`;
  const order = [...sweep.points].sort(
    (a, b) =>
      b.rung - a.rung || (b.finalIqm ?? Number.NEGATIVE_INFINITY) - (a.finalIqm ?? Number.NEGATIVE_INFINITY),
  );
  const heads = [
    'point',
    ...paths,
    'IQM, last tenth',
    'mean KL',
    ...(sweep.rungs.length > 1 ? ['rung'] : []),
  ];
  const rows = order.map((point) => ({
    className: point.label === sweep.best ? 'decided' : '',
    cells: [
      cell(point.label, 'label'),
      ...point.values.map((value) => cell(setting(value), 'value')),
      cell(pointText(point), 'number'),
      cell(number(point.klMean), 'number'),
      ...(sweep.rungs.length > 1 ? [cell(String(point.rung), 'number')] : []),
    ],
  }));
  return `${best}${heatMap(sweep)}${table(heads, rows)}`;
}

function pointText({ finalIqm, completed, stuck, failed }: SweepReport['points'][number]): string {
  const known = finalIqm !== null || completed === 0 ? number(finalIqm) : `stuck (${stuck} of ${completed})`;
  return failed === 0 ? known : `${known} (${failed} failed)`;
}

function setting(value: unknown): string {
  if (value === null) return '–';
  return typeof value === 'string'
    ? value
    : typeof value === 'number'
      ? number(value)
      : (JSON.stringify(value) ?? '–');
}

function settingsSection({ configs, differences }: ReportData): string {
  const differing =
    differences.length === 0
      ? '<p>All settings are the same.</p>'
      : table(
          ['setting', ...configs.map(({ label }) => label)],
          differences.map(({ path, values }) => [
            cell(path, 'value'),
            ...values.map((value) => cell(setting(value), 'value')),
          ]),
        );
  const whole = configs.map(
    ({ label, config }) =>
      `<details><summary>${escapeXml(label)}: every setting</summary><pre>${escapeXml(JSON.stringify(config, null, 2))}</pre></details>`,
  );
  return `<h3>What differs</h3>${differing}${whole.join('')}`;
}

function repeatSection({ command, versions, configs, seeds }: ReportData): string {
  const environments = new Map(
    configs.map(({ config }) => [JSON.stringify(config.environment), config.environment]),
  );
  const environment = [...environments.values()].map((each) => [
    cell(environmentName(each)),
    cell(String(each.copies), 'number'),
    cell(JSON.stringify(each.options), 'value'),
  ]);
  const rows = [
    [cell('leash'), cell(versions.leash)],
    [cell('Node'), cell(versions.node)],
    [cell('seeds'), cell(seeds.join(', '))],
  ];
  return `<div class="command"><pre>${escapeXml(command)}</pre><button type="button" class="copy">copy</button></div>${table(['', ''], rows)}${table(['environment', 'copies', 'options'], environment)}`;
}
