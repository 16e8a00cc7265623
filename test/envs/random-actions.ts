import type { Random } from '../../src/random/random.ts';
import { maskWidthOf, valuesOf } from '../../src/rollout/environment.ts';
import type { VectorEnvironment } from '../../src/rollout/vector-environment.ts';

/** An action for each copy: of what is allowed one like the other, of a box `real()`. @returns [N, A] */
export function randomActions(
  vector: Pick<VectorEnvironment, 'copies' | 'actionSpace' | 'actionWidth' | 'actionMasks'>,
  random: Random,
  real: () => number,
): Float32Array {
  const { copies, actionSpace: space, actionWidth, actionMasks } = vector;
  const actions = new Float32Array(copies * actionWidth);
  for (let copy = 0, at = 0; copy < copies; copy++) {
    let from = copy * maskWidthOf(space);
    for (let a = 0; a < actionWidth; a++, at++) {
      if (space.kind === 'box') {
        actions[at] = real();
        continue;
      }
      const values = Array.from({ length: valuesOf(space, a) }, (_, value) => value);
      const allowed = values.filter((value) => actionMasks?.[from + value] !== 0);
      actions[at] = allowed[random.integer(allowed.length)];
      from += values.length;
    }
  }
  return actions;
}
