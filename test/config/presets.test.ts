import { describe, expect, it, test } from 'vitest';
import { diffConfigs, configOfPreset, whyItMatters } from '../../src/config/diff.ts';
import { configJsonSchema, listFields } from '../../src/config/fields.ts';
import { type Override, parseAssignment, resolveConfig } from '../../src/config/load.ts';
import { type PresetName, presetNames, presets } from '../../src/config/presets.ts';
import { type Config, configSchema } from '../../src/config/schema.ts';

const environments = {
  schema: () => () => ({ type: 'object', properties: {} }),
  resolve: (_: object, options: Record<string, unknown>) => options,
  hasDiscreteObservations: () => false,
  hasDiscreteActions: () => false,
  notSquashable: () => undefined,
  notEnumerable: () => undefined,
  episodeLength: () => undefined,
  mismatch: () => undefined,
};

function resolved(written: object, like: PresetName, ...assignments: string[]) {
  const overrides: Override[] = assignments.map(parseAssignment);
  const file = { environment: { id: 'E' }, ...written };
  const { loaded, problems } = resolveConfig(file, 'x.json', overrides, environments, like);
  if (loaded === undefined) throw new Error(problems.join('\n'));
  return loaded;
}

/** What each library documents as its defaults, in its own words and units, and what that is here. */
describe('each preset is what its library documents', () => {
  const of = (name: PresetName): Config => configOfPreset(presets[name]);

  test('Stable-Baselines3: PPO("MlpPolicy", env)', () => {
    const library = {
      ...{ learning_rate: 3e-4, n_steps: 2048, batch_size: 64, n_epochs: 10, gamma: 0.99, gae_lambda: 0.95 },
      ...{ clip_range: 0.2, clip_range_vf: null, normalize_advantage: true, ent_coef: 0, vf_coef: 0.5 },
      ...{ max_grad_norm: 0.5, target_kl: null, net_arch: [64, 64], log_std_init: 0, adam_eps: 1e-5 },
    };
    const c = of('sb3');
    expect(c.environment.copies).toBe(1);
    expect(c.optimizer).toMatchObject({
      learningRate: library.learning_rate,
      valueLearningRate: null,
      adamEpsilon: library.adam_eps,
      adamBeta1: 0.9,
      adamBeta2: 0.999,
      maxGradientNorm: library.max_grad_norm,
    });
    expect(c.rollout.steps).toBe(library.n_steps);
    expect(c.ppo).toMatchObject({ minibatchSize: library.batch_size, epochs: library.n_epochs });
    expect(c.advantage).toMatchObject({
      gamma: library.gamma,
      gaeLambda: library.gae_lambda,
      standardize: 'minibatch',
    });
    expect(c.objective).toEqual({ kind: 'clip', clipRange: library.clip_range });
    // F.mse_loss has no ½.
    expect(c.loss).toMatchObject({
      entropyCoefficient: library.ent_coef,
      valueCoefficient: 2 * library.vf_coef,
      valueClip: 'none',
    });
    expect(c.network).toMatchObject({
      policy: { hidden: library.net_arch, activation: 'tanh' },
      value: { hidden: library.net_arch, activation: 'tanh' },
      hiddenGain: Math.SQRT2,
      policyHeadGain: 0.01,
      valueHeadGain: 1,
      initialLogStd: library.log_std_init,
    });
    expect(c.trustRegion.stop).toBe(library.target_kl);
  });

  test('CleanRL: ppo.py', () => {
    const library = {
      ...{ learning_rate: 2.5e-4, num_envs: 4, num_steps: 128, num_minibatches: 4, update_epochs: 4 },
      ...{ gamma: 0.99, gae_lambda: 0.95, clip_coef: 0.2, ent_coef: 0.01, vf_coef: 0.5, max_grad_norm: 0.5 },
      ...{ target_kl: null, eps: 1e-5 },
    };
    const c = of('cleanrl');
    expect(c.environment.copies).toBe(library.num_envs);
    expect(c.rollout.steps).toBe(library.num_steps);
    const batch = library.num_envs * library.num_steps;
    expect(c.ppo).toMatchObject({
      minibatchSize: batch / library.num_minibatches,
      epochs: library.update_epochs,
    });
    expect(c.optimizer).toMatchObject({
      learningRate: { schedule: 'linear', from: library.learning_rate, to: 0 },
      adamEpsilon: library.eps,
      maxGradientNorm: library.max_grad_norm,
    });
    expect(c.advantage).toMatchObject({
      gamma: library.gamma,
      gaeLambda: library.gae_lambda,
      standardize: 'minibatch',
    });
    expect(c.objective).toEqual({ kind: 'clip', clipRange: library.clip_coef });
    // Its loss has the ½; --clip-vloss clips with --clip-coef.
    expect(c.loss).toMatchObject({
      entropyCoefficient: library.ent_coef,
      valueCoefficient: library.vf_coef,
      valueClip: 'max',
      valueClipRange: library.clip_coef,
    });
    expect(c.network).toMatchObject({ hiddenGain: Math.SQRT2, policyHeadGain: 0.01, valueHeadGain: 1 });
    expect(c.trustRegion.stop).toBe(library.target_kl);
  });

  test('Spinning Up: ppo(env_fn) of the PyTorch version', () => {
    const library = {
      ...{ steps_per_epoch: 4000, gamma: 0.99, clip_ratio: 0.2, pi_lr: 3e-4, vf_lr: 1e-3, lam: 0.97 },
      ...{ train_pi_iters: 80, train_v_iters: 80, target_kl: 0.01, log_std: -0.5 },
    };
    const c = of('spinningup');
    expect(c.environment.copies * c.rollout.steps).toBe(library.steps_per_epoch);
    expect(c.ppo).toEqual({ epochs: library.train_pi_iters, minibatchSize: library.steps_per_epoch });
    expect(c.optimizer).toMatchObject({
      learningRate: library.pi_lr,
      valueLearningRate: library.vf_lr,
      adamEpsilon: 1e-8,
      maxGradientNorm: null,
    });
    expect(c.advantage).toMatchObject({
      gamma: library.gamma,
      gaeLambda: library.lam,
      standardize: 'rollout',
    });
    expect(c.objective).toEqual({ kind: 'clip', clipRange: library.clip_ratio });
    expect(c.loss).toMatchObject({ entropyCoefficient: 0, valueCoefficient: 2, valueClip: 'none' });
    expect(c.network.initialLogStd).toBe(library.log_std);
    expect(c.trustRegion).toMatchObject({
      delta: library.target_kl,
      stop: { measure: 'k1', scope: 'minibatch', factor: 1.5 },
    });
  });

  test('RLlib: PPOConfig()', () => {
    const library = {
      ...{ lr: 5e-5, train_batch_size: 4000, num_epochs: 30, minibatch_size: 128, lambda_: 1, gamma: 0.99 },
      ...{ kl_coeff: 0.2, kl_target: 0.01, vf_loss_coeff: 1, entropy_coeff: 0, clip_param: 0.3 },
      ...{ vf_clip_param: 10, grad_clip: null, fcnet_hiddens: [256, 256], num_env_runners: 2 },
    };
    const c = of('rllib');
    expect(c.environment.copies).toBe(library.num_env_runners);
    expect(c.environment.copies * c.rollout.steps).toBe(library.train_batch_size);
    expect(c.ppo).toEqual({ epochs: library.num_epochs, minibatchSize: library.minibatch_size });
    expect(c.optimizer).toMatchObject({
      learningRate: library.lr,
      adamEpsilon: 1e-8,
      maxGradientNorm: library.grad_clip,
    });
    expect(c.advantage).toMatchObject({
      gamma: library.gamma,
      gaeLambda: library.lambda_,
      standardize: 'rollout',
    });
    expect(c.objective).toMatchObject({
      kind: 'clipAndKlPenalty',
      clipRange: library.clip_param,
      beta: library.kl_coeff,
      adapt: { rule: 'rllib', target: library.kl_target },
    });
    // Squared error without ½, cut off at vf_clip_param.
    expect(c.loss).toMatchObject({
      entropyCoefficient: library.entropy_coeff,
      valueCoefficient: 2 * library.vf_loss_coeff,
      valueClip: 'squaredError',
      valueClipRange: library.vf_clip_param,
    });
    expect(c.network.policy).toMatchObject({ hidden: library.fcnet_hiddens, activation: 'tanh' });
    // normc_initializer(1.0) of hidden layers, normc_initializer(0.01) of _logits and of _value_branch.
    expect(c.network).toMatchObject({ hiddenGain: 1, policyHeadGain: 0.01, valueHeadGain: 0.01 });
  });

  test('rsl_rl: PPO()', () => {
    const library = {
      ...{ num_learning_epochs: 5, num_mini_batches: 4, clip_param: 0.2, gamma: 0.99, lam: 0.95 },
      ...{ value_loss_coef: 1, entropy_coef: 0.01, learning_rate: 1e-3, max_grad_norm: 1 },
      ...{ desired_kl: 0.01, hidden_dims: [256, 256, 256], init_std: 1, num_steps_per_env: 24 },
    };
    const c = of('rsl_rl');
    const batch = c.environment.copies * c.rollout.steps;
    expect(c.rollout.steps).toBe(library.num_steps_per_env);
    expect(c.ppo).toEqual({
      epochs: library.num_learning_epochs,
      minibatchSize: batch / library.num_mini_batches,
    });
    expect(c.advantage).toMatchObject({
      gamma: library.gamma,
      gaeLambda: library.lam,
      standardize: 'rollout',
    });
    expect(c.objective).toEqual({ kind: 'clip', clipRange: library.clip_param });
    expect(c.loss).toMatchObject({
      entropyCoefficient: library.entropy_coef,
      valueCoefficient: 2 * library.value_loss_coef,
      valueClip: 'max',
      valueClipRange: library.clip_param,
    });
    // schedule="adaptive": its rule is what klAdaptive is without a word.
    expect(c.optimizer).toMatchObject({
      learningRate: { schedule: 'klAdaptive', from: library.learning_rate, target: library.desired_kl },
      adamEpsilon: 1e-8,
      maxGradientNorm: library.max_grad_norm,
    });
    expect(of('rsl_rl').optimizer.learningRate).toEqual(
      configSchema.parse({
        environment: { id: '-' },
        optimizer: { learningRate: { schedule: 'klAdaptive' } },
      }).optimizer.learningRate,
    );
    expect(c.network.policy.hidden).toEqual(library.hidden_dims);
    expect(c.network.initialLogStd).toBe(Math.log(library.init_std));
  });

  test('rl_games: ppo_continuous.yaml', () => {
    const library = {
      ...{ gamma: 0.99, tau: 0.9, learning_rate: 3e-4, grad_norm: 0.5, entropy_coef: 0, e_clip: 0.2 },
      ...{ clip_value: true, num_actors: 16, horizon_length: 256, minibatch_size: 1024, mini_epochs: 8 },
      ...{ critic_coef: 1, kl_threshold: 0.008, min_lr: 1e-6, max_lr: 1e-2, units: [256, 128, 64] },
    };
    const c = of('rl_games');
    expect(c.environment.copies).toBe(library.num_actors);
    expect(c.rollout.steps).toBe(library.horizon_length);
    expect(c.ppo).toEqual({ epochs: library.mini_epochs, minibatchSize: library.minibatch_size });
    expect(c.advantage).toMatchObject({
      gamma: library.gamma,
      gaeLambda: library.tau,
      standardize: 'rollout',
    });
    expect(c.objective).toEqual({ kind: 'clip', clipRange: library.e_clip });
    expect(c.loss).toMatchObject({
      entropyCoefficient: library.entropy_coef,
      valueCoefficient: library.critic_coef,
      valueClip: 'max',
      valueClipRange: library.e_clip,
    });
    expect(c.optimizer).toMatchObject({
      learningRate: {
        schedule: 'klAdaptive',
        from: library.learning_rate,
        target: library.kl_threshold,
        direction: 'newOld',
        cadence: 'afterStep',
        atZero: 'raise',
        min: library.min_lr,
        max: library.max_lr,
      },
      adamEpsilon: 1e-8,
      maxGradientNorm: library.grad_norm,
    });
    expect(c.network.policy.hidden).toEqual(library.units);
  });

  test('skrl: PPO_CFG()', () => {
    const library = {
      ...{ rollouts: 16, learning_epochs: 8, mini_batches: 2, discount_factor: 0.99, gae_lambda: 0.95 },
      ...{ learning_rate: 1e-3, grad_norm_clip: 0.5, ratio_clip: 0.2, value_clip: 0.2 },
      ...{ entropy_loss_scale: 0, value_loss_scale: 2.5 },
    };
    const c = of('skrl');
    const batch = c.environment.copies * c.rollout.steps;
    expect(c.rollout.steps).toBe(library.rollouts);
    expect(c.ppo).toEqual({ epochs: library.learning_epochs, minibatchSize: batch / library.mini_batches });
    expect(c.advantage).toMatchObject({
      gamma: library.discount_factor,
      gaeLambda: library.gae_lambda,
      standardize: 'rollout',
    });
    expect(c.objective).toEqual({ kind: 'clip', clipRange: library.ratio_clip });
    expect(c.loss).toMatchObject({
      entropyCoefficient: library.entropy_loss_scale,
      valueCoefficient: 2 * library.value_loss_scale,
      valueClip: 'clippedOnly',
      valueClipRange: library.value_clip,
    });
    expect(c.optimizer).toMatchObject({
      learningRate: library.learning_rate,
      adamEpsilon: 1e-8,
      maxGradientNorm: library.grad_norm_clip,
    });
  });

  test('SBX: PPO("MlpPolicy", env) is Stable-Baselines3’s but for flax’s start', () => {
    const changed = diffConfigs(of('sb3'), of('sbx'), []).map(({ path, b }) => [path, b]);
    expect(changed).toEqual([
      ['network.hiddenGain', 1],
      ['network.policyHeadGain', 1],
    ]);
  });

  test('SBX’s target_kl changes the step size, Stable-Baselines3’s stops', () => {
    const named = (name: PresetName) => presets[name].differs.filter((each) => each.includes('target_kl'));
    const rule = (text: string | undefined) => JSON.parse(/\{.*\}/.exec(text ?? '')?.[0] ?? '');
    expect(named('sb3')).toHaveLength(1);
    expect(rule(named('sb3')[0])).toEqual({ measure: 'k3', scope: 'minibatch', factor: 1.5 });
    const sbx = rule(named('sbx')[0]?.replace('"target": target_kl', '"target": 0.01'));
    const skrl = rule(presets.skrl.differs.find((each) => each.includes('KLAdaptiveLR')));
    for (const learningRate of [sbx, skrl])
      expect(resolved({ optimizer: { learningRate } }, 'sbx').config.optimizer.learningRate).toMatchObject({
        schedule: 'klAdaptive',
        measure: 'k3',
        direction: 'oldNew',
        atZero: 'raise',
        margin: 2,
        factor: 1.5,
      });
  });
});

describe('--like', () => {
  it('comes between the defaults and the file, and says so', () => {
    const { config, origins } = resolved({ ppo: { epochs: 3 } }, 'sb3');
    expect(config.rollout.steps).toBe(2048);
    expect(config.ppo).toEqual({ epochs: 3, minibatchSize: 64 });
    expect(origins.get('rollout.steps')).toBe('--like sb3');
    expect(origins.get('ppo.epochs')).toBe('x.json');
    expect(origins.has('optimizer.adamBeta1')).toBe(false);
  });

  it('has its schedule replaced as a whole', () => {
    const cosine = { schedule: 'cosine', from: 0.01 };
    expect(
      resolved({ optimizer: { learningRate: cosine } }, 'cleanrl').config.optimizer.learningRate,
    ).toEqual({
      ...cosine,
      to: 0,
    });
    expect(resolved({ optimizer: { learningRate: 0.1 } }, 'cleanrl').config.optimizer.learningRate).toBe(0.1);
  });

  it('gives up its objective where the file or --set asks for another kind', () => {
    const clip = { kind: 'clip', clipRange: 0.2 };
    expect(resolved({ objective: { kind: 'clip' } }, 'rllib').config.objective).toEqual(clip);
    expect(resolved({}, 'rllib', 'objective.kind=clip').config.objective).toEqual(clip);
    expect(resolved({ objective: { clipRange: 0.1 } }, 'rllib').config.objective).toMatchObject({
      kind: 'clipAndKlPenalty',
      clipRange: 0.1,
      beta: 0.2,
    });
  });

  it('is the place that a problem names where the preset brought the value', () => {
    const file = { environment: { id: 'E' }, rollout: { steps: 8 } };
    const { problems } = resolveConfig(file, 'x.json', [], environments, 'sb3');
    expect(problems).toEqual([expect.stringMatching(/^ppo\.minibatchSize .*got 64 \(--like sb3\)$/)]);
  });
});

describe('diffConfigs', () => {
  const paths = (a: PresetName, b: PresetName): string[] =>
    diffConfigs(configOfPreset(presets[a]), configOfPreset(presets[b]), []).map(({ path }) => path);

  it('finds nothing between a config and itself', () => {
    for (const name of presetNames) expect(paths(name, name)).toEqual([]);
  });

  it('names each setting that differs, a section that one does without as a whole', () => {
    expect(paths('sb3', 'cleanrl')).toEqual([
      'environment.copies',
      'rollout.steps',
      'ppo.epochs',
      'ppo.minibatchSize',
      'loss.entropyCoefficient',
      'loss.valueCoefficient',
      'loss.valueClip',
      'optimizer.learningRate',
    ]);
    expect(paths('sb3', 'rllib')).toContain('objective.adapt');
    expect(paths('sb3', 'spinningup')).toContain('trustRegion.stop');
  });

  it('says of every setting why it matters', () => {
    const silent = listFields(configJsonSchema()).filter(({ path }) => whyItMatters(path) === '');
    expect(silent.map(({ path }) => path)).toEqual([]);
  });
});
