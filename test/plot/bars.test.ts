import { expect, it } from 'vitest';
import { barChart } from '../../src/plot/bars.ts';

const chart = {
  title: 'a < b & "c"',
  labels: ['x', 'y'],
  series: [{ name: 'one', color: '#000', values: [1, -0.5] }],
  format: String,
};

/** [y, height] of each bar. */
function bars(svg: string): number[][] {
  return [...svg.matchAll(/y="([\d.]+)" width="[\d.]+" height="([\d.]+)" fill="#000"\/>\n<text/g)]
    .map(([, y, height]) => [Number(y), Number(height)])
    .slice(-2);
}

it('bars stand on the zero line or hang from it, as long as their values', () => {
  const [up, down] = bars(barChart(chart)) as [[number, number], [number, number]];
  expect(up[1]).toBeCloseTo(2 * down[1], 1);
  expect(up[0] + up[1]).toBeCloseTo(down[0], 1);
});

it('text is escaped and the same chart gives the same bytes', () => {
  expect(barChart(chart)).toContain('<title>a &lt; b &amp; &quot;c&quot;</title>');
  expect(barChart(chart)).toBe(barChart(chart));
});

it('a chart of zeros has no bar of infinite height', () => {
  expect(barChart({ ...chart, series: [{ name: 'one', color: '#000', values: [0, 0] }] })).not.toMatch(
    /NaN|Infinity/,
  );
});
