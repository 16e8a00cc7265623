import type { EstimatorCell } from './cells.ts';

/** Whose flags are named, and the version that they were read in. */
export const libraries = {
  trl: 'TRL 1.13.0',
  verl: 'verl 0.7.0',
  openrlhf: 'OpenRLHF 0.11.0',
} as const;
export type LibraryName = keyof typeof libraries;

/** What verl calls the estimators. */
const VERL = { k1: 'kl', k2: 'mse', k3: 'low_var_kl' } as const;
const VERL_ACTOR = 'actor_rollout_ref.actor';

/**
 * The flags that select an estimate in each library; null where it has none. Read in trl/trainer/grpo_trainer.py,
 * rloo_trainer.py; verl/trainer/ppo/core_algos.py (`kl_penalty`), ray_trainer.py (`apply_kl_penalty`), workers/actor/dp_actor.py;
 * openrlhf/models/utils.py (`compute_approx_kl`, `compute_reward`), trainer/ray/ppo_actor.py.
 */
export function flagsOf(cell: EstimatorCell): Readonly<Record<LibraryName, string | null>> {
  return { trl: trl(cell), verl: verl(cell), openrlhf: openrlhf(cell) };
}

/** GRPO has k3 of every token in its loss, RLOO k1 of the sequence in its reward. */
function trl({ placement, estimator, level, source, weight }: EstimatorCell): string | null {
  if (placement === 'loss' && estimator === 'k3' && level === 'token') {
    // Its default is not the same in all versions.
    if (weight === 'differentiable') return 'GRPOConfig(beta=β, use_bias_correction_kl=True)';
    if (weight === 'none') return 'GRPOConfig(beta=β, use_bias_correction_kl=False)';
  }
  if (placement === 'reward' && estimator === 'k1' && level === 'sequence' && source === 'on')
    return 'RLOOConfig(beta=β)';
  return null;
}

/** Of rewards GRPO and RLOO there take the sum over a sequence, of which k1 alone is that of the sequence. */
function verl({ placement, estimator, level, source, weight }: EstimatorCell): string | null {
  if (estimator === 'exact' || weight !== 'none') return null;
  if (placement === 'loss')
    return level === 'token'
      ? `${VERL_ACTOR}.use_kl_loss=True ${VERL_ACTOR}.kl_loss_type=${VERL[estimator]} ${VERL_ACTOR}.kl_loss_coef=β`
      : null;
  if (source !== 'on') return null;
  const inReward = `algorithm.use_kl_in_reward=True algorithm.kl_penalty=${VERL[estimator]} algorithm.kl_ctrl.kl_coef=β`;
  if (level === 'token') return `algorithm.adv_estimator=gae ${inReward}`;
  return level === 'sequence' && estimator === 'k1' ? `algorithm.adv_estimator=rloo ${inReward}` : null;
}

function openrlhf({ placement, estimator, level, source, weight }: EstimatorCell): string | null {
  if (estimator === 'exact' || weight !== 'none' || level !== 'token') return null;
  const flags = `--algo.kl.estimator ${estimator} --algo.kl.init_coef β`;
  if (placement === 'loss') return `--algo.kl.use_loss ${flags}`;
  return source === 'on' ? flags : null;
}

/** The settings of leash that select it: `reference` of a config; null where it has none. */
export function settingsOf({ placement, estimator, level, source, weight }: EstimatorCell): string | null {
  if (level === 'alone' || (placement === 'reward' && source !== 'on')) return null;
  const settings = `placement=${placement} estimator=${estimator} level=${level}`;
  if (weight === 'none') return settings;
  return estimator === 'exact' && level === 'token' ? null : `${settings} importance=${weight}`;
}
