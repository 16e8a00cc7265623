import type { TabularModel } from '../../rollout/environment.ts';
import { choices } from '../../rollout/table.ts';
import type { TabularPolicy } from '../../train/tabular-policy.ts';

const arrows: Record<string, string> = { left: '←', down: '↓', right: '→', up: '↑' };

/**
 * A gridworld's policy as text: every cell with its map character, the arrow of the likeliest action and the
 * value network's V(s) below. Cells where nothing is chosen (walls, goals, holes) keep their character alone.
 *
 * @param names the actions' names, in the order of the action space
 */
export function drawPolicy(model: TabularModel, policy: TabularPolicy, names: readonly string[]): string {
  const grid = model.grid;
  if (grid === undefined) throw new Error('only a gridworld has a map to draw on');
  const chooses = choices(model);
  const shown = Array.from(policy.values ?? [], (value) => value.toFixed(Math.abs(value) < 10 ? 2 : 1));
  const width = shown.reduce((most, { length }) => Math.max(most, length), 0) + 1;
  const hasValues = policy.values !== undefined;
  const lines = [`policy (likeliest action)${hasValues ? ' and the value network’s V(s)' : ''}:`, ''];
  for (let row = 0; row < grid.rows; row++) {
    const cells: string[] = [];
    const values: string[] = [];
    for (let column = 0; column < grid.columns; column++) {
      const state = row * grid.columns + column;
      const character = grid.cells[state] as string;
      const rests = !chooses[state];
      cells.push(
        (rests ? character : `${character}${likeliest(policy, model.actions, state, names)}`).padStart(width),
      );
      values.push((rests ? '' : (shown[state] ?? '')).padStart(width));
    }
    lines.push(cells.join(' ').trimEnd(), ...(hasValues ? [values.join(' ').trimEnd()] : []));
  }
  return lines.join('\n');
}

function likeliest(
  { probabilities }: TabularPolicy,
  actions: number,
  state: number,
  names: readonly string[],
): string {
  const own = probabilities.subarray(state * actions, (state + 1) * actions);
  const action = own.indexOf(Math.max(...own));
  const name = names[action] ?? String(action);
  return arrows[name] ?? name;
}
