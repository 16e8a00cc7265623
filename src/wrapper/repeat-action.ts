import { around, defineWrapper, requireUnmasked } from './definition.ts';

/** One step is so many of the environment with the same action, their rewards summed; it ends where the episode does. */
export const repeatAction = defineWrapper({
  kind: 'repeatAction',
  meaning:
    'does every action `times` times and sums the rewards; a time limit before it counts steps of the environment',
  source: 'Mnih et al. 2015, Human-level control, Methods (frame skip)',
  settings: ['times'],
  keeps: { bestReturn: false, returnBounds: true },
  changesObservations: false,
  timeLimit: (limit, { times }) => limit && Math.ceil(limit / times),
  wrap({ environment, timeLimit }, { times }) {
    requireUnmasked(environment);
    let steps = 0;
    return around(environment, {
      reset(random, observation) {
        steps = 0;
        environment.reset(random, observation);
      },
      step(action, random, observation, transition) {
        let sum = 0;
        for (let k = 0; k < times; k++) {
          environment.step(action, random, observation, transition);
          sum += transition.reward;
          steps++;
          if (transition.terminated || steps === timeLimit) break;
        }
        transition.reward = sum;
      },
      state: {
        snapshot: () => steps,
        restore(state) {
          steps = state as number;
        },
      },
    });
  },
});
