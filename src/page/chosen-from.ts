import type { Gaussian } from '../distributions/gaussians.ts';
import { extent } from '../elementary/extent.ts';
import { number } from '../plot/html-table.ts';
import type { ToldEpisode, ToldStep } from '../rollout/told-episode.ts';
import { densityOf, gaussianAt, peakOf, REACH, type Scale, scaleOf } from './action-density.ts';
import { DensityPlot } from './density-plot.ts';
import { make } from './elements.ts';
import { makeSvg, setAttributes } from './svg-nodes.ts';

const NOW = 'var(--series-0)';
const BEFORE = 'var(--series-1)';
/** Of a density's picture, pixels. */
const BOX = { width: 320, top: 20, bottom: 96, numbers: 112 } as const;
const HEIGHT = 116;

/** What each action of an episode was chosen from, and what the policy before would have chosen from. */
export class ChosenFrom {
  readonly node = make('div', 'chances');
  private episode: ToldEpisode | undefined;
  private charts: readonly DensityChart[] = [];
  private readonly lines = make('div');
  private readonly kl = make('p', 'muted small');

  begin(episode: ToldEpisode): void {
    this.episode = episode;
    const isReal = episode.head === 'diagonalGaussian' || episode.head === 'squashedGaussian';
    this.charts = isReal ? episode.actions.map((_, at) => new DensityChart(episode, at)) : [];
    this.node.replaceChildren(this.lines, ...this.charts.map(({ node }) => node), this.kl);
  }

  /** @param step that tells what was chosen from */
  show(step: ToldStep): void {
    const { episode } = this;
    if (episode === undefined) return;
    for (const chart of this.charts) chart.draw(step);
    this.lines.replaceChildren(...(this.charts.length > 0 ? [] : chancesOf(episode, step)));
    this.kl.replaceChildren(...comparedWith(episode, step));
  }
}

/** A bar for each probability, with a mark where it was before. */
function chancesOf({ actions }: ToldEpisode, { distribution, before }: ToldStep): HTMLElement[] {
  return distribution.map((probability, action) => {
    const line = make('label', 'chance');
    const meter = make('meter');
    Object.assign(meter, { min: 0, max: 1, value: probability });
    const gauge = make('span', 'gauge');
    gauge.append(meter);
    line.append(make('span', 'name', actions[action]), gauge, make('span', 'number', number(probability)));
    if (before === undefined) return line;
    const was = before.distribution[action];
    const mark = make('i');
    mark.style.left = `${100 * was}%`;
    gauge.append(mark);
    line.append(make('span', 'muted', `before ${number(was)}`));
    return line;
  });
}

/** How far the policy went from the one before in this state. */
function comparedWith({ before }: ToldEpisode, step: ToldStep): Node[] {
  if (before === undefined) return [];
  if (before === null || step.before === undefined)
    return [new Text('There is no earlier policy: snapshots.everyUpdates=1 keeps each.')];
  const { klTo, klFrom } = step.before;
  const key = make('span', 'swatch');
  key.style.background = BEFORE;
  return [
    key,
    new Text(
      ` before: the policy after update ${before}. Here KL(π_before‖π) = ${number(klTo)}, KL(π‖π_before) = ${number(klFrom)} nats.`,
    ),
  ];
}

/** The density of one dimension of an action, now and before. */
class DensityChart {
  readonly node = make('figure', 'density');
  private readonly svg = makeSvg('svg', {
    ...{ width: BOX.width, height: HEIGHT },
    role: 'img',
    class: 'chart',
  });
  private readonly plot = new DensityPlot([{ color: BEFORE, dash: '5 3' }, { color: NOW }]);
  private readonly edges = makeSvg('g');
  private readonly words = make('figcaption');
  private readonly episode: ToldEpisode;
  private readonly at: number;
  private readonly scale: Scale;
  private readonly domain: readonly [number, number];

  constructor(episode: ToldEpisode, at: number) {
    this.episode = episode;
    this.at = at;
    this.scale = scaleOf(episode, at);
    const all = episode.steps.flatMap((step) =>
      [this.now(step), this.before(step)].flatMap((each) => each ?? []),
    );
    const ends = all.flatMap(({ mean, std }) =>
      [-REACH, REACH].map((z) => this.scale.action(mean + z * std)),
    );
    // The same of all steps: a curve that moves is seen against what stays.
    this.domain = this.scale.range ?? extent([ends]) ?? [0, 1];
    setAttributes(this.svg, { viewBox: `0 0 ${BOX.width} ${HEIGHT}` });
    this.svg.append(this.plot.node, this.edges);
    this.node.append(this.words, this.svg);
  }

  draw(step: ToldStep): void {
    const [before, now] = [this.before(step), this.now(step)];
    const shown = [before, now].flatMap((each) => each ?? []);
    const { x } = this.plot.draw(
      [before, now].map((each) => (each === undefined ? [] : densityOf(each, this.scale))),
      this.domain,
      1.05 * Math.max(...shown.map((each) => peakOf(each, this.scale)), Number.MIN_VALUE),
      BOX,
    );
    const edges = (this.episode.bounds?.[this.at] ?? []).filter(
      (edge) => edge !== null && edge >= this.domain[0] && edge <= this.domain[1],
    );
    this.edges.replaceChildren(
      ...edges.map((edge) => {
        const at = x(edge as number);
        return makeSvg('line', { class: 'region', x1: at, x2: at, y1: BOX.top, y2: BOX.bottom });
      }),
    );
    const words = [
      `${this.episode.actions[this.at]}: ${this.inWords(now)}`,
      ...(before === undefined ? [] : [`before ${this.inWords(before)}`]),
    ].join(', ');
    this.words.textContent = words;
    this.svg.setAttribute('aria-label', `density of ${words}`);
  }

  private inWords(gaussian: Gaussian | undefined): string {
    if (gaussian === undefined) return '–';
    const drawn = `${number(gaussian.mean)} ± ${number(gaussian.std)}`;
    return this.scale.range === undefined ? drawn : `tanh of ${drawn}`;
  }

  private now({ distribution }: ToldStep): Gaussian | undefined {
    return gaussianAt(distribution, this.at);
  }

  private before({ before }: ToldStep): Gaussian | undefined {
    return gaussianAt(before?.distribution ?? [], this.at);
  }
}
