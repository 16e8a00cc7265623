import { linearAxis } from '../../plot/axis.ts';
import { contour, type Grid, levelsOf } from '../../plot/contours.ts';
import { heatColor } from '../../plot/heat-color.ts';
import { makeSvg, makeText, pathOf, setAttributes } from '../svg-nodes.ts';
import type { Microscope, Point, Step } from './two-parameters.ts';

const HEIGHT = 420;
const MARGIN = { left: 46, right: 10, top: 10, bottom: 38 };
const LEVELS = 12;

/** Points of the plane that a field is evaluated at. */
export const COLUMNS = 56;
export const ROWS = 44;

/** A policy of the grid. */
export function placeOf({ domain: [x, y] }: Microscope, column: number, row: number): Point {
  return [x[0] + (column / (COLUMNS - 1)) * (x[1] - x[0]), y[0] + (row / (ROWS - 1)) * (y[1] - y[0])];
}

/** What a map shows. */
export interface Shown {
  readonly world: Microscope;
  /** Whose contours are drawn; undefined until it is known. */
  readonly field: Grid | undefined;
  /** The edge of the trust region, exactly, and to second order. */
  readonly region: readonly Point[];
  readonly ellipse: readonly Point[];
  readonly old: Point;
  readonly now: Point;
  readonly steps: readonly Step[];
}

/** The plane of two parameters: contours, the trust region, and the ways of the steps. */
export class ParameterMap {
  readonly node = makeSvg('svg', { height: HEIGHT, role: 'img', class: 'chart map-of-two' });
  private axes: { x: ReturnType<typeof linearAxis>; y: ReturnType<typeof linearAxis> } | undefined;

  /** @param onMove is told to which policy the pointer was dragged */
  constructor(onMove: (to: Point) => void) {
    const move = ({ clientX, clientY }: PointerEvent): void => {
      const box = this.node.getBoundingClientRect();
      if (this.axes === undefined) return;
      const { x, y } = this.axes;
      const [left, right, low, high] = [x.domain[0], x.domain[1], y.domain[0], y.domain[1]];
      const [shareX, shareY] = [
        (clientX - box.left - x(left)) / (x(right) - x(left)),
        (clientY - box.top - y(low)) / (y(high) - y(low)),
      ];
      const within = (share: number): number => Math.min(1, Math.max(0, share));
      onMove([
        Number((left + within(shareX) * (right - left)).toFixed(2)),
        Number((low + within(shareY) * (high - low)).toFixed(2)),
      ]);
    };
    this.node.onpointerdown = (event) => {
      this.node.setPointerCapture(event.pointerId);
      move(event);
    };
    this.node.onpointermove = (event) => {
      if (this.node.hasPointerCapture(event.pointerId)) move(event);
    };
    this.node.addEventListener('touchstart', (event) => event.preventDefault(), { passive: false });
  }

  draw(width: number, shown: Shown): void {
    setAttributes(this.node, { width, viewBox: `0 0 ${width} ${HEIGHT}` });
    const { world, field, region, ellipse, old, now, steps } = shown;
    const [xs, ys] = world.domain;
    const x = linearAxis(xs, [MARGIN.left, width - MARGIN.right], 80, false);
    const y = linearAxis(ys, [HEIGHT - MARGIN.bottom, MARGIN.top], 46, false);
    this.axes = { x, y };
    const inside = {
      ...{ x: MARGIN.left, y: MARGIN.top, width: width - MARGIN.left - MARGIN.right },
      height: HEIGHT - MARGIN.top - MARGIN.bottom,
    };
    const clip = makeSvg('clipPath', { id: 'inside' }, makeSvg('rect', inside));
    const line = (points: readonly Point[]): string => pathOf(points.map(([a, b]) => [x(a), y(b)]));
    const drawn = makeSvg('g', { 'clip-path': 'url(#inside)' });
    if (field !== undefined) {
      const levels = levelsOf(field, LEVELS);
      levels.forEach((level, at) => {
        const stroke = heatColor((at + 0.5) / levels.length).background;
        drawn.append(makeSvg('path', { class: 'level', stroke, d: this.levelPath(world, field, level) }));
      });
    }
    drawn.append(
      makeSvg('path', { class: 'kl', d: line(region) }),
      makeSvg('path', { class: 'ellipse', d: line(ellipse) }),
    );
    for (const { from, path, whole } of steps) {
      if (whole !== undefined) drawn.append(makeSvg('path', { class: 'whole', d: line([from, whole]) }));
      drawn.append(makeSvg('path', { class: 'way', d: line([from, ...path]) }));
      for (const [a, b] of path.slice(0, -1))
        drawn.append(makeSvg('circle', { class: 'gradient-step', cx: x(a), cy: y(b), r: 1.8 }));
      drawn.append(makeSvg('circle', { class: 'old', cx: x(from[0]), cy: y(from[1]), r: 3.5 }));
    }
    drawn.append(
      makeSvg('circle', { class: 'old', cx: x(old[0]), cy: y(old[1]), r: 4 }),
      makeSvg('circle', { class: 'now', cx: x(now[0]), cy: y(now[1]), r: 6 }),
    );
    const [nameX, nameY] = world.axes;
    const bottom = HEIGHT - MARGIN.bottom;
    this.node.replaceChildren(
      clip,
      makeSvg('rect', { class: 'frame', ...inside }),
      drawn,
      ...x.ticks.map(({ value, label }) => makeText(label, { class: 'name', x: x(value), y: bottom + 15 })),
      ...y.ticks.map(({ value, label }) =>
        makeText(label, { class: 'name', x: MARGIN.left - 18, y: y(value) + 4 }),
      ),
      makeText(nameX, { class: 'name', x: width / 2, y: HEIGHT - 6 }),
      makeText(nameY, { class: 'name', transform: `translate(11 ${HEIGHT / 2}) rotate(-90)` }),
    );
    const [a, b] = now.map((value) => value.toFixed(2));
    this.node.setAttribute(
      'aria-label',
      `the policy at ${nameX} ${a}, ${nameY} ${b}, with contours and the trust region around it`,
    );
  }

  private levelPath(world: Microscope, grid: Grid, level: number): string {
    const { x, y } = this.axes as NonNullable<typeof this.axes>;
    return contour(grid, level)
      .map(([x1, y1, x2, y2]) => {
        const [a, b] = [placeOf(world, x1, y1), placeOf(world, x2, y2)];
        return pathOf([
          [x(a[0]), y(a[1])],
          [x(b[0]), y(b[1])],
        ]);
      })
      .join('');
  }
}
