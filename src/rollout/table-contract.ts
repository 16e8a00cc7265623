import { isArray, isCount, shown } from './contract.ts';
import { EnvironmentError, RESTART, type TabularModel, type TabularTransition } from './environment.ts';

/*
 * What a table must be before anything is computed of it: exact figures of probabilities that do not sum to 1 are those of no world.
 */

/** Sums of probabilities may be off by rounding. */
const TOLERANCE = 1e-9;

/** How errors call a table. */
export function nameOfTable({ name }: TabularModel): string {
  return `the table of ${name ?? 'the environment'}`;
}

/** @throws EnvironmentError naming the part that is no part of a table; what its transitions are is not asked yet */
export function requireTable(model: TabularModel): void {
  const refuse = (why: string): never => {
    throw new EnvironmentError(`${nameOfTable(model)}: ${why}`);
  };
  for (const part of ['states', 'actions'] as const)
    if (!isCount(model[part])) refuse(`${part} must be a whole number ≥ 1, got ${shown(model[part])}`);
  const { states, initial, masks, grid } = model;
  if (typeof model.transitions !== 'function')
    refuse(`transitions must be a function, got ${shown(model.transitions)}`);
  if (!isArray(initial) || initial.length !== states)
    refuse(
      `initial must be an array of ${states} probabilities, got ${isArray(initial) ? initial.length : shown(initial)}`,
    );
  const odd = initial.findIndex((probability) => !isProbability(probability));
  if (odd >= 0) refuse(`initial must be probabilities, got ${shown(initial[odd])} for state ${odd}`);
  const sum = initial.reduce((all, probability) => all + probability, 0);
  if (!isOne(sum)) refuse(`initial must sum to 1 (within ${TOLERANCE}), sums to ${sum}`);
  const unmasked = masks && maskProblem(masks, model);
  if (unmasked !== undefined) refuse(`masks ${unmasked}`);
  if (grid !== undefined && !(Array.isArray(grid?.cells) && areCells(grid, states)))
    refuse(`grid must be { rows, columns, cells } of its ${states} states, got ${shown(grid)}`);
}

function areCells({ rows, columns, cells }: NonNullable<TabularModel['grid']>, states: number): boolean {
  return isCount(rows) && isCount(columns) && rows * columns === states && cells.length === states;
}

function isProbability(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= 1 + TOLERANCE;
}

function isOne(sum: number): boolean {
  return Math.abs(sum - 1) <= TOLERANCE;
}

/** That they are of another length, or leave nothing to do in a state, to stand after "masks". */
function maskProblem(masks: Uint8Array, { states, actions }: TabularModel): string | undefined {
  const wanted = `must be a Uint8Array of ${states} states × ${actions} actions`;
  if (!(masks instanceof Uint8Array)) return `${wanted}, got ${shown(masks)}`;
  if (masks.length !== states * actions) return `${wanted}, got ${masks.length} numbers`;
  for (let state = 0; state < states; state++)
    if (masks.subarray(state * actions, (state + 1) * actions).every((each) => each === 0))
      return `rule out every action of state ${state}`;
  return undefined;
}

/**
 * What `transitions` gave for a pair. It may be none where that is never asked: of what is ruled out, and in states that no episode
 * goes on from.
 * @throws EnvironmentError naming state and action
 */
export function requireTransitions(
  model: TabularModel,
  state: number,
  action: number,
): readonly TabularTransition[] {
  const found: unknown = model.transitions(state, action);
  const refuse = (why: string): never => {
    throw new EnvironmentError(`${nameOfTable(model)}: state ${state}, action ${action}: ${why}`);
  };
  if (!Array.isArray(found)) return refuse(`transitions must give an array, got ${shown(found)}`);
  let sum = 0;
  for (const entry of found as TabularTransition[]) {
    const problem = transitionProblem(entry, model.states);
    if (problem !== undefined) refuse(problem);
    sum += entry.probability;
  }
  const isAsked = found.length > 0 && model.masks?.[state * model.actions + action] !== 0;
  if (isAsked && !isOne(sum))
    refuse(`probabilities of its transitions must sum to 1 (within ${TOLERANCE}), sum to ${sum}`);
  return found as TabularTransition[];
}

function transitionProblem(entry: TabularTransition, states: number): string | undefined {
  if (typeof entry !== 'object' || entry === null)
    return `a transition must be { probability, next, reward, terminated }, got ${shown(entry)}`;
  const { probability, next, reward, terminated } = entry;
  if (!isProbability(probability)) return `probability must be in [0, 1], got ${shown(probability)}`;
  if (!(Number.isInteger(next) && next < states && (next >= 0 || next === RESTART)))
    return `next must be a state, 0 to ${states - 1}, got ${shown(next)}`;
  if (!Number.isFinite(reward)) return `reward must be a finite number, got ${shown(reward)}`;
  if (typeof terminated !== 'boolean' && terminated !== 0 && terminated !== 1)
    return `terminated must be true or false, got ${shown(terminated)}`;
  return undefined;
}
