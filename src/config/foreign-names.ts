import { type JsonSchema, listFields } from './fields.ts';

/**
 * Path of a setting → what Stable-Baselines3, sb3-contrib, CleanRL, Spinning Up, RLlib, TRL, baselines and other
 * trainers call it. A name may stand at several paths: the first that a schema has is meant.
 */
export const foreignNames: Readonly<Record<string, string>> = {
  algorithm: 'algo, alg, method',
  engine: 'device, backend, framework',
  steps:
    'total_timesteps, num_timesteps, max_timesteps, timesteps, total_steps, training_steps, num_env_steps, stop_timesteps',
  'environment.id': 'env, env_id, env_name, gym_id, environment, task',
  'environment.module': 'entry_point',
  'environment.copies':
    'n_envs, num_envs, num_env, nenv, num_workers, num_env_runners, num_processes, num_actors',
  'environment.wrappers':
    'frame_stack, n_stack, time_limit, max_ep_len, max_episode_steps, action_repeat, frame_skip, clip_rewards, clip_reward',
  'environment.normalizeObservations': 'normalize_obs, norm_obs, normalize_observation, obs_norm',
  'environment.normalizeRewards': 'normalize_reward, norm_reward, whiten_rewards, reward_norm',
  'rollout.steps':
    'n_steps, num_steps, nsteps, rollout_length, rollout_steps, rollout_fragment_length, train_batch_size, steps_per_epoch, steps_per_update, timesteps_per_batch, update_timestep',
  'network.policy.hidden':
    'hidden, hid, hidden_sizes, hidden_size, hidden_layers, net_arch, fcnet_hiddens, layers, num_units, policy, policy_kwargs',
  'network.policy.activation': 'activation, activation_fn, fcnet_activation, nonlinearity',
  'network.hidden': 'hidden_sizes, hidden_size, hidden_layers, net_arch, layers',
  'network.activation': 'activation_fn, nonlinearity',
  'network.initialLogStd': 'log_std_init, init_log_std, log_std, action_std_init',
  'network.stateDependentStd': 'state_dependent_std, state_dependent_sigma, learn_std, sigma_net',
  'network.squash': 'squash_output, tanh_squash, squash_action, tanh_normal, squashed',
  'network.initialWeights': 'load, checkpoint, pretrained, load_from, init_weights, initial_policy',
  'network.hiddenGain': 'ortho_init, init_gain',
  'advantage.gamma': 'discount, discount_factor',
  'advantage.gaeLambda': 'lam, lambda, lambda_, gae, gae_lam, gae_tau, tau',
  'advantage.standardize':
    'norm_adv, normalize_advantage, normalize_advantages, whiten_advantages, standardize_advantages, adv_norm',
  'ppo.epochs':
    'n_epochs, num_epochs, epoch, update_epochs, noptepochs, num_sgd_iter, num_ppo_epochs, ppo_epochs, ppo_epoch, k_epochs, train_iters, train_pi_iters, num_iterations',
  epochs: 'n_epochs, num_epochs, epoch, num_train_epochs, train_iters, num_iterations',
  'ppo.minibatchSize':
    'batch, minibatch, batch_size, minibatch_size, mini_batch_size, sgd_minibatch_size, num_minibatches, nminibatches, num_mini_batch, per_device_train_batch_size',
  batchSize: 'batch, minibatch, batch_size, minibatch_size, mini_batch_size, per_device_train_batch_size',
  'objective.kind': 'objective, loss, loss_type, policy_loss',
  'objective.clipRange':
    'clip, clip_range, clip_coef, clip_ratio, clip_param, cliprange, clip_eps, clip_epsilon, eps_clip, ppo_clip, epsilon',
  'objective.beta': 'kl_coef, kl_coeff, init_kl_coef, kl_coefficient, kl_penalty, kl_beta, kl_weight',
  'objective.adapt': 'adap_kl_ctrl, adaptive_kl, kl_adaptive',
  'objective.adapt.target': 'kl_target, adaptive_kl_target',
  'reference.policy':
    'ref_model, ref_policy, reference_model, reference_policy, ref_model_path, ref_model_name_or_path, base_model, sft_model, sft_model_path, pi_ref',
  'reference.beta': 'kl_loss_coef, kl_reward_coef, ref_kl_coef',
  'reference.placement': 'use_kl_loss, use_kl_in_reward, kl_in_reward',
  'reference.estimator': 'kl_estimator, kl_loss_type',
  'loss.entropyCoefficient':
    'entropy, ent, ent_coef, entropy_coef, entropy_coeff, entropy_bonus, entropy_weight, entropy_loss_coef, ent_coeff',
  'loss.valueCoefficient':
    'vf_coef, vf_coeff, vf_loss_coeff, value_coef, value_coeff, value_loss_coef, critic_coef',
  'loss.valueClip': 'clip_vloss, clip_value_loss, use_clipped_value_loss',
  'loss.valueClipRange': 'clip_range_vf, vf_clip_param, cliprange_value, clip_value, value_clip_range',
  'optimizer.learningRate':
    'lr, learning_rate, pi_lr, policy_lr, actor_lr, step_size, anneal_lr, lr_schedule, learning_rate_schedule, lr_scheduler_type',
  'optimizer.valueLearningRate': 'vf_lr, value_lr, critic_lr, v_lr',
  'optimizer.adamBeta1': 'beta1, beta_1, adam_beta_1, momentum',
  'optimizer.adamBeta2': 'beta2, beta_2, adam_beta_2',
  'optimizer.adamEpsilon': 'adam_eps, eps, opt_eps',
  'optimizer.maxGradientNorm':
    'max_grad_norm, grad_clip, grad_norm, clip_grad, clip_grad_norm, gradient_clip, gradient_clipping, gradient_clip_val',
  'trustRegion.delta': 'delta, kl, max_kl, target_kl, desired_kl, kl_threshold, max_kl_div, kl_bound',
  'trustRegion.stop': 'early_stop, early_stopping, kl_early_stop',
  'trustRegion.onOvershoot': 'rollback',
  'trustRegion.projection': 'projection, proj_type, projection_type',
  'trustRegion.projection.regressionCoefficient': 'trust_region_coeff, trust_region_coef, regression_coeff',
  'trustRegion.projection.regression': 'do_regression',
  'trustRegion.projection.regression.epochs': 'regression_iters',
  'trustRegion.projection.regression.learningRate': 'lr_reg, regression_lr',
  'evaluation.every': 'eval, eval_freq, eval_every, eval_interval, eval_steps, evaluation_interval',
  'evaluation.episodes': 'n_eval_episodes, eval_episodes, evaluation_duration',
  'evaluation.greedy': 'deterministic, eval_deterministic',
  'checkpoint.everyUpdates':
    'save_freq, save_interval, save_every, save_steps, checkpoint_frequency, checkpoint_freq',
  'trpo.damping': 'cg_damping, damping_coeff, damping_coef',
  'trpo.cgIterations': 'cg_iters, cg_max_steps, cg_steps, cg_iterations',
  'trpo.fisherSubsample': 'sub_sampling_factor',
  'trpo.lineSearch.shrink': 'backtrack_coeff, backtrack_ratio, line_search_shrinking_factor',
  'trpo.lineSearch.tries': 'backtrack_iters, max_backtracks, line_search_max_iter',
  'trpo.value.epochs': 'vf_iters, n_critic_updates, train_v_iters',
  'trpo.value.learningRate': 'vf_stepsize',
};

/** `--batch-size`, `batch_size` and `batchSize` are one word. */
function wordOf(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}

/**
 * The setting that a name means which is none: another library's name for it, or its path or the end of that, written
 * otherwise.
 */
export function settingMeantBy(name: string, schema: JsonSchema): string | undefined {
  const word = wordOf(name);
  if (word === '') return undefined;
  const paths = listFields(schema).map(({ path }) => path);
  const isThere = (path: string): boolean =>
    paths.some((each) => each === path || each.startsWith(`${path}.`));
  for (const [path, names] of Object.entries(foreignNames))
    if (isThere(path) && names.split(', ').some((each) => wordOf(each) === word)) return path;
  return paths.find((path) => wordOf(path) === word) ?? paths.find((path) => endsIn(path, word));
}

/** The settings of the section that a name means: those below its path, or below the end of that; none where it is none. */
export function sectionMeantBy(name: string, schema: JsonSchema): readonly string[] {
  const word = wordOf(name);
  const paths = listFields(schema).map(({ path }) => path);
  const sections = new Set(
    paths.flatMap((path) => {
      const keys = path.split('.');
      return keys.slice(1).map((_, above) => keys.slice(0, above + 1).join('.'));
    }),
  );
  const section = [...sections].find((each) => wordOf(each) === word || endsIn(each, word));
  return section === undefined ? [] : paths.filter((path) => path.startsWith(`${section}.`));
}

/** Whether the last keys of a path are that word: `gaeLambda` and `lineSearch.shrink` of `trpo.lineSearch.shrink`. */
function endsIn(path: string, word: string): boolean {
  const keys = path.split('.');
  return keys.some((_, at) => wordOf(keys.slice(at).join('')) === word);
}
