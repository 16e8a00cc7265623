import { RESTART, type TabularTransition } from '../src/rollout/environment.ts';
import { Table } from '../src/rollout/table.ts';
import { UserError } from '../src/user-error.ts';

/** One action of a gridworld. */
export interface Move {
  readonly name: string;
  readonly row: number;
  readonly column: number;
}
const left: Move = { name: 'left', row: 0, column: -1 };
const down: Move = { name: 'down', row: 1, column: 0 };
const right: Move = { name: 'right', row: 0, column: 1 };
const up: Move = { name: 'up', row: -1, column: 0 };
// In both orders the neighbours of an action, cyclically, are the two perpendicular to it.
/** FrozenLake's order of actions, and GridWorld's. */
export const LEFT_DOWN_RIGHT_UP: readonly Move[] = [left, down, right, up];
/** CliffWalking's order of actions. */
export const UP_RIGHT_DOWN_LEFT: readonly Move[] = [up, right, down, left];

/** What a gridworld does, beyond its map. */
export interface GridRules {
  readonly map: readonly string[];
  readonly moves: readonly Move[];
  /** Probability that an action does what it says. */
  readonly intended: number;
  /** Probability of each of the two perpendicular moves instead; 0: they are left out of the table. */
  readonly sideways: number;
  /** Subtracted from the reward of every step, that onto a cliff apart. */
  readonly stepCost: number;
  readonly goalReward: number;
  readonly holeReward: number;
  /** Of a free cell, or a start. */
  readonly freeReward: number;
  /** The whole reward of stepping onto a cliff. */
  readonly cliffReward: number;
  /** Further terminal cells: character → reward. */
  readonly terminals: Readonly<Record<string, number>>;
  /** Cells that each column blows upwards, by the column that is left; [] is no wind. */
  readonly wind: readonly number[];
  /** Whether moves into a wall or over the edge are ruled out. */
  readonly masksWalls: boolean;
  /** What the rows of a goal or hole say, which no episode ever uses: FrozenLake stays, CliffWalking moves on. */
  readonly afterEnd: 'stay' | 'move';
}

/** Rows of a map that may be one string; a newline at its end is no further row. */
export function mapRows(map: string | readonly string[]): readonly string[] {
  return typeof map === 'string' ? map.replace(/\n$/, '').split('\n') : map;
}

const KNOWN = '#SGHC.F ';

/**
 * What is wrong with a map, as the end of a sentence, or undefined. Rows and columns count from 1, as editors do.
 *
 * @param terminals the characters of further terminal cells
 */
export function mapProblem(rows: readonly string[], terminals: readonly string[]): string | undefined {
  const taken = terminals.find((character) => character.length !== 1 || KNOWN.includes(character));
  if (taken !== undefined) {
    return `cannot use '${taken}' as a terminal: it takes one character other than ${[...KNOWN].join('')}`;
  }
  for (const [index, row] of rows.entries()) {
    if (row.length !== rows[0].length) {
      return `is ragged: row ${index + 1} has ${row.length} cells, row 1 has ${rows[0].length}`;
    }
    const column = [...row].findIndex((cell) => !KNOWN.includes(cell) && !terminals.includes(cell));
    if (column >= 0) {
      return `has an unknown character '${[...row][column]}' in row ${index + 1}, column ${column + 1}; known are # S G H C . F and space${terminals.length > 0 ? `, and the terminals ${terminals.join(' ')}` : ''}`;
    }
  }
  const cells = rows.join('');
  if (cells.length === 0) return 'is empty';
  if (!cells.includes('S')) return 'has no start: mark at least one cell S';
  if (!cells.includes('G') && !terminals.some((character) => cells.includes(character))) {
    return 'has no goal: mark at least one cell G';
  }
  return undefined;
}

/** Writes out the whole MDP of a gridworld: state = row·columns + column, walls included. */
export function gridTable(rules: GridRules): Table {
  const problem = mapProblem(rules.map, Object.keys(rules.terminals));
  if (problem) throw new UserError(`the map ${problem}`);
  const rows = rules.map.length;
  const columns = rules.map[0].length;
  const cells = [...rules.map.join('')];
  const starts = cells.flatMap((cell, state) => (cell === 'S' ? [state] : []));
  const initial = new Float64Array(cells.length);
  for (const start of starts) initial[start] = 1 / starts.length;

  const arrive = (probability: number, state: number): TabularTransition[] => {
    const cell = cells[state];
    if (cell === 'C') {
      const next = starts.length === 1 ? starts[0] : RESTART;
      return [{ probability, next, reward: rules.cliffReward, terminated: false }];
    }
    const reward = rewardOf(rules, cell) - rules.stepCost;
    return [{ probability, next: state, reward, terminated: isTerminal(rules, cell) }];
  };
  const transitions = (state: number, action: number): TabularTransition[] => {
    const cell = cells[state];
    if (cell === '#' || (rules.afterEnd === 'stay' && isTerminal(rules, cell))) {
      return [{ probability: 1, next: state, reward: 0, terminated: true }];
    }
    const count = rules.moves.length;
    const outcomes = [{ probability: rules.intended, move: rules.moves[action] }];
    if (rules.sideways > 0) {
      // Gymnasium's order: the action before, the action itself, the action after.
      const [before, after] = [(action + count - 1) % count, (action + 1) % count];
      outcomes.unshift({ probability: rules.sideways, move: rules.moves[before] });
      outcomes.push({ probability: rules.sideways, move: rules.moves[after] });
    }
    return outcomes.flatMap(({ probability, move }) => arrive(probability, moved(rules, state, move)));
  };
  const grid = { rows, columns, cells };
  const masks = rules.masksWalls ? { masks: masksOf(rules, cells) } : {};
  return new Table({
    states: cells.length,
    actions: rules.moves.length,
    initial,
    transitions,
    ...masks,
    grid,
  });
}

/** [states, actions] 0 for a move that finds no free cell, wind and chance aside; where nothing is ever done all are 1. */
function masksOf(rules: GridRules, cells: readonly string[]): Uint8Array {
  const columns = rules.map[0].length;
  return Uint8Array.from(
    cells.flatMap((cell, state) => {
      const [row, column] = [Math.floor(state / columns), state % columns];
      const isFreeTo = (move: Move): boolean => isFree(rules.map, row + move.row, column + move.column);
      if (cell === '#' || isTerminal(rules, cell) || !rules.moves.some(isFreeTo))
        return rules.moves.map(() => 1);
      return rules.moves.map((move) => Number(isFreeTo(move)));
    }),
  );
}

/** A start from which no move is left, as the end of a sentence. */
export function enclosedStart(rows: readonly string[]): string | undefined {
  for (const [row, cells] of rows.entries()) {
    const column = [...cells].findIndex(
      (cell, at) =>
        cell === 'S' && !LEFT_DOWN_RIGHT_UP.some((move) => isFree(rows, row + move.row, at + move.column)),
    );
    if (column >= 0) return `leaves nothing to do at the start in row ${row + 1}, column ${column + 1}`;
  }
  return undefined;
}

function isTerminal(rules: GridRules, cell: string): boolean {
  return cell === 'G' || cell === 'H' || cell in rules.terminals;
}

function rewardOf(rules: GridRules, cell: string): number {
  if (cell === 'G') return rules.goalReward;
  if (cell === 'H') return rules.holeReward;
  return rules.terminals[cell] ?? rules.freeReward;
}

/**
 * Where a move ends: sideways first, then up or down by the move and the wind together, each cell by cell until
 * a wall or the edge. Without walls that is Sutton & Barto's rule, which clips the sum of both at the edge.
 */
function moved(rules: GridRules, state: number, move: Move): number {
  const columns = rules.map[0].length;
  let row = Math.floor(state / columns);
  let column = state % columns;
  const lift = move.row - (rules.wind[column] ?? 0);
  if (isFree(rules.map, row, column + move.column)) column += move.column;
  const direction = Math.sign(lift);
  for (let n = Math.abs(lift); n > 0 && isFree(rules.map, row + direction, column); n--) row += direction;
  return row * columns + column;
}

function isFree(map: readonly string[], row: number, column: number): boolean {
  return row >= 0 && row < map.length && column >= 0 && column < map[0].length && map[row][column] !== '#';
}
