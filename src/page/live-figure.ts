import type { Figure } from '../plot/figure.ts';
import { rugsOf } from '../plot/rugs.ts';
import { make } from './elements.ts';
import { type MountedFigure, mountView } from './mount-figure.ts';
import { domainOf, firstView, hasSeedsApart, type View } from './view.ts';

/** How a figure may be looked at. */
type Looks = Pick<View, 'zoom' | 'log' | 'seeds'>;

/** A figure whose data go on: what is zoomed, hidden and pointed at stays. */
export class LiveFigure {
  readonly node: HTMLElement;
  /** Buttons of whoever shows it. */
  readonly tools = make('div', 'tools');
  private readonly section = make('div');
  /** What its marks mean, and what could not be drawn. */
  private readonly notes = make('ul', 'muted');
  private readonly onLook: (view: View) => void;
  private looks: Looks;
  private mounted: MountedFigure | undefined;
  private view: View | undefined;
  private kind = '';

  /** @param onLook is told how it is looked at */
  constructor(node: HTMLElement, looks: Looks, onLook: (view: View) => void) {
    this.node = node;
    this.looks = looks;
    this.onLook = onLook;
    node.append(this.tools, this.section, this.notes);
  }

  /** How it is looked at; undefined before there was something. */
  get looked(): View | undefined {
    return this.view;
  }

  /** Looks at it otherwise, from the next figure on. */
  look(looks: Looks): void {
    this.looks = looks;
    this.kind = '';
  }

  show(figure: Figure): void {
    const kind = kindOf(figure);
    const { view, mounted } = this;
    if (view !== undefined && mounted !== undefined && kind === this.kind) replace(mounted, view, figure);
    else this.mount(figure, kind);
    this.notes.replaceChildren(...figure.notes.map((note) => make('li', '', note)));
  }

  draw(): void {
    this.mounted?.draw();
  }

  private mount(figure: Figure, kind: string): void {
    const before = this.view;
    const hidden = new Set([...(before?.hidden ?? [])].map((group) => before?.figure.groups[group]?.label));
    const { zoom, log, seeds } = this.looks;
    // Seeds alone, without middles, are always shown.
    const view = { ...firstView(figure), zoom, log, seeds: seeds || !hasSeedsApart(figure) };
    figure.groups.forEach(({ label }, group) => void (hidden.has(label) && view.hidden.add(group)));
    this.section.replaceChildren();
    this.view = view;
    this.kind = kind;
    this.mounted = mountView(this.section, view, () => {
      // Without both there is no button: what the address says is kept for when there are.
      const own = hasSeedsApart(view.figure) ? view.seeds : this.looks.seeds;
      this.looks = { zoom: view.zoom, log: view.log, seeds: own };
      this.onLook({ ...view, ...this.looks });
    });
  }
}

/** Shows a figure in the place of another of its kind. */
function replace({ panels, legend, drawInFrames }: MountedFigure, view: View, figure: Figure): void {
  view.figure = figure;
  view.domain = domainOf(figure);
  panels.forEach((panel, at) => void panel.replace(figure.panels[at]));
  const remarks = figure.groups.flatMap(({ remark }) => (remark === '' ? [] : [remark]));
  legend.querySelectorAll('.remark').forEach((node, at) => {
    node.textContent = `(${remarks[at]})`;
  });
  drawInFrames();
}

/** What must be the same for one figure to be shown in the place of another. */
function kindOf({ groups, panels, xLabel }: Figure): string {
  return JSON.stringify([
    xLabel,
    groups.map(({ label, remark, hue }) => [label, remark === '', hue]),
    panels.map(({ title, unit, columns, lines, violations, reasons }) => [
      ...[title, unit, columns, rugsOf(violations).captions[0], reasons.length],
      lines.some(({ role, low }) => role === 'middle' && low.length > 0),
    ]),
  ]);
}
