import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { loadDataset } from '../../src/fit/dataset.ts';
import { fitModel } from '../../src/fit/fit.ts';
import { loadFit } from '../../src/fit/load.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { buildFigure } from '../../src/plot/build-figure.ts';
import { groupRuns } from '../../src/plot/group-runs.ts';
import { themes } from '../../src/plot/palette.ts';
import { parseMetrics } from '../../src/plot/plot-metric.ts';
import { readPlottedRun } from '../../src/plot/read-runs.ts';
import { renderSvg } from '../../src/plot/render-svg.ts';
import { createRun } from '../../src/run/run-directory.ts';
import { klShares, softmax } from '../../src/index.ts';
import { type BarChart, barChart } from '../../src/plot/bars.ts';
import { built } from '../built.ts';

const P = '#0072b2';
const Q = '#e69f00';

const percent = (value: number): string => (value < 0.0005 ? '<0.1%' : `${Math.round(value * 1000) / 10}%`);
const nats = (value: number): string => value.toFixed(4).replace('-', '−');

function pair(
  title: string,
  labels: readonly string[],
  p: readonly number[],
  q: readonly number[],
  names: readonly [string, string],
): BarChart {
  const series = [
    { name: names[0], color: P, values: p },
    { name: names[1], color: Q, values: q },
  ];
  return { title, labels, series, format: percent };
}

const colours = ['red', 'blue', 'green'];
const bags = { p: [0.5, 0.3, 0.2], q: [0.4, 0.4, 0.2] };
const logits = [2.5, -1.3, 8.7, 0.2];

/** The pictures of docs/kl-divergence.md: file of docs/pictures → chart. */
export const pictures: Readonly<Record<string, BarChart>> = {
  'bags.svg': pair('Two bags of balls', colours, bags.p, bags.q, [
    'P: the bag you draw from',
    'Q: the bag you think it is',
  ]),
  'shares.svg': {
    title: 'What each colour adds to KL, nats',
    labels: colours,
    series: [
      { name: 'p log(p/q), sums to KL(P‖Q)', color: P, values: [...klShares(bags.p, bags.q)] },
      { name: 'q log(q/p), sums to KL(Q‖P)', color: Q, values: [...klShares(bags.q, bags.p)] },
    ],
    format: nats,
  },
  'asymmetry.svg': pair(
    'A sure coin and a fair one',
    ['heads', 'tails'],
    [0.99, 0.01],
    [0.5, 0.5],
    ['P: 99 to 1', 'Q: fair'],
  ),
  'softmax.svg': {
    title: 'softmax(2.5, −1.3, 8.7, 0.2)',
    labels: logits.map((z) => String(z).replace('-', '−')),
    series: [{ name: 'probability of each logit', color: P, values: [...softmax(logits)] }],
    format: (value) => `${Number((value * 100).toPrecision(3))}%`,
  },
  'policies.svg': pair(
    'One policy update',
    ['left', 'stay', 'right'],
    [0.7, 0.2, 0.1],
    [0.4, 0.5, 0.1],
    ['old policy', 'new policy'],
  ),
};

/** The SVG of each, the curves of a fit, and what policies that were tuned say. */
export async function drawPictures(): Promise<Map<string, string>> {
  const drawn = new Map(Object.entries(pictures).map(([file, chart]) => [file, barChart(chart)]));
  return drawn.set('curves.svg', await drawCurves()).set('capital.svg', await drawTuned());
}

/** The bars of `leash rlhf --betas 0.43,0.1`. */
async function drawTuned(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'leash-tuned-'));
  try {
    const command = [built, 'rlhf', '--betas', '0.43,0.1', '--out', join(folder, 'rlhf')];
    await promisify(execFile)(process.execPath, command, { cwd: folder });
    return readFileSync(join(folder, 'rlhf', 'answers.svg'), 'utf8');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What `leash fit configs/fit-next-word.json` and `leash plot --metric crossEntropy+kl+entropyOfTarget` draw. */
async function drawCurves(): Promise<string> {
  const root = new URL('../../', import.meta.url).pathname;
  const file = join(root, 'configs/fit-next-word.json');
  const runs = mkdtempSync(join(tmpdir(), 'leash-curves-'));
  try {
    const config = loadFit(file, []);
    const directory = createRun(runs, 'fit-next-word', config);
    const engine = await loadEngine(config.engine);
    await fitModel({ config, dataset: loadDataset(config, file), engine, directory });
    const run = readPlottedRun(directory.path);
    const figure = buildFigure(groupRuns([run], 'config'), {
      metrics: parseMetrics('crossEntropy+kl+entropyOfTarget', new Set(run.columns.keys())),
      abscissa: 'updates',
      smooth: 1,
      logY: false,
      band: 'iqm',
      points: 600,
    });
    return renderSvg(figure, themes.light);
  } finally {
    rmSync(runs, { recursive: true });
  }
}
