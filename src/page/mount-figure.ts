import type { Figure } from '../plot/figure.ts';
import { make, makeButton, makeToggle, swatchFill } from './elements.ts';
import { PanelView } from './panel-view.ts';
import { firstView, hasSeedsApart, strokeOf, type View } from './view.ts';

/** A figure on the page. */
export interface MountedFigure {
  readonly legend: HTMLElement;
  readonly tools: HTMLElement;
  readonly panels: readonly PanelView[];
  /** Draws it anew. */
  draw(): void;
  /** Draws what goes on anew, some of it a frame: where something else is at work, no frame waits for all of it. */
  drawInFrames(): void;
}

/** Milliseconds of a frame that panels may take. */
const SLICE = 8;

/** Draws the figure that a section holds. @returns draws it anew */
export function mountFigure(section: HTMLElement): () => void {
  const figure = JSON.parse(section.querySelector('script.figure')?.textContent ?? '') as Figure;
  return mountView(section, firstView(figure)).draw;
}

/** Draws a figure as it is looked at. @param onDraw is called whenever it may be looked at otherwise than before */
export function mountView(section: HTMLElement, view: View, onDraw?: () => void): MountedFigure {
  const legend = makeLegend(view, () => draw());
  const { tools, reset } = makeTools(view, () => draw());
  const point = (): void => {
    for (const panel of panels) panel.point();
  };
  const holder = make('div', `panels${view.figure.panels.length === 1 ? ' single' : ''}`);
  const panels = view.figure.panels.map((panel) => new PanelView(panel, view, () => draw(), point));
  holder.append(...panels.map(({ node }) => node));
  section.append(legend, tools, holder);

  const showLooks = (): void => {
    [...legend.querySelectorAll<HTMLElement>('.swatch')].forEach((swatch, group) => {
      const { color, dash } = strokeOf(view, { group });
      swatch.style.background = swatchFill(color, dash);
    });
    reset.disabled = view.zoom === undefined;
    section.dataset.zoom = view.zoom?.map(Math.round).join(' ') ?? '';
  };
  let width = 0;
  const draw = (): void => {
    left = 0;
    width = holder.clientWidth;
    showLooks();
    for (const panel of panels) panel.draw();
    onDraw?.();
  };
  // From one panel on, so that none waits for ever where new figures come faster than all are drawn.
  let [next, left, frame] = [0, 0, 0];
  const drawSome = (): void => {
    const end = performance.now() + SLICE;
    for (; left > 0 && performance.now() < end; left--) {
      panels[next % panels.length].draw();
      next += 1;
    }
    frame = left > 0 ? requestAnimationFrame(drawSome) : 0;
  };
  const drawInFrames = (): void => {
    showLooks();
    left = panels.length;
    // What made the figure took its part of this frame.
    if (frame === 0) frame = requestAnimationFrame(drawSome);
    onDraw?.();
  };
  draw();
  // It tells of the first width, too, which was drawn.
  new ResizeObserver(() => void (holder.clientWidth !== width && draw())).observe(holder);
  return { legend, tools, panels, draw, drawInFrames };
}

/** A button for each group, which hides and shows it. */
function makeLegend({ figure, hidden }: View, redraw: () => void): HTMLElement {
  const legend = make('div', 'legend');
  figure.groups.forEach(({ label, remark }, group) => {
    const button = makeButton('key');
    button.title = label + (remark === '' ? '' : ` (${remark})`);
    button.setAttribute('aria-pressed', String(!hidden.has(group)));
    button.append(make('span', 'swatch'), make('span', 'name', label));
    if (remark !== '') button.append(make('span', 'remark', `(${remark})`));
    button.onclick = () => {
      if (!hidden.delete(group)) hidden.add(group);
      button.setAttribute('aria-pressed', String(!hidden.has(group)));
      redraw();
    };
    legend.append(button);
  });
  return legend;
}

function makeTools(view: View, redraw: () => void): { tools: HTMLElement; reset: HTMLButtonElement } {
  const tools = make('div', 'tools');
  const toggle = (text: string, name: 'seeds' | 'log'): HTMLButtonElement =>
    makeToggle(
      text,
      () => view[name],
      (on) => {
        view[name] = on;
        redraw();
      },
    );
  if (hasSeedsApart(view.figure)) tools.append(toggle('every seed', 'seeds'));
  tools.append(toggle('logarithmic', 'log'));
  const reset = makeButton('tool reset', 'zoom out');
  reset.onclick = () => {
    view.zoom = undefined;
    redraw();
  };
  tools.append(reset, make('span', 'hint', 'point or tap to read, drag to zoom, double click to zoom out'));
  return { tools, reset };
}
