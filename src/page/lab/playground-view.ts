import { quantitiesOf } from '../../distributions/divergences.ts';
import { nats, probability } from '../../elementary/nats.ts';
import { thousands } from '../../elementary/thousands.ts';
import { make, makeButton } from '../elements.ts';
import { LiveFigure } from '../live-figure.ts';
import { onThemeChange } from '../theme.ts';
import { BarsChart } from './bars-chart.ts';
import { choice } from './choice.ts';
import { estimatorFigure, estimatorNames } from './estimator-figure.ts';
import { GaussiansChart } from './gaussians-chart.ts';
import { LaterAddress } from './later-address.ts';
import {
  type Account,
  accountOfPair,
  addressOfPair,
  firstPair,
  OUTCOMES,
  type Pair,
  pairKeys,
  pairKinds,
  pairOf,
  withOutcomes,
  withProbability,
} from './pair.ts';
import { SharesChart } from './shares-chart.ts';
import { tableOf } from './table-of.ts';
import type { LabView, Place } from './view.ts';

const KIND_NAMES = { bars: 'probabilities', logits: 'logits', gaussians: 'Gaussians' } as const;

/** Two distributions to drag, and all that the divergences say of them, in pictures and numbers. */
export const playgroundView: LabView = {
  name: 'kl',
  title: 'KL playground',
  keys: pairKeys,
  show: (place) => {
    const playground = new Playground(place);
    return () => playground.end();
  },
};

/** What draws both distributions and lets them be dragged. */
interface Chart {
  readonly node: SVGSVGElement;
  draw(width: number, parts: Account['parts']): void;
}

class Playground {
  private readonly place: Place;
  private readonly pair: Pair;
  private readonly address: LaterAddress;
  private readonly stage = make('div');
  private readonly tools = make('div', 'tools');
  private readonly shares = new SharesChart();
  private readonly numbers = make('div', 'beside');
  private readonly why = make('p', 'verdict');
  private readonly estimates = make('div');
  private readonly figure: LiveFigure;
  private readonly watch: ResizeObserver;
  private readonly endTheme: () => void;
  private chart: Chart;
  private frame: number | undefined;

  constructor(place: Place) {
    this.place = place;
    this.address = new LaterAddress(place);
    const problems: string[] = [];
    this.pair = pairOf(place.link, problems);
    place.refuse(problems);
    const section = make('section');
    this.figure = new LiveFigure(section, { zoom: undefined, log: false, seeds: false }, () => {});
    place.node.append(
      this.tools,
      make('p', 'muted', 'Drag the bars or dots, or move them by the arrow keys. Blue is P, amber Q.'),
      ...[this.stage, this.shares.node, this.why, this.numbers],
      make('h2', '', 'KL(P‖Q) from samples of P'),
      ...[this.estimates, section],
    );
    this.chart = this.build();
    this.draw();
    this.watch = new ResizeObserver(() => this.later());
    this.watch.observe(this.stage);
    this.endTheme = onThemeChange(() => this.figure.draw());
  }

  end(): void {
    this.watch.disconnect();
    this.address.end();
    this.endTheme();
    if (this.frame !== undefined) cancelAnimationFrame(this.frame);
  }

  private makeChart(): Chart {
    const { pair } = this;
    if (pair.kind === 'gaussians')
      return new GaussiansChart(pair, (name, part, value) =>
        this.move(
          name,
          pair[name].map((each, at) => (at === part ? value : each)),
        ),
      );
    return new BarsChart(pair, (name, at, value) => {
      const moved =
        pair.kind === 'bars'
          ? withProbability(pair[name], at, value)
          : pair[name].map((each, k) => (k === at ? value : each));
      this.move(name, moved);
    });
  }

  private move(name: 'p' | 'q', values: readonly number[]): void {
    this.pair[name] = values;
    this.later();
  }

  /** Another kind, or other outcomes: other nodes. */
  private build(): Chart {
    const chart = this.makeChart();
    this.stage.replaceChildren(chart.node);
    this.shares.node.style.display = this.pair.kind === 'gaussians' ? 'none' : '';
    this.showTools();
    return chart;
  }

  private become(pair: Pair): void {
    Object.assign(this.pair, pair);
    this.place.refuse([]);
    this.chart = this.build();
    this.draw();
  }

  private showTools(): void {
    const { pair } = this;
    const kinds = choice(
      'given as',
      pairKinds,
      pair.kind,
      (kind) => KIND_NAMES[kind],
      (kind) => this.become({ ...firstPair(kind), seed: pair.seed }),
    );
    const button = (text: string, act: () => void, isPossible = true): HTMLButtonElement => {
      const made = makeButton('tool', text);
      made.onclick = act;
      made.disabled = !isPossible;
      return made;
    };
    const count = pair.labels.length;
    const resize = (by: 1 | -1) => () => this.become(withOutcomes(pair, count + by));
    const outcomes = [
      button('an outcome more', resize(1), count < OUTCOMES.most),
      button('one less', resize(-1), count > OUTCOMES.least),
    ];
    this.tools.replaceChildren(
      kinds,
      ...(pair.kind === 'gaussians' ? [] : outcomes),
      button('swap P and Q', () => this.become({ ...pair, p: pair.q, q: pair.p })),
      button('Q = P', () => this.become({ ...pair, q: pair.p })),
      button('other samples', () => this.become({ ...pair, seed: pair.seed + 1 })),
    );
  }

  /** Draws once a frame, however often something moves. */
  private later(): void {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.draw();
    });
  }

  private draw(): void {
    const account = accountOfPair(this.pair);
    const width = Math.max(260, this.stage.clientWidth);
    this.chart.draw(width, account.parts);
    if (this.pair.kind !== 'gaussians') this.shares.draw(width, account.parts);
    this.why.textContent = account.found.why;
    this.numbers.replaceChildren(partsTable(account), quantitiesTable(account));
    this.drawEstimates(account);
    this.address.remember(addressOfPair(this.pair));
  }

  private drawEstimates({ found, limits, spreads, sample }: Account): void {
    const rows = estimatorNames.map((name) => {
      const bias = limits[name] - found.klPQ;
      return [
        name,
        nats(limits[name]),
        Number.isNaN(bias) ? '–' : nats(bias),
        nats(spreads[name]),
        needed(limits[name], spreads[name]),
      ];
    });
    this.estimates.replaceChildren(
      tableOf(
        'what the estimators tend to',
        ['', 'tends to', 'bias', 'spread of one', 'samples to ±10%'],
        rows,
      ),
      make('p', 'muted', wordsOf(found.klPQ, limits.k3 - found.klPQ, spreads.k3)),
    );
    this.figure.node.hidden = found.klPQ === Number.POSITIVE_INFINITY;
    if (!this.figure.node.hidden) this.figure.show(estimatorFigure(sample, limits, spreads, found.klPQ));
  }
}

/** How many samples bring 95% of the means within a tenth of what they tend to. */
function needed(limit: number, spread: number): string {
  const count = (1.959964 * (spread / (0.1 * limit))) ** 2;
  if (limit === 0 || !Number.isFinite(count)) return '–';
  return count < 1e9 ? thousands(Math.max(1, Math.ceil(count))) : count.toExponential(1);
}

function wordsOf(kl: number, biasOfK3: number, spreadOfK3: number): string {
  if (kl === Number.POSITIVE_INFINITY)
    return 'KL(P‖Q) is infinite: a sample of what Q rules out has ℓ = −∞, and from then on every mean is ∞. Until one comes the estimates are finite, and nothing in them warns.';
  if (biasOfK3 < 0)
    return 'k3 is biased here, too: P rules out what Q allows, no sample of P shows it, and k3 tends to KL(P‖Q) less its probability under Q.';
  if (spreadOfK3 === Number.POSITIVE_INFINITY)
    return 'k3 tends to KL(P‖Q), but has no spread: Q is more than √2 times as wide as P, and a sample far out, once in a while, outweighs all others. It has no band.';
  return 'k1 and k3 tend to KL(P‖Q). k2 does not: it is near only where P and Q are. Bands hold 95% of such means, for many samples.';
}

function partsTable({ found, parts }: Account): HTMLElement {
  const rows = parts.map(({ label, massP, massQ, sharePQ, shareQP }) => [
    label,
    ...[massP, massQ].map(probability),
    ...[sharePQ, shareQP].map(nats),
  ]);
  const total = ['together', '1', '1', nats(found.klPQ), nats(found.klQP)];
  return tableOf('what each adds', ['', 'P', 'Q', 'p log(p/q)', 'q log(q/p)'], [...rows, total]);
}

function quantitiesTable({ found }: Account): HTMLElement {
  const rows = quantitiesOf(found).map(({ name, value, meaning }) => [name, nats(value), meaning]);
  return tableOf('quantities', ['', 'nats', ''], rows);
}
