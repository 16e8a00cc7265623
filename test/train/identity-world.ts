import { defineEnvironment } from '../../envs/own-environment.ts';
import {
  type ActionSpace,
  type BoxSpace,
  type EnvironmentDefinition,
  valuesOf,
  widthOf,
} from '../../src/rollout/environment.ts';

/** States that are shown one after the other by chance. */
export const STATES = 4;

/** The right action of a state, as the environment is given it. */
export function rightAction(space: ActionSpace, state: number): number[] {
  switch (space.kind) {
    case 'discrete':
      return [state % space.n];
    case 'multiDiscrete':
      return space.n.map((n, c) => (state + c) % n);
    case 'multiBinary':
      return Array.from({ length: space.n }, (_, b) => (state >> b) & 1);
    case 'box':
      return space.low.map((low, a) => low + ((space.high[a] - low) * (state + 1)) / (STATES + 1));
  }
}

/** What one number of an action earns, in [0, 1]: 1 where it is right. */
function earned(space: ActionSpace, action: number, right: number, a: number): number {
  if (space.kind !== 'box') return action === right ? 1 : 0;
  return Math.max(0, 1 - (2 * Math.abs(action - right)) / (space.high[a] - space.low[a]));
}

type ChoiceSpace = Exclude<ActionSpace, BoxSpace>;

function isRuledOut(space: ChoiceSpace, state: number, a: number, value: number): boolean {
  if (value === rightAction(space, state)[a]) return false;
  return state === 0 || (value + state + a) % 2 === 0;
}

function isAllowed(space: ChoiceSpace, state: number, action: Float32Array): boolean {
  return action.every((value, a) => !isRuledOut(space, state, a, value));
}

function writeMask(space: ChoiceSpace, state: number, mask: Uint8Array): void {
  let at = 0;
  for (let a = 0; a < widthOf(space); a++)
    for (let value = 0; value < valuesOf(space, a); value++)
      mask[at++] = isRuledOut(space, state, a, value) ? 0 : 1;
}

/**
 * A world that any algorithm must solve: it shows a state, the action that belongs to it earns 1, and of several numbers each its
 * share. Four steps are an episode: 4 is the most. With masks some of what is wrong is ruled out, in state 0 all of it.
 */
export function identityWorld(
  actionSpace: ActionSpace,
  isMasked = false,
): EnvironmentDefinition<Record<string, never>> {
  return defineEnvironment({
    id: `Identity of ${actionSpace.kind}`,
    episodeLength: () => 4,
    timeLimit: () => undefined,
    create: () => {
      let state = 0;
      let step = 0;
      return {
        observationSpace: { kind: 'discrete', n: STATES },
        actionSpace,
        reset(random, observation) {
          step = 0;
          state = random.integer(STATES);
          observation[0] = state;
        },
        step(action, random, observation, transition) {
          const right = rightAction(actionSpace, state);
          if (isMasked && actionSpace.kind !== 'box' && !isAllowed(actionSpace, state, action))
            throw new Error(`action ${[...action].join()} is ruled out in state ${state}`);
          transition.reward =
            right.reduce((sum, each, a) => sum + earned(actionSpace, action[a], each, a), 0) / right.length;
          step += 1;
          transition.terminated = step === 4;
          state = random.integer(STATES);
          observation[0] = state;
        },
        ...(isMasked &&
          actionSpace.kind !== 'box' && { actionMask: (mask) => writeMask(actionSpace, state, mask) }),
        snapshot: () => ({ state, step }),
        restore(given) {
          ({ state, step } = given as { state: number; step: number });
        },
      };
    },
  });
}
