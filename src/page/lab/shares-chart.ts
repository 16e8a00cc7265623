import { nats } from '../../elementary/nats.ts';
import { makeSvg, makeText, setAttributes } from '../svg-nodes.ts';
import { P_COLOR, Q_COLOR } from './bars-chart.ts';
import type { Part } from './pair.ts';

const HEIGHT = 150;
const MIDDLE = HEIGHT / 2 - 8;
/** Pixels that the longest bar may reach from the middle. */
const REACH = MIDDLE - 16;
const FILLED = 0.72;

/** What each outcome, or region, adds to KL(P‖Q) and to KL(Q‖P): up for one distribution, down for the other. */
export class SharesChart {
  readonly node = makeSvg('svg', { height: HEIGHT, role: 'img', class: 'chart' });

  constructor() {
    this.node.setAttribute('aria-label', 'shares of both divergences; the table below has the numbers');
  }

  draw(width: number, parts: readonly Part[]): void {
    setAttributes(this.node, { width, viewBox: `0 0 ${width} ${HEIGHT}` });
    const sizes = parts.flatMap(({ sharePQ, shareQP }) => [sharePQ, shareQP]).map(Math.abs);
    const largest = Math.max(...sizes.filter(Number.isFinite), 1e-12);
    const slot = width / parts.length;
    const each = (slot * FILLED) / 2;
    const nodes = parts.flatMap(({ label, sharePQ, shareQP }, at) => {
      const middle = (at + 0.5) * slot;
      const bars = [
        [sharePQ, P_COLOR, middle - each],
        [shareQP, Q_COLOR, middle],
      ] as const;
      return [
        ...bars.flatMap(([share, color, x]) => {
          const length = REACH * Math.min(1, Math.abs(share) / largest);
          const y = share > 0 ? MIDDLE - length : MIDDLE;
          const box = { x: x + 1, y, width: Math.max(1, each - 2), height: length };
          const place = { x: x + each / 2, y: share > 0 ? y - 4 : y + length + 12 };
          return [
            makeSvg('rect', { fill: color, ...box }),
            makeText(short(share), { class: 'figure', ...place }),
          ];
        }),
        makeText(label, { class: 'name', x: middle, y: HEIGHT - 4 }),
      ];
    });
    const axis = makeSvg('line', { class: 'axis', x1: 0, x2: width, y1: MIDDLE, y2: MIDDLE });
    this.node.replaceChildren(...nodes, axis);
  }
}

function short(share: number): string {
  if (!Number.isFinite(share)) return nats(share);
  return (Math.abs(share) < 5e-5 ? '0' : share.toPrecision(2)).replace('-', '−');
}
