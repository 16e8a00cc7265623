import { makeSvg, makeText, setAttributes } from '../svg-nodes.ts';

const HEIGHT = 210;
/** Pixels below the bars, for the names, and above, for the figures. */
const MARGIN = { top: 20, bottom: 26 };
/** Of a slot what its bars take. */
const FILLED = 0.72;

/** A distribution over the outcomes. */
export interface ShownSeries {
  readonly color: string;
  readonly probabilities: ArrayLike<number>;
}

/** Probabilities as bars to look at, side by side for each outcome. */
export class ShownBars {
  readonly node = makeSvg('svg', { height: HEIGHT, role: 'img', class: 'chart' });

  /** @param description for who cannot see it */
  constructor(description: string) {
    this.node.setAttribute('aria-label', description);
  }

  draw(width: number, labels: readonly string[], series: readonly ShownSeries[]): void {
    setAttributes(this.node, { width, viewBox: `0 0 ${width} ${HEIGHT}` });
    const slot = width / labels.length;
    const each = (slot * FILLED) / series.length;
    const base = HEIGHT - MARGIN.bottom;
    const nodes = labels.flatMap((label, at) => [
      ...series.flatMap(({ color, probabilities }, k) => {
        const height = probabilities[at] * (base - MARGIN.top);
        const x = (at + 0.5) * slot + (k - series.length / 2) * each;
        return [
          makeSvg('rect', { fill: color, x: x + 1, y: base - height, width: Math.max(1, each - 2), height }),
          makeText(percent(probabilities[at]), { class: 'figure', x: x + each / 2, y: base - height - 5 }),
        ];
      }),
      makeText(label, { class: 'name', x: (at + 0.5) * slot, y: HEIGHT - 8 }),
    ]);
    this.node.replaceChildren(
      ...nodes,
      makeSvg('line', { class: 'axis', x1: 0, x2: width, y1: base, y2: base }),
    );
  }
}

function percent(probability: number): string {
  return `${Number((100 * probability).toPrecision(3))}%`;
}
