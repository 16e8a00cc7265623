import { defineEnvironment } from '../../envs/own-environment.ts';
import type { ActionSpace, EnvironmentDefinition } from '../../src/rollout/environment.ts';

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

/**
 * A world that any algorithm must solve: it shows a state, the action that belongs to it earns 1, and of several numbers each its
 * share. Four steps are an episode: 4 is the most.
 */
export function identityWorld(actionSpace: ActionSpace): EnvironmentDefinition<Record<string, never>> {
  return defineEnvironment({
    id: `Identity of ${actionSpace.kind}`,
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
          transition.reward =
            right.reduce((sum, each, a) => sum + earned(actionSpace, action[a], each, a), 0) / right.length;
          step += 1;
          transition.terminated = step === 4;
          state = random.integer(STATES);
          observation[0] = state;
        },
        snapshot: () => ({ state, step }),
        restore(given) {
          ({ state, step } = given as { state: number; step: number });
        },
      };
    },
  });
}
