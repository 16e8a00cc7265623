import { widthOf } from '../rollout/environment.ts';
import { around, defineWrapper, requireUnmasked } from './definition.ts';

/**
 * With probability ζ the action that was done before is done again, whatever is asked for; not in the first step of an
 * episode. Drawn from the stream of the copy, before the environment draws.
 */
export const stickyActions = defineWrapper({
  kind: 'stickyActions',
  meaning: 'does the action before again with `probability`, whatever is asked for',
  source: 'Machado et al. 2018, arXiv 1709.06009, §5.2; Gymnasium 1.3, StickyAction',
  settings: ['probability'],
  keeps: { bestReturn: false, returnBounds: true },
  changesObservations: false,
  wrap({ environment }, { probability }) {
    requireUnmasked(environment);
    const last = new Float32Array(widthOf(environment.actionSpace));
    let isFirst = true;
    return around(environment, {
      reset(random, observation) {
        isFirst = true;
        environment.reset(random, observation);
      },
      step(action, random, observation, transition) {
        if (isFirst || random.uniform() >= probability) last.set(action);
        isFirst = false;
        environment.step(last, random, observation, transition);
      },
      state: {
        snapshot: () => ({ last: last.slice(), isFirst }),
        restore(state) {
          const { last: before, isFirst: was } = state as { last: Float32Array; isFirst: boolean };
          last.set(before);
          isFirst = was;
        },
      },
    });
  },
});
