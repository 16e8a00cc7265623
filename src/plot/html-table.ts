import { thousands } from '../elementary/thousands.ts';
import { escapeXml } from './svg.ts';

/** A cell's content, escaped already, and how it is set. */
export interface Cell {
  readonly html: string;
  readonly kind: '' | 'label' | 'number' | 'value';
}

/** Cells, and the class of their row where it has one. */
export type Row = readonly Cell[] | { readonly className: string; readonly cells: readonly Cell[] };

export function cell(text: string, kind: Cell['kind'] = ''): Cell {
  // Settings and their values break after what joins their parts, not inside of a word.
  const html = escapeXml(text);
  return { html: kind === 'value' ? html.replace(/(?<=[^\d&;])[.,:](?=.)/g, '$&<wbr>') : html, kind };
}

/** Letters of a head that stand in one line over narrow figures; a longer one widens its column, or it would be a tower. */
const SHORT_HEAD = 15;

/** A table that scrolls sideways where it is too wide, which a mark at its edge says; numbers stand at the right. */
export function table(heads: readonly string[], rows: readonly Row[]): string {
  const cellsOf = (row: Row): readonly Cell[] => ('cells' in row ? row.cells : row);
  const first = rows.map(cellsOf)[0] ?? [];
  const head = heads.map((each, at) => {
    const classes = [
      ...(first[at]?.kind === 'number' ? ['number'] : []),
      ...(each.length > SHORT_HEAD ? ['long'] : []),
    ];
    return `<th${classes.length === 0 ? '' : ` class="${classes.join(' ')}"`}>${escapeXml(each)}</th>`;
  });
  const body = rows.map((row) => {
    const className = 'cells' in row && row.className !== '' ? ` class="${row.className}"` : '';
    const cells = cellsOf(row).map(
      ({ html, kind }) => `<td${kind === '' ? '' : ` class="${kind}"`}>${html}</td>`,
    );
    return `<tr${className}>${cells.join('')}</tr>`;
  });
  const top = heads.every((each) => each === '') ? '' : `<thead><tr>${head.join('')}</tr></thead>`;
  return scrolling(`<table>${top}<tbody>${body.join('\n')}</tbody></table>`);
}

/** What scrolls sideways where it is too wide; the page's script marks the edges. */
export function scrolling(html: string): string {
  return `<div class="wide"><div class="scroll">${html}</div></div>`;
}

/** Three significant digits; a dash for nothing. */
export function number(value: number | null): string {
  if (value === null || Number.isNaN(value)) return '–';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return thousands(value).replace('-', '−');
  if (Math.abs(value) >= 1e9) return value.toExponential(2).replace('-', '−').replace('e+', 'e');
  return String(Number(value.toPrecision(3))).replace('-', '−');
}

export function percentage(share: number): string {
  const value = share * 100;
  return value > 0 && value < 0.1 ? '<0.1%' : `${Number(value.toFixed(1))}%`;
}
