import { makeSvg, makeText, setAttributes } from '../svg-nodes.ts';
import { type Handled, makeHandle } from './handle.ts';
import { LOGITS, type Pair } from './pair.ts';

const HEIGHT = 230;
/** Pixels below the bars, for the names, and above, for the figures. */
const MARGIN = { top: 24, bottom: 26 };
/** Of a slot what both bars take. */
const FILLED = 0.72;
export const P_COLOR = 'var(--series-0)';
export const Q_COLOR = 'var(--series-4)';

/** A bar that is dragged. */
interface Bar {
  readonly node: SVGGElement;
  readonly fill: SVGRectElement;
  readonly grip: SVGRectElement;
  readonly edge: SVGLineElement;
  readonly figure: SVGTextElement;
  readonly name: 'p' | 'q';
  readonly at: number;
  /** Says its height anew. */
  tell(): void;
}

/** Probabilities, or logits, of both distributions as bars that are dragged by their tops, outcome by outcome. */
export class BarsChart {
  readonly node = makeSvg('svg', { height: HEIGHT, role: 'group', class: 'chart' });
  private readonly bars: readonly Bar[];
  private readonly names: readonly SVGTextElement[];
  private readonly base = makeSvg('line', { class: 'axis' });
  private readonly pair: Pair;

  /** @param move is told which bar is to be how high */
  constructor(pair: Pair, move: (name: 'p' | 'q', at: number, value: number) => void) {
    this.pair = pair;
    this.node.setAttribute('aria-label', 'bars of P and Q, each a slider');
    this.names = pair.labels.map((label) => makeText(label, { class: 'name', y: HEIGHT - 8 }));
    this.bars = pair.labels.flatMap((label, at) =>
      (['p', 'q'] as const).map((name) => this.makeBar(label, at, name, move)),
    );
    this.node.append(...this.bars.map(({ node }) => node), this.base, ...this.names);
  }

  private get range(): readonly [number, number] {
    return this.pair.kind === 'logits' ? LOGITS : [0, 1];
  }

  private makeBar(
    label: string,
    at: number,
    name: 'p' | 'q',
    move: (name: 'p' | 'q', at: number, value: number) => void,
  ): Bar {
    const color = name === 'p' ? P_COLOR : Q_COLOR;
    const fill = makeSvg('rect', { fill: color });
    const edge = makeSvg('line', { class: 'edge', stroke: color });
    const figure = makeText('', { class: 'figure' });
    const grip = makeSvg('rect', { fill: 'transparent', y: 0, height: HEIGHT - MARGIN.bottom });
    const what = this.pair.kind === 'logits' ? 'logit' : 'probability';
    const handled: Handled = {
      label: `${name.toUpperCase()}: ${what} of ${label}`,
      range: this.range,
      step: this.pair.kind === 'logits' ? 0.1 : 0.01,
      orientation: 'vertical',
      get: () => this.pair[name][at],
      set: (value) => move(name, at, value),
      words: (value) => this.words(value),
    };
    const tell = makeHandle(grip, handled, ({ clientY }) => this.valueAt(clientY));
    const node = makeSvg('g', {}, fill, edge, figure, grip);
    return { node, fill, grip, edge, figure, name, at, tell };
  }

  private words(value: number): string {
    if (this.pair.kind === 'logits') return value.toFixed(2).replace('-', '−');
    return value > 0 && value < 0.0005 ? '<0.001' : String(Number(value.toFixed(3)));
  }

  /** To thousandths: finer no finger is. */
  private valueAt(clientY: number): number {
    const [low, high] = this.range;
    const reach = HEIGHT - MARGIN.top - MARGIN.bottom;
    const up = HEIGHT - MARGIN.bottom - (clientY - this.node.getBoundingClientRect().top);
    return Number((low + (up / reach) * (high - low)).toFixed(3));
  }

  private height(value: number): number {
    const [low, high] = this.range;
    const share = (value - low) / (high - low);
    return HEIGHT - MARGIN.bottom - share * (HEIGHT - MARGIN.top - MARGIN.bottom);
  }

  draw(width: number): void {
    setAttributes(this.node, { width, viewBox: `0 0 ${width} ${HEIGHT}` });
    const slot = width / this.names.length;
    const each = (slot * FILLED) / 2;
    const zero = this.height(0);
    setAttributes(this.base, { x1: 0, x2: width, y1: zero, y2: zero });
    this.names.forEach((node, at) => void setAttributes(node, { x: (at + 0.5) * slot }));
    for (const { fill, grip, edge, figure, name, at, tell } of this.bars) {
      const x = (at + 0.5) * slot + (name === 'p' ? -each : 0);
      const value = this.pair[name][at];
      const y = this.height(value);
      setAttributes(grip, { x, width: each });
      setAttributes(fill, {
        x: x + 1,
        width: Math.max(1, each - 2),
        y: Math.min(y, zero),
        height: Math.abs(zero - y),
      });
      setAttributes(edge, { x1: x + 1, x2: x + each - 1, y1: y, y2: y });
      setAttributes(figure, { x: x + each / 2, y: value < 0 ? y + 14 : y - 6 });
      figure.textContent = this.words(value);
      tell();
    }
  }
}
