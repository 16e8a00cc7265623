import type { Figure } from '../plot/figure.ts';
import { make, makeButton, makeToggle, swatchFill } from './elements.ts';
import { PanelView } from './panel-view.ts';
import { firstView, hasSeedsApart, strokeOf, type View } from './view.ts';

/** Draws the figure that a section holds. @returns draws it anew */
export function mountFigure(section: HTMLElement): () => void {
  const figure = JSON.parse(section.querySelector('script.figure')?.textContent ?? '') as Figure;
  const view = firstView(figure);
  const legend = makeLegend(view, () => draw());
  const { tools, reset } = makeTools(view, () => draw());
  const holder = make('div', `panels${figure.panels.length === 1 ? ' single' : ''}`);
  const panels = figure.panels.map((panel) => new PanelView(panel, view, () => draw()));
  holder.append(...panels.map(({ node }) => node));
  section.append(legend, tools, holder);

  const draw = (): void => {
    [...legend.querySelectorAll<HTMLElement>('.swatch')].forEach((swatch, group) => {
      const { color, dash } = strokeOf(view, { group });
      swatch.style.background = swatchFill(color, dash);
    });
    reset.disabled = view.zoom === undefined;
    section.dataset.zoom = view.zoom?.map(Math.round).join(' ') ?? '';
    for (const panel of panels) panel.draw();
  };
  new ResizeObserver(draw).observe(holder);
  draw();
  return draw;
}

/** A button for each group, which hides and shows it. */
function makeLegend({ figure, hidden }: View, redraw: () => void): HTMLElement {
  const legend = make('div', 'legend');
  figure.groups.forEach(({ label, remark }, group) => {
    const button = makeButton('key');
    button.title = label + (remark === '' ? '' : ` (${remark})`);
    button.setAttribute('aria-pressed', 'true');
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
