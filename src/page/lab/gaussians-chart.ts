import { density, type Gaussian, logRatioIn } from '../../distributions/gaussians.ts';
import { linearAxis } from '../../plot/axis.ts';
import { DensityPlot } from '../density-plot.ts';
import { makeSvg, makeText, pathOf, setAttributes } from '../svg-nodes.ts';
import { P_COLOR, Q_COLOR } from './bars-chart.ts';
import { makeHandle } from './handle.ts';
import { gaussianOf, MEANS, type Pair, type Part, STDS } from './pair.ts';

const HEIGHT = 330;
/** Where the densities stand, and below them what each number adds to both divergences. */
const DENSITIES = { top: 18, bottom: 190 };
const SHARES = { top: 206, bottom: 300 };
const DOMAIN = [-7, 7] as const;
const POINTS = 280;

interface Knob {
  readonly node: SVGCircleElement;
  readonly name: 'p' | 'q';
  readonly part: 0 | 1;
  tell(): void;
}

/** Two densities, of which mean and width are dragged, and the integrands of both divergences. */
export class GaussiansChart {
  readonly node = makeSvg('svg', { height: HEIGHT, role: 'group', class: 'chart' });
  private readonly pair: Pair;
  private readonly ground = makeSvg('g');
  private readonly densities = new DensityPlot([{ color: P_COLOR }, { color: Q_COLOR }]);
  private readonly curves: Readonly<Record<'sharesPQ' | 'sharesQP', SVGPathElement>>;
  private readonly knobs: readonly Knob[];
  private width = 600;

  constructor(pair: Pair, move: (name: 'p' | 'q', part: 0 | 1, value: number) => void) {
    this.pair = pair;
    this.node.setAttribute(
      'aria-label',
      'densities of P and Q; mean and standard deviation of each are sliders',
    );
    const area = (color: string) =>
      makeSvg('path', { stroke: color, fill: color, 'stroke-width': 2, 'fill-opacity': 0.25 });
    this.curves = { sharesPQ: area(P_COLOR), sharesQP: area(Q_COLOR) };
    this.knobs = (['p', 'q'] as const).flatMap((name) =>
      ([0, 1] as const).map((part) => this.makeKnob(name, part, move)),
    );
    this.node.append(
      this.ground,
      this.densities.node,
      ...Object.values(this.curves),
      ...this.knobs.map(({ node }) => node),
    );
  }

  private makeKnob(
    name: 'p' | 'q',
    part: 0 | 1,
    move: (name: 'p' | 'q', part: 0 | 1, value: number) => void,
  ): Knob {
    const color = name === 'p' ? P_COLOR : Q_COLOR;
    const node = makeSvg('circle', {
      ...{ r: part === 0 ? 8 : 6, stroke: color, 'stroke-width': 2 },
      fill: part === 0 ? color : 'var(--background)',
    });
    const tell = makeHandle(
      node,
      {
        label: `${name.toUpperCase()}: ${part === 0 ? 'mean' : 'standard deviation'}`,
        range: part === 0 ? MEANS : STDS,
        step: 0.05,
        orientation: 'horizontal',
        get: () => this.pair[name][part],
        set: (value) => move(name, part, value),
        words: (value) => value.toFixed(2).replace('-', '−'),
      },
      ({ clientX }) => {
        const at = this.valueAt(clientX);
        return Number((part === 0 ? at : at - this.pair[name][0]).toFixed(2));
      },
    );
    return { node, name, part, tell };
  }

  private valueAt(clientX: number): number {
    const share = (clientX - this.node.getBoundingClientRect().left) / this.width;
    return DOMAIN[0] + share * (DOMAIN[1] - DOMAIN[0]);
  }

  draw(width: number, parts: readonly Part[]): void {
    this.width = width;
    setAttributes(this.node, { width, viewBox: `0 0 ${width} ${HEIGHT}` });
    const [p, q] = [gaussianOf(this.pair.p), gaussianOf(this.pair.q)];
    const highest = Math.max(density(p, p.mean), density(q, q.mean));
    const places = Array.from(
      { length: POINTS + 1 },
      (_, i) => DOMAIN[0] + (i / POINTS) * (DOMAIN[1] - DOMAIN[0]),
    );
    const { x, y } = this.densities.draw(
      [p, q].map((of) => places.map((at) => [at, density(of, at)] as const)),
      DOMAIN,
      highest,
      { width, ...DENSITIES, numbers: HEIGHT - 8 },
    );
    this.drawShares(places, x, p, q);
    this.drawGround(x, parts);
    for (const { node, name, part, tell } of this.knobs) {
      const { mean, std } = name === 'p' ? p : q;
      const at = part === 0 ? mean : mean + std;
      setAttributes(node, { cx: x(at), cy: y(density({ mean, std }, at)) });
      tell();
    }
  }

  private drawShares(
    places: readonly number[],
    x: (value: number) => number,
    p: Gaussian,
    q: Gaussian,
  ): void {
    const [ofP, ofQ] = [integrand(p, q), integrand(q, p)];
    const sizes = places.flatMap((at) => [Math.abs(ofP(at)), Math.abs(ofQ(at))]);
    const largest = Math.max(...sizes, 1e-9);
    const y = linearAxis([-largest, largest], [SHARES.bottom, SHARES.top], 40, false);
    const area = (of: (at: number) => number): string =>
      pathOf([
        [x(DOMAIN[0]), y(0)],
        ...places.map((at) => [x(at), y(of(at))] as const),
        [x(DOMAIN[1]), y(0)],
      ]);
    this.curves.sharesPQ.setAttribute('d', area(ofP));
    this.curves.sharesQP.setAttribute('d', area(ofQ));
  }

  /** Below the densities, and where one region ends and the next begins. */
  private drawGround(x: (value: number) => number, parts: readonly Part[]): void {
    const middle = (SHARES.top + SHARES.bottom) / 2;
    const edges = parts
      .slice(1)
      .map(({ from = 0 }) =>
        makeSvg('line', { class: 'region', x1: x(from), x2: x(from), y1: DENSITIES.top, y2: SHARES.bottom }),
      );
    this.ground.replaceChildren(
      makeSvg('line', { class: 'axis', x1: 0, x2: this.width, y1: middle, y2: middle }),
      ...edges,
      makeText('what it adds to KL', { class: 'note', x: 4, y: SHARES.top }),
    );
  }
}

/** p log(p/q) at a number. */
function integrand(p: Gaussian, q: Gaussian): (at: number) => number {
  const { a, b, c } = logRatioIn(p, q);
  return (at) => {
    const z = (at - p.mean) / p.std;
    return -density(p, at) * (a + z * (b + z * c));
  };
}
