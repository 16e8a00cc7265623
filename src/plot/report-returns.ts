import { extent } from '../elementary/extent.ts';
import { counted } from '../elementary/thousands.ts';
import type {
  AcrossReport,
  ConfigReport,
  Estimate,
  PairReport,
  Performance,
  ReportData,
} from '../experiment/report-data.ts';
import { cell, number, percentage, type Row, table } from './html-table.ts';
import { escapeXml } from './svg.ts';

/** A list of more lines is opened by a click: nineteen methods have 171 pairs. */
const SHORT = 15;

export function performanceSection(data: ReportData): string {
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
    ...(hasRates
      ? ['Success rate: of the last tenth, with Wilson’s interval where the runs do not tie so.']
      : []),
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

export function pairsSection({ pairs, family, intervals }: ReportData): string {
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

export function acrossSection({ worlds, methods, improvements, bootstrap }: AcrossReport): string {
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

/** Median steps, a word where half of the seeds did not get there. */
function thresholdText(times: NonNullable<ConfigReport['stepsToThreshold']>): string {
  const { median, isMedianKnown, reached, perSeed } = times;
  const steps = median !== null ? number(median) : isMedianKnown ? 'never' : 'not yet known';
  return `${steps} (${reached} of ${perSeed.length})`;
}

function rangeOf(each: readonly Performance[]): [number, number] {
  const ends = each.flatMap(({ iqm }) => [iqm?.low ?? null, iqm?.high ?? null, iqm?.value ?? null]);
  return extent([ends, ...each.map(({ perSeed }) => perSeed)]) ?? [0, 1];
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
