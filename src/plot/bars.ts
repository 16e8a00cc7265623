import { type Theme, themes } from './palette.ts';
import { textWidth } from './text-width.ts';

/** Bars of one colour: one value for each label. */
export interface BarSeries {
  readonly name: string;
  readonly color: string;
  readonly values: readonly number[];
}

/** A chart of bars side by side. */
export interface BarChart {
  readonly title: string;
  readonly labels: readonly string[];
  readonly series: readonly BarSeries[];
  /** How a value is written over its bar. */
  readonly format: (value: number) => string;
}

const HEIGHT = 320;
const MARGIN = { top: 78, right: 20, bottom: 34, left: 20 };

/**
 * Bars side by side as an SVG, values over (or under) their bars, the same bytes for the same numbers.
 * Negative values hang from the zero line.
 * @param width pixels
 */
export function barChart(
  { title, labels, series, format }: BarChart,
  theme: Pick<Theme, 'background' | 'ink' | 'muted'> = themes.light,
  width = 640,
): string {
  const values = series.flatMap((each) => each.values);
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  const span = high - low || 1;
  const inner = { width: width - MARGIN.left - MARGIN.right, height: HEIGHT - MARGIN.top - MARGIN.bottom };
  // A line of text has to fit under bars that hang.
  const room = low < 0 ? inner.height - 16 : inner.height;
  const y = (value: number): number => MARGIN.top + (room * (high - value)) / span;
  const group = inner.width / labels.length;
  const barWidth = Math.min(64, (group * 0.72) / series.length);
  const center = (i: number): number => MARGIN.left + group * (i + 0.5);
  const bars = labels.flatMap((_, i) =>
    series.map(({ color, values: each }, s) => {
      const value = each[i] as number;
      const x = center(i) + (s - series.length / 2) * barWidth;
      const top = y(Math.max(0, value));
      const height = Math.abs(y(value) - y(0));
      const text = { x: x + barWidth / 2, y: value < 0 ? top + height + 14 : top - 5 };
      return [
        `<rect x="${at(x + 2)}" y="${at(top)}" width="${at(barWidth - 4)}" height="${at(height)}" fill="${color}"/>`,
        `<text x="${at(text.x)}" y="${at(text.y)}" text-anchor="middle" font-size="12" fill="${theme.ink}">${escapeXml(format(value))}</text>`,
      ].join('\n');
    }),
  );
  const names = labels.map(
    (label, i) =>
      `<text x="${at(center(i))}" y="${HEIGHT - 12}" text-anchor="middle" font-size="14" fill="${theme.ink}">${escapeXml(label)}</text>`,
  );
  const share = (width - 2 * MARGIN.left) / Math.max(2, series.length);
  const sizes = series.map(({ name }) => 18 + textWidth(name, 13) + 12);
  // Where one does not fit into its share, one after another.
  const isCrowded = sizes.some((size) => size > share);
  const legend = series.map(({ name, color }, s) => {
    const before = sizes.slice(0, s).reduce((sum, size) => sum + size, 0);
    const x = MARGIN.left + (isCrowded ? before : s * share);
    return `<rect x="${at(x)}" y="36" width="12" height="12" fill="${color}"/>\n<text x="${at(x + 18)}" y="46" font-size="13" fill="${theme.muted}">${escapeXml(name)}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${HEIGHT}" width="${width}" height="${HEIGHT}" font-family="Verdana, DejaVu Sans, sans-serif" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${width}" height="${HEIGHT}" fill="${theme.background}"/>`,
    `<text x="${MARGIN.left}" y="24" font-size="15" font-weight="bold" fill="${theme.ink}">${escapeXml(title)}</text>`,
    ...legend,
    ...bars,
    `<line x1="${MARGIN.left}" x2="${width - MARGIN.right}" y1="${at(y(0))}" y2="${at(y(0))}" stroke="${theme.muted}"/>`,
    ...names,
    '</svg>',
    '',
  ].join('\n');
}

/** A coordinate, to a hundredth: enough for the eye, and never 1e-7. */
function at(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
