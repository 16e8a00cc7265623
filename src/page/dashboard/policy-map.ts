import { csvCell } from '../../formats/csv.ts';
import { heatColor } from '../../plot/heat-color.ts';
import { number } from '../../plot/html-table.ts';
import type { ToldTable } from '../../dashboard/wire.ts';
import { make } from '../elements.ts';

/** What the cells of a map may be coloured by. */
export const heats = {
  kl: 'KL(π_before‖π) of each state',
  visits: 'expected visits',
  values: 'V(s)',
  none: 'nothing',
} as const;
export type Heat = keyof typeof heats;

const ARROWS: Readonly<Record<string, string>> = { left: '←', down: '↓', right: '→', up: '↑' };
/** An action this likely is shown in a cell. */
const LEAST_SHOWN = 0.05;
/** States of a table without a map that are listed. */
const MOST_LISTED = 300;

/** A policy over all states: as a map where it is of a grid, else a line a state. */
export function policyMap(table: ToldTable, heat: Heat): HTMLElement {
  const { grid } = table;
  return grid === null ? listed(table, heat) : mapped(table, grid, heat);
}

function mapped(table: ToldTable, grid: NonNullable<ToldTable['grid']>, heat: Heat): HTMLElement {
  const map = make('table', 'map');
  map.append(make('caption', 'unseen', 'the policy as a map'));
  const color = colorsOf(table, heat);
  for (let row = 0; row < grid.rows; row++) {
    const line = map.insertRow();
    for (let column = 0; column < grid.columns; column++) {
      const state = row * grid.columns + column;
      const cell = line.insertCell();
      cell.append(make('span', 'letter', grid.cells[state]));
      if (!table.chooses[state]) continue;
      Object.assign(cell.style, color(state));
      cell.append(
        arrowsOf(table, state),
        ...figuresOf(table, state, heat).map((text) => make('span', 'figure', text)),
      );
      cell.title = inWords(table, state);
    }
  }
  return map;
}

/** Each action's arrow, the fuller the likelier. */
function arrowsOf({ actions, probabilities }: ToldTable, state: number): HTMLElement {
  const arrows = make('span', 'arrows');
  probabilities[state].forEach((probability, action) => {
    if (probability < LEAST_SHOWN) return;
    const arrow = make('span', '', ARROWS[actions[action]] ?? actions[action]);
    arrow.style.opacity = String(0.25 + 0.75 * probability);
    arrows.append(arrow);
  });
  return arrows;
}

/** The value network's V(s), and what the colour means, below it. */
function figuresOf({ values, kl, visits }: ToldTable, state: number, heat: Heat): string[] {
  const value = values === null ? [] : [number(values[state])];
  const own = heat === 'kl' ? kl : heat === 'visits' ? visits : null;
  return own === null ? value : [...value, number(own[state])];
}

function inWords({ actions, probabilities, values, kl, visits }: ToldTable, state: number): string {
  const parts = probabilities[state].map(
    (probability, action) => `π(${actions[action]}) = ${number(probability)}`,
  );
  if (values !== null) parts.push(`V = ${number(values[state])}`);
  if (kl !== null) parts.push(`KL = ${number(kl[state])} nats`);
  if (visits !== null) parts.push(`${number(visits[state])} visits`);
  return `state ${state}: ${parts.join(', ')}`;
}

function listed(table: ToldTable, heat: Heat): HTMLElement {
  const lines = make('table');
  lines.append(make('caption', 'unseen', 'the policy, a line a state'));
  const head = lines.createTHead().insertRow();
  const { heads, figures } = figuresIn(table);
  for (const each of heads) {
    const cell = make('th', 'number', each);
    cell.scope = 'col';
    head.append(cell);
  }
  const body = lines.createTBody();
  const color = colorsOf(table, heat);
  const states = [...table.chooses.keys()].filter((state) => table.chooses[state]);
  for (const state of states.slice(0, MOST_LISTED)) {
    const line = body.insertRow();
    line.append(
      make('td', 'number', String(state)),
      ...figures(state).map((figure) => make('td', 'number', number(figure))),
    );
    Object.assign((line.cells[0] as HTMLElement).style, color(state));
  }
  if (states.length <= MOST_LISTED) return lines;
  const all = make('div');
  all.append(lines, make('p', 'muted', `the first ${MOST_LISTED} of ${states.length} states`));
  return all;
}

/** A policy as a table, a row a state. */
export function tableCsv(table: ToldTable): string {
  const { heads, figures } = figuresIn(table);
  const rows = [...table.probabilities.keys()].map((state) => [
    String(state),
    ...figures(state).map(csvCell),
  ]);
  return [heads.map(csvCell), ...rows].map((cells) => `${cells.join(',')}\n`).join('');
}

/** What there is of each state, below its heads but for the state itself. */
function figuresIn({ actions, probabilities, values, kl, visits }: ToldTable) {
  const named = { 'V(s)': values, KL: kl, visits };
  const there = Object.entries(named).flatMap(([name, own]) => (own === null ? [] : [{ name, own }]));
  return {
    heads: ['state', ...actions.map((name) => `π(${name})`), ...there.map(({ name }) => name)],
    figures: (state: number): number[] => [...probabilities[state], ...there.map(({ own }) => own[state])],
  };
}

/** Colours of states by what they have of something, from the least to the most. */
function colorsOf({ kl, visits, values, chooses }: ToldTable, heat: Heat): (state: number) => object {
  const own = { kl, visits, values, none: null }[heat];
  if (own === null) return () => ({});
  const known = own.filter((_, state) => chooses[state]);
  const [low, high] = [heat === 'values' ? Math.min(...known) : 0, Math.max(...known)];
  return (state) => (high > low ? heatColor((own[state] - low) / (high - low)) : {});
}
