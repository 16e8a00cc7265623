import { field, type RowOf } from './field.ts';

/** Every column of `ledger.jsonl`, in order. */
export const ledgerFields = [
  field('update', 'count', 'Number of the update, from 1.'),
  field('gradientStep', 'count', 'Number of the gradient step in its update, from 1.'),
  field('epoch', 'count', 'Number of the pass over the rollout, from 1.'),
  field('epochEnds', 'true or false', 'Whether this step is the last of its epoch.'),
  field('minibatchSize', 'count', 'Samples of the minibatch.'),
  field('delta', 'nats', 'δ in this update.', { label: 'δ' }),
  field('klOldNew', 'nats', 'Mean KL(π_old‖π_new) over the rollout’s states, exact, after the step.', {
    label: 'KL(π_old‖π_new)',
    short: ['kl'],
    heldToDelta: 'mean',
  }),
  field('klOldNewMax', 'nats', 'Maximum over states of the same.', {
    label: 'KL(π_old‖π_new), maximum',
    short: ['klMax'],
    when: 'eachState',
    heldToDelta: 'eachState',
  }),
  field('klNewOld', 'nats', 'Mean KL(π_new‖π_old) likewise.', { label: 'KL(π_new‖π_old)' }),
  field('k1Rollout', 'nats', 'k1 over the whole rollout after the step: what Spinning Up looks at.', {
    label: 'k1 rollout',
    heldToDelta: 'mean',
  }),
  field('k1Minibatch', 'nats', 'k1 on the minibatch before the step.', {
    label: 'k1 minibatch',
    short: ['k1'],
    heldToDelta: 'mean',
  }),
  field('k2Minibatch', 'nats', 'k2 likewise.', {
    label: 'k2 minibatch',
    short: ['k2'],
    heldToDelta: 'mean',
  }),
  field('k3Minibatch', 'nats', 'k3 likewise: what Stable-Baselines3 and CleanRL look at.', {
    label: 'k3 minibatch',
    short: ['k3'],
    heldToDelta: 'mean',
  }),
  field('shareInside', 'share', 'Share of the minibatch with |ratio − 1| ≤ ε before the step.', {
    label: 'inside ε',
    nullWhen: 'without an ε',
  }),
  field('shareKilled', 'share', 'Share outside whose gradient clipping takes away.', {
    label: 'clipped away',
    nullWhen: 'without an ε',
  }),
  field('sharePassing', 'share', 'Share outside whose gradient passes, since it leads back.', {
    label: 'outside, passing',
    nullWhen: 'without an ε',
  }),
  field('impliedBetaMean', 'reward', 'Mean |β_t| = ratio·|Â| over the killed samples; 0 without any.', {
    label: 'implied β, mean',
    nullWhen: 'without an ε',
  }),
  field('impliedBetaMax', 'reward', 'Greatest |β_t| of the killed samples; 0 without any.', {
    label: 'implied β, greatest',
    nullWhen: 'without an ε',
  }),
  field('gradientNorm', '1', 'Global L2 norm over both networks before clipping.', {
    label: 'gradient norm',
  }),
  field('ratioMin', '1', 'Least ratio of the minibatch before the step.', { label: 'least ratio' }),
  field('ratioP05', '1', '5th percentile of the ratios.', { label: 'ratio, 5th percentile' }),
  field('ratioMedian', '1', 'Median of the ratios.', { label: 'median ratio' }),
  field('ratioP95', '1', '95th percentile of the ratios.', { label: 'ratio, 95th percentile' }),
  field('ratioMax', '1', 'Greatest ratio.', { label: 'greatest ratio' }),
  field('klPolicyReference', 'nats', 'Mean KL(π‖π_ref) over the rollout’s states, exact, after the step.', {
    label: 'KL(π‖π_ref)',
    when: 'reference',
  }),
  field('klReferencePolicy', 'nats', 'Mean KL(π_ref‖π) likewise.', {
    label: 'KL(π_ref‖π)',
    when: 'reference',
  }),
] as const;

/** One gradient step of an update, as `ledger.jsonl` has it. */
export interface LedgerRow extends RowOf<typeof ledgerFields> {}

/** The KL after a step that δ bounds: of the worst state where the row has it (`trustRegion.over`), else the mean. */
export function heldKlOfStep({ klOldNew, klOldNewMax }: LedgerRow): number {
  return klOldNewMax ?? klOldNew;
}
