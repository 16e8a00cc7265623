import Table from 'cli-table3';
import { paint } from './print.ts';

const NONE = { top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '' };
const SIDES = { 'bottom-left': '', 'bottom-right': '', left: '', 'left-mid': '', mid: '', 'mid-mid': '' };

/** Columns under bold titles, without rules. Columns but the first are aligned to the right. */
export function plainTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    head: head.map((title) => paint('bold', title)),
    chars: { ...NONE, ...SIDES, right: '', 'right-mid': '', middle: ' ' },
    style: { 'padding-left': 0, 'padding-right': 1, head: [], border: [] },
    colAligns: head.map((_, column) => (column === 0 ? 'left' : 'right')),
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString();
}
