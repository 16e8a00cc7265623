import { around, defineWrapper } from './definition.ts';

/** r ← clip(r, low, high); what is not finite stays, to be told. */
export const clipReward = defineWrapper({
  kind: 'clipReward',
  meaning: 'clips rewards to [`low`, `high`]',
  source: 'Mnih et al. 2015, Human-level control, Methods; Gymnasium 1.3, ClipReward',
  settings: ['low', 'high'],
  keeps: { bestReturn: true, returnBounds: true },
  changesObservations: false,
  changesRewards: true,
  wrap: ({ environment }, { low, high }) =>
    around(environment, {
      step(action, random, observation, transition) {
        environment.step(action, random, observation, transition);
        const { reward } = transition;
        if (Number.isFinite(reward)) transition.reward = Math.min(Math.max(reward, low), high);
      },
    }),
});
