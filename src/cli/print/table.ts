import Table from 'cli-table3';
import { paint } from './print.ts';

const NONE = { top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '' };
const SIDES = { 'bottom-left': '', 'bottom-right': '', left: '', 'left-mid': '', mid: '', 'mid-mid': '' };

/**
 * Columns under bold titles, without rules.
 * @param left the first columns, which are aligned to the left; the others are to the right
 * @param end what stands at the end of each line
 */
export function plainTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { left = 1, end = ' ' }: { readonly left?: number; readonly end?: '' | ' ' } = {},
): string {
  const table = new Table({
    head: head.map((title) => paint('bold', title)),
    chars: { ...NONE, ...SIDES, right: '', 'right-mid': '', middle: end === '' ? '  ' : ' ' },
    style: { 'padding-left': 0, 'padding-right': end.length, head: [], border: [] },
    colAligns: head.map((_, column) => (column < left ? 'left' : 'right')),
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString();
}
