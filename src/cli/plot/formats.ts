import { extname } from 'node:path';
import type { Figure } from '../../plot/figure.ts';
import type { Font } from '../../plot/render-png.ts';
import { type ThemeName, themes } from '../../plot/palette.ts';
import { BEGINNINGS } from '../../run/output-file.ts';
import { oneLine, UserError } from '../../user-error.ts';
import { oneOf } from '../flag-values.ts';
import { missingInWords } from './fonts.ts';
import { fold } from '../print/fold.ts';
import { paint, printable, widthOfLines } from '../print/print.ts';

/** A kind of file that a figure is drawn as. */
export interface PlotFormat {
  /** What the name of `--out` ends in where `--format` does not say it. */
  readonly ending: string;
  /** How an earlier output begins, which is replaced; without it nothing is. */
  readonly beginning?: string;
  /** Points that a curve keeps: about three for every two pixels of a panel; more cannot be seen. */
  readonly points: number;
  /** Whether the curve of every seed is in it, to be shown on request. */
  readonly withSeeds: boolean;
  /** Why `--theme` would say nothing. */
  readonly themeless?: string;
  draw(figure: Figure, theme: ThemeName, fonts: readonly Font[]): Promise<string | Buffer>;
}

/** `--format` → what is drawn. */
export const plotFormats = {
  svg: {
    ending: '.svg',
    beginning: BEGINNINGS.svg,
    points: 600,
    withSeeds: false,
    draw: drawSvg,
  },
  png: {
    ending: '.png',
    beginning: BEGINNINGS.png,
    points: 600,
    withSeeds: false,
    async draw(figure, theme, fonts) {
      const { missingCharacters, renderPng } = await import('../../plot/render-png.ts');
      const svg = await drawSvg(figure, theme);
      const missing = missingCharacters(svg, fonts);
      if (missing.length > 0) process.stderr.write(`${oneLine(`leash: ${missingInWords(missing)}`)}\n`);
      return await renderPng(svg, fonts);
    },
  },
  html: {
    ending: '.html',
    beginning: BEGINNINGS.html,
    points: 600,
    withSeeds: true,
    themeless: 'a page has both, and a button for them',
    async draw(figure) {
      const { renderFigurePage } = await import('../../plot/render-page.ts');
      return renderFigurePage(figure);
    },
  },
  terminal: {
    ending: '.txt',
    beginning: BEGINNINGS.text,
    points: 4000,
    withSeeds: false,
    themeless: 'a terminal has its own colours',
    async draw(figure) {
      const { renderTerminal } = await import('../../plot/render-terminal.ts');
      // As in the pictures: blue, vermilion, green, purple, orange, sky, ink, yellow.
      const colors = ['blue', 'red', 'green', 'magenta', 'yellow', 'cyan', 'bold', 'yellowBright'] as const;
      const width = Math.min(process.stdout.columns ?? 100, 160);
      const text = renderTerminal(figure, width, (hue, part) => paint(colors[hue % colors.length], part));
      const cells = widthOfLines();
      return printable(text)
        .split('\n')
        .map((line) => fold(line, cells))
        .join('\n');
    },
  },
} as const satisfies Readonly<Record<string, PlotFormat>>;

export type PlotFormatName = keyof typeof plotFormats;
const names = Object.keys(plotFormats) as PlotFormatName[];

async function drawSvg(figure: Figure, theme: ThemeName): Promise<string> {
  const { renderSvg } = await import('../../plot/render-svg.ts');
  return renderSvg(figure, themes[theme]);
}

/** `--format`, or what the name of `--out` ends in, or the terminal. @throws UserError */
export function plotFormatOf(
  format: string | undefined,
  out: string | undefined,
): [PlotFormatName, PlotFormat] {
  const asked = format === undefined ? undefined : oneOf('format', format, names);
  const told = out === undefined ? undefined : byEnding(out);
  if (asked !== undefined && told !== undefined && asked !== told)
    throw new UserError(`--format ${asked} and --out ${out} do not go together: that file would be ${told}`);
  const name = asked ?? told ?? (out === undefined ? 'terminal' : refuseEnding(out));
  return [name, plotFormats[name]];
}

/** Undefined for an ending that tells nothing. */
function byEnding(out: string): PlotFormatName | undefined {
  const ending = extname(out).toLowerCase();
  return names.find((name) => plotFormats[name].ending === ending);
}

function refuseEnding(out: string): never {
  const endings = names.map((name) => plotFormats[name].ending);
  const last = endings.pop();
  throw new UserError(
    `--out must end in ${endings.join(', ')} or ${last}, or --format say what it is, got ${out}`,
  );
}
