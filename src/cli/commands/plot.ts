import { extname } from 'node:path';
import { nearest } from '../../config/nearest.ts';
import type { Abscissa } from '../../plot/align.ts';
import { buildFigure, type Figure, type FigureOptions } from '../../plot/figure.ts';
import { groupRuns, requireOneEnvironment } from '../../plot/group-runs.ts';
import { type ThemeName, themes } from '../../plot/palette.ts';
import { DEFAULT_METRICS, FIT_METRICS, parseMetrics } from '../../plot/plot-metric.ts';
import { findRuns, readPlottedRuns } from '../../plot/read-runs.ts';
import { BEGINNINGS, requireWritable, writeOutput } from '../../run/output-file.ts';
import { oneLine, UserError } from '../../user-error.ts';
import { environmentOptions } from '../environments.ts';
import { wholeNumber } from '../flag-values.ts';
import { paint, print, printable } from '../print/print.ts';

/** Flags of `leash plot`. */
export interface PlotFlags {
  RUN?: string[] | undefined;
  runs: string;
  metric?: string | undefined;
  x?: string | undefined;
  groupBy?: string | undefined;
  smooth?: string | undefined;
  logY?: boolean | undefined;
  band?: string | undefined;
  theme?: string | undefined;
  format?: string | undefined;
  out?: string | undefined;
  acrossEnvironments?: boolean | undefined;
}

const FORMATS = ['svg', 'png', 'html', 'terminal'] as const;
type Format = (typeof FORMATS)[number];

/** Why `--theme` would say nothing. */
const THEME_OF = {
  html: 'a page has both, and a button for them',
  terminal: 'a terminal has its own colours',
} as const;

/** Points that a curve keeps: about three for every two pixels of a panel; more cannot be seen. */
const POINTS: Record<Format, number> = { svg: 600, png: 600, html: 600, terminal: 4000 };

/** Updates that a curve may be averaged over. */
const MOST_SMOOTHED = 1_000_000;

/** `leash plot RUN…`. */
export async function runPlot(given: PlotFlags): Promise<number> {
  const format = formatOf(given);
  const beginning = format === 'terminal' ? undefined : BEGINNINGS[format];
  if (given.out !== undefined) requireWritable('--out', given.out, beginning);
  const theme = oneOf<ThemeName>('theme', given.theme ?? 'light', ['light', 'dark']);
  if (given.theme !== undefined && (format === 'html' || format === 'terminal'))
    throw new UserError(`--theme is for svg and png: ${THEME_OF[format]}`);
  const figure = figureOf(given, format);
  const bytes = await draw(figure, format, theme);
  if (given.out === undefined || given.out === '/dev/stdout') {
    if (format === 'png' && process.stdout.isTTY) {
      throw new UserError('--format png needs --out FILE: a terminal cannot show it');
    }
    process.stdout.write(bytes);
  } else {
    writeOutput('--out', given.out, bytes, beginning);
    print(given.out);
    for (const note of figure.notes) process.stderr.write(`${oneLine(note)}\n`);
  }
  return 0;
}

function figureOf(given: PlotFlags, format: Format): Figure {
  const asked = oneOf<Abscissa>('x', given.x ?? 'steps', ['steps', 'updates', 'time', 'gradient']);
  const band = oneOf<FigureOptions['band']>('band', given.band ?? 'iqm', ['iqm', 'mean', 'seeds']);
  const window = wholeNumber('smooth', given.smooth ?? '1', 1, MOST_SMOOTHED);
  const paths = findRuns(given.RUN ?? [], given.runs, true);
  const reading = {
    timing: asked === 'time',
    ledger: asked === 'gradient',
    environments: environmentOptions,
  };
  const { runs, leftOut } = readPlottedRuns(paths, reading);
  if (runs.length === 0) throw new UserError(leftOut[0]);
  const filled = runs.filter((run) => run.updates.length > 0);
  if (filled.length === 0)
    throw new UserError(runs[0].problems[0] ?? `no run at ${paths[0]} has a row to plot yet`);
  if (!given.acrossEnvironments) requireOneEnvironment(filled);
  // Runs of leash fit: no return, and no environment to step.
  const isFit = runs.every((run) => run.columns.has('crossEntropy'));
  const abscissa = given.x === undefined && isFit ? 'updates' : asked;
  const usual = isFit ? FIT_METRICS : DEFAULT_METRICS;
  const metrics = parseMetrics(
    given.metric ?? (abscissa === 'gradient' ? 'directions,estimators' : usual),
    new Set(runs.flatMap((run) => [...run.columns.keys()])),
  );
  const groups = groupRuns(runs, given.groupBy ?? 'config');
  const figure = buildFigure(groups, {
    metrics,
    abscissa,
    smooth: window,
    logY: given.logY ?? false,
    band,
    withSeeds: format === 'html',
    points: POINTS[format],
  });
  return { ...figure, notes: [...leftOut, ...figure.notes] };
}

async function draw(figure: Figure, format: Format, theme: ThemeName): Promise<string | Buffer> {
  if (format === 'terminal') {
    const { renderTerminal } = await import('../../plot/render-terminal.ts');
    const colors = ['blue', 'yellow', 'green', 'magenta', 'cyan', 'red', 'white', 'gray'] as const;
    const width = Math.min(process.stdout.columns ?? 100, 160);
    return printable(
      renderTerminal(figure, width, (group, text) => paint(colors[group % colors.length], text)),
    );
  }
  if (format === 'html') {
    const { renderFigurePage } = await import('../../plot/render-page.ts');
    return renderFigurePage(figure);
  }
  const { renderSvg } = await import('../../plot/render-svg.ts');
  const svg = renderSvg(figure, themes[theme]);
  if (format === 'svg') return svg;
  const { renderPng } = await import('../../plot/render-png.ts');
  return await renderPng(svg);
}

/** `--format`, or what the name of `--out` ends in, or the terminal. */
function formatOf({ format, out }: PlotFlags): Format {
  if (format !== undefined) return oneOf('format', format, FORMATS);
  if (out === undefined) return 'terminal';
  const ending = extname(out).slice(1).toLowerCase();
  if (ending === 'txt') return 'terminal';
  const known = FORMATS.find((each) => each === ending);
  if (known === undefined)
    throw new UserError(
      `--out must end in .svg, .png, .html or .txt, or --format say what it is, got ${out}`,
    );
  return known;
}

/** @throws UserError with the nearest of the allowed words */
function oneOf<T extends string>(flag: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === value);
  if (found !== undefined) return found;
  const guess = nearest(value, allowed);
  throw new UserError(
    `--${flag} must be one of ${allowed.join(', ')}, got ${value}${guess ? `; did you mean ${guess}?` : ''}`,
  );
}
