import type { Panel } from '../plot/figure.ts';
import { reasonColors } from '../plot/reason-bars.ts';
import { rugsOf } from '../plot/rugs.ts';
import { DASH, LARGEST } from '../plot/strokes.ts';
import { type DrawnPanel, drawPanel, shade } from './draw-panel.ts';
import { make, swatchFill } from './elements.ts';
import { listen, type Pointed } from './pointer.ts';
import { currentTheme } from './theme.ts';
import { showTip } from './tip.ts';
import { strokeOf, type View } from './view.ts';

/** A panel on the page: its heading, its canvas, and the values that are pointed at. */
export class PanelView implements Pointed {
  readonly node = make('figure', 'panel');
  readonly canvas = make('canvas');
  private panel: Panel;
  private readonly view: View;
  private readonly keys = make('span', 'columns');
  private readonly tip = make('div', 'tip');
  frame: DrawnPanel | undefined;
  /** Over it what is pointed at: nothing else changes while that does. */
  private readonly over = make('canvas', 'over');

  /** @param point draws what is pointed at, in all panels */
  constructor(panel: Panel, view: View, redraw: () => void, point: () => void) {
    this.panel = panel;
    this.view = view;
    const heading = make('figcaption');
    heading.append(make('b', '', panel.title), make('span', 'unit', panel.unit), this.keys);
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute('role', 'img');
    const { xLabel } = view.figure;
    this.canvas.setAttribute(
      'aria-label',
      `${panel.title} over ${xLabel}; arrow keys read the values, + and − zoom`,
    );
    this.tip.hidden = true;
    this.tip.setAttribute('aria-live', 'polite');
    const holder = make('div', 'holder');
    this.over.setAttribute('aria-hidden', 'true');
    holder.append(this.canvas, this.over, this.tip);
    const [caption] = rugsOf(panel.violations).captions;
    this.node.append(heading);
    if (caption !== undefined) this.node.append(make('div', 'ticks', caption));
    this.node.append(holder);
    listen(this, view, redraw, point);
  }

  /** Shows another panel of the same kind in its place, from the next drawing on. */
  replace(panel: Panel): void {
    this.panel = panel;
  }

  draw(): void {
    this.showKeys();
    this.frame = drawPanel(this.canvas, this.panel, this.view);
    this.point();
  }

  /** Draws what is pointed at now. */
  point(): void {
    const { width, height } = this.canvas;
    // A size that is set clears it.
    Object.assign(this.over, { width, height });
    this.frame?.point(this.over);
  }

  showTip(at: number): void {
    if (this.frame !== undefined) showTip(this.tip, at, this.canvas.clientWidth, this.panel, this.view);
  }

  hideTip(): void {
    this.tip.hidden = true;
  }

  shade(from: number, to: number): void {
    if (this.frame !== undefined) shade(this.over, this.frame, from, to);
  }

  /** What each of several columns, or stop reasons, is drawn like. */
  private showKeys(): void {
    const { columns, reasons } = this.panel;
    const isOne = this.view.figure.groups.length === 1;
    const theme = currentTheme();
    const keys = [...reasonColors(reasons, theme)].map(([label, fill]) => ({ label, fill }));
    columns.forEach((label, column) => {
      const { color, dash } = strokeOf(this.view, { group: 0, column }, columns.length);
      keys.push({ label, fill: swatchFill(isOne ? color : theme.ink, dash) });
    });
    if (this.panel.lines.some(({ role }) => role === 'largest'))
      keys.push({ label: LARGEST, fill: swatchFill(theme.ink, DASH.largest) });
    const nodes = keys.map(({ label, fill }) => {
      const key = make('span', 'column');
      const swatch = make('span', 'swatch');
      swatch.style.background = fill;
      key.append(swatch, label);
      return key;
    });
    this.keys.replaceChildren(...nodes);
  }
}
