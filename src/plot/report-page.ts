import { environmentName } from '../config/environment-name.ts';
import { counted } from '../elementary/thousands.ts';
import type { ConfigReport, ReportData, ReportRun } from '../experiment/report-data.ts';
import { shortHash } from '../run/short-hash.ts';
import { cell, number, percentage, table } from './html-table.ts';
import { renderPage, THEME_BUTTON } from './render-page.ts';
import { curvesOf, type Hues, profileSection } from './report-curves.ts';
import { calibrationSection, setting, sweepSection } from './report-knobs.ts';
import { acrossSection, pairsSection, performanceSection } from './report-returns.ts';
import { escapeXml } from './svg.ts';

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

function settingsSection({ configs, differences }: ReportData): string {
  const rows = differences.map(({ path, values }) => [
    cell(path, 'value'),
    ...values.map((value) => cell(setting(value), 'value')),
  ]);
  const files = configs.map(hashOf);
  if (new Set(files.filter((hash) => hash !== '')).size > 1)
    rows.push([cell(FILE), ...files.map((hash) => cell(hash, 'value'))]);
  const differing =
    rows.length === 0
      ? '<p>All settings are the same.</p>'
      : table(['setting', ...configs.map(({ label }) => label)], rows);
  const whole = configs.map(
    ({ label, config }) =>
      `<details><summary>${escapeXml(label)}: every setting</summary><pre>${escapeXml(JSON.stringify(config, null, 2))}</pre></details>`,
  );
  return `<h3>What differs</h3>${differing}${whole.join('')}`;
}

function repeatSection({ command, versions, configs, seeds }: ReportData): string {
  const environments = new Map(
    configs.map((each) => [JSON.stringify([each.config.environment, hashOf(each)]), each]),
  );
  const hasFiles = configs.some((each) => hashOf(each) !== '');
  const environment = [...environments.values()].map((each) => {
    const { environment: own } = each.config;
    return [
      cell(environmentName(own)),
      cell(String(own.copies), 'number'),
      cell(JSON.stringify(own.options), 'value'),
      ...(hasFiles ? [cell(hashOf(each), 'value')] : []),
    ];
  });
  const columns = ['environment', 'copies', 'options', ...(hasFiles ? [FILE] : [])];
  const rows = [
    [cell('leash'), cell(versions.leash)],
    [cell('Node'), cell(versions.node)],
    [cell('seeds'), cell(seeds.join(', '))],
  ];
  return `<div class="command"><pre>${escapeXml(command)}</pre><button type="button" class="copy">copy</button></div>${table(['', ''], rows)}${table(columns, environment)}`;
}

const FILE = 'SHA-256 of the environment’s file';

/** What tells one version of a file from another; empty for a built-in environment. */
function hashOf({ module }: ConfigReport): string {
  return module === undefined ? '' : shortHash(module.sha256);
}
