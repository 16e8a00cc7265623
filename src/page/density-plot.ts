import { type Axis, linearAxis } from '../plot/axis.ts';
import { makeSvg, makeText, pathOf } from './svg-nodes.ts';

/** Where densities are drawn: x from 0 to `width`, and y. */
export interface DensityBox {
  readonly width: number;
  readonly top: number;
  readonly bottom: number;
  /** The middle of the numbers below. */
  readonly numbers: number;
}

/** How a curve is drawn. */
export interface DensityStroke {
  readonly color: string;
  readonly dash?: string;
}

/** A number and its density. */
export type DensityPoint = readonly [x: number, density: number];

/** Densities of one number over one axis. */
export class DensityPlot {
  readonly node = makeSvg('g');
  private readonly ground = makeSvg('g');
  private readonly curves: readonly SVGPathElement[];

  /** @param strokes of the curves, the last above the others */
  constructor(strokes: readonly DensityStroke[]) {
    this.curves = strokes.map(({ color, dash }) =>
      makeSvg('path', {
        ...{ stroke: color, fill: 'none', 'stroke-width': 2 },
        ...(dash !== undefined && { 'stroke-dasharray': dash }),
      }),
    );
    this.node.append(this.ground, ...this.curves);
  }

  /**
   * @param points of each curve, from left to right; none where there is no such curve
   * @param domain the numbers from one end to the other
   * @param highest density at the top; what is higher ends there
   * @returns where numbers and densities stand, pixels
   */
  draw(
    points: readonly (readonly DensityPoint[])[],
    domain: readonly [number, number],
    highest: number,
    { width, top, bottom, numbers }: DensityBox,
  ): { readonly x: Axis; readonly y: Axis } {
    const x = linearAxis(domain, [0, width], 80, false);
    const y = linearAxis([0, highest], [bottom, top], 60, false);
    this.curves.forEach((curve, at) => {
      const own = (points[at] ?? []).map(([value, each]) => [x(value), y(Math.min(each, highest))] as const);
      curve.setAttribute('d', pathOf(own));
    });
    this.ground.replaceChildren(
      makeSvg('line', { class: 'axis', x1: 0, x2: width, y1: bottom, y2: bottom }),
      ...x.ticks.map(({ value, label }) => makeText(label, { class: 'name', x: x(value), y: numbers })),
      makeText('density', { class: 'note', x: 4, y: top - 6 }),
    );
    return { x, y };
  }
}
