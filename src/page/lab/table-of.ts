import { make } from '../elements.ts';
import { markScrolling } from '../mark-scrolling.ts';

/** A table of texts; what begins with a digit, a sign or a dash stands at the right. It scrolls sideways where it is too wide. */
export function tableOf(
  caption: string,
  heads: readonly string[],
  rows: readonly (readonly string[])[],
): HTMLElement {
  const table = make('table');
  table.append(make('caption', 'unseen', caption));
  const isNumber = heads.map((_, at) => at > 0 && rows.every((row) => NUMBER.test(row[at])));
  const head = table.createTHead().insertRow();
  heads.forEach((text, at) => {
    const cell = make('th', isNumber[at] ? 'number' : '', text);
    cell.scope = 'col';
    head.append(cell);
  });
  const body = table.createTBody();
  for (const row of rows) {
    const line = body.insertRow();
    row.forEach((text, at) => {
      line.append(make('td', isNumber[at] ? 'number' : '', isNumber[at] ? text.replace(/^-/, '−') : text));
    });
  }
  const outer = make('div', 'wide');
  const scroller = make('div', 'scroll');
  scroller.append(table);
  outer.append(scroller);
  markScrolling(outer);
  return outer;
}

const NUMBER = /^[-−<]?[\d∞–]/;
