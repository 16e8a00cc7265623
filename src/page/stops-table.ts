import type { ToldLedger } from '../dashboard/wire.ts';
import { number } from '../plot/html-table.ts';
import { counterfactualStops, ruleNames, stoppers } from '../trust-region/counterfactual.ts';
import { make } from './elements.ts';

/** What there is of an update's steps. @param summary of all updates, where they are known @param cut whether a rule of its own ended them */
export function stopsTable({
  rows,
  summary = [],
  cut,
}: Pick<ToldLedger, 'rows' | 'cut'> & Partial<Pick<ToldLedger, 'summary'>>): HTMLElement {
  const heads = [
    'rule',
    'with δ as its target it looks',
    'stops this update after',
    'exact KL there',
    'KL/δ',
    ...(summary.length > 0 ? ['stops updates', 'outside δ'] : []),
  ];
  const table = make('table');
  table.append(make('caption', 'unseen', 'where each rule would have stopped'));
  const head = table.createTHead().insertRow();
  for (const each of heads) {
    const cell = make('th', '', each);
    cell.scope = 'col';
    head.append(cell);
  }
  const stops = counterfactualStops(rows);
  const body = table.createTBody();
  const delta = rows[0]?.delta ?? Number.NaN;
  for (const rule of stoppers) {
    const { steps, stopped, kl } = stops[rule];
    const own = summary.find((each) => each.rule === rule);
    const line = body.insertRow();
    const cells = [
      ruleNames[rule].name,
      ruleNames[rule].looks,
      stopped ? `${steps} of ${rows.length} steps` : `not in ${rows.length} steps`,
      number(Number(kl)),
      number(Number(kl) / delta),
      ...(own === undefined
        ? []
        : [`${own.stopped} of ${own.updates}`, `${Math.round(100 * own.shareOutside)}%`]),
    ];
    for (const text of cells) line.append(make('td', '', text));
  }
  const wide = make('div', 'wide');
  const scroll = make('div', 'scroll');
  scroll.tabIndex = 0;
  scroll.setAttribute('role', 'region');
  scroll.setAttribute('aria-label', 'where each rule would have stopped');
  scroll.append(table);
  wide.append(scroll);
  if (cut)
    wide.append(
      make(
        'p',
        'muted',
        'This run stopped by a rule of its own: where that came first, the others are not known further.',
      ),
    );
  return wide;
}
