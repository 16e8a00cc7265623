import { defineEnvironment, type Environment } from 'leash-rl';
import { z } from 'zod';

const options = z.strictObject({
  cells: z.int().min(2).default(5).describe('How long it is.'),
  slip: z.number().min(0).max(1).default(0).describe('Probability of going the other way.'),
});

/** A corridor; the way out is on the right. */
function corridor({ cells, slip }: z.infer<typeof options>): Environment {
  let cell = 0;
  return {
    observationSpace: { kind: 'discrete', n: cells },
    actionSpace: { kind: 'discrete', n: 2, names: ['left', 'right'] },
    reset(_random, observation) {
      cell = 0;
      observation[0] = cell;
    },
    step(action, random, observation, transition) {
      const way = action[0] === 1 ? 1 : -1;
      cell = Math.max(0, cell + (random.uniform() < slip ? -way : way));
      transition.terminated = cell === cells - 1;
      transition.reward = transition.terminated ? 1 : -0.01;
      observation[0] = cell;
    },
    snapshot: () => ({ cell }),
    restore: (state) => {
      cell = (state as { cell: number }).cell;
    },
  };
}

export default defineEnvironment({
  id: 'Corridor',
  summary: 'a walk to the right end of a corridor',
  options,
  create: corridor,
  timeLimit: () => 50,
});
