import { mountFigure } from './mount-figure.ts';
import { copyBeside } from './copy.ts';
import { markScrolling } from './mark-scrolling.ts';
import { isDark, onThemeChange, setDark } from './theme.ts';

/*
 * What runs in a report or plot: draws the figures found in `script.figure`, the same data that the SVG is drawn from, on
 * canvases. Pointing shows the values, dragging zooms all panels of a figure, double click zooms out, the legend hides
 * groups. `bundle.mjs` makes one text of this and all it imports, and the page holds it: it must open offline, alone.
 */
const redraws = [...document.querySelectorAll<HTMLElement>('section.curves')].map(mountFigure);

const button = document.querySelector<HTMLButtonElement>('#theme');
const show = (): void => {
  if (button !== null) button.textContent = isDark() ? 'light' : 'dark';
  for (const redraw of redraws) redraw();
};
if (button !== null) button.onclick = () => setDark(!isDark());
for (const copy of document.querySelectorAll<HTMLButtonElement>('button.copy'))
  copy.onclick = () => copyBeside(copy);
for (const wide of document.querySelectorAll<HTMLElement>('.wide')) markScrolling(wide);
onThemeChange(show);
show();
