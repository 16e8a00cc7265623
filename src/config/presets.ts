import { isTree, type Tree } from './problem.ts';

/** Libraries whose defaults `--like` puts between ours and the file's. */
export const presetNames = [
  'sb3',
  'cleanrl',
  'spinningup',
  'rllib',
  'rsl_rl',
  'rl_games',
  'skrl',
  'sbx',
] as const;
export type PresetName = (typeof presetNames)[number];

export interface Preset {
  readonly library: string;
  /** What the library does that no setting here can say. */
  readonly differs: readonly string[];
  /** Settings as a config file would hold them, our defaults among them where the library says them. */
  readonly settings: Tree;
}

const mlp = (hidden: readonly number[], activation: 'tanh' | 'relu' = 'tanh'): Tree => ({
  policy: { hidden, activation },
  value: { hidden, activation },
});
/** PyTorch's default weights have a standard deviation of 1/√(3·inputs): gain 1/√3 in a square matrix. */
const likePyTorch = {
  hiddenGain: 1 / Math.sqrt(3),
  policyHeadGain: 1 / Math.sqrt(3),
  valueHeadGain: 1 / Math.sqrt(3),
};
const orthogonal = { hiddenGain: Math.SQRT2, policyHeadGain: 0.01, valueHeadGain: 1 };
/** Stable-Baselines3's, and SBX's but for its start. */
const likeSb3: Tree = {
  environment: { copies: 1 },
  rollout: { steps: 2048 },
  network: { ...mlp([64, 64]), ...orthogonal, initialLogStd: 0 },
  advantage: { gamma: 0.99, gaeLambda: 0.95, standardize: 'minibatch' },
  ppo: { epochs: 10, minibatchSize: 64 },
  objective: { kind: 'clip', clipRange: 0.2 },
  // vf_coef 0.5 times the mean squared error, without ½.
  loss: { entropyCoefficient: 0, valueCoefficient: 1, valueClip: 'none' },
  optimizer: { learningRate: 3e-4, valueLearningRate: null, adamEpsilon: 1e-5, maxGradientNorm: 0.5 },
  trustRegion: { stop: null, onOvershoot: 'stop' },
};
/** What rsl_rl and rl_games have in common of a step size that follows the KL. */
const klAdaptive = { schedule: 'klAdaptive', measure: 'exact', margin: 2, factor: 1.5, max: 1e-2 };
const uniformStart =
  'It starts from PyTorch’s uniform initialisation, of biases too; here from orthogonal matrices of that scale (of a smaller one in a layer wider than its input) and biases of 0.';
const overN = 'It divides advantages by the standard deviation over N, here over N − 1.';
const schedulesEndAtZero =
  'Its schedules (learning_rate, clip_range) are read after the rollout: a linear one is from·(1 − u/U) in update u of U, 0 in the last; here from·(1 − (u − 1)/U), as CleanRL’s.';
const actsWithinOne =
  'A Gaussian policy of its acts within [−1, 1], stretched to the bounds of the environment; here in the environment’s units.';
const eluHere = 'Its networks have ELU between layers; here ReLU, the nearest there is.';
const timeLimitByLastValue =
  'At a time limit it bootstraps with the value of the state before the last step; here with that of the final observation.';

export const presets: Readonly<Record<PresetName, Preset>> = {
  // stable_baselines3/ppo/ppo.py and common/policies.py (2.7): PPO('MlpPolicy', env).
  sb3: {
    library: 'Stable-Baselines3 PPO',
    differs: [
      'With target_kl set it stops before a step whose minibatch has k3 > 1.5·target_kl: trustRegion.stop {"measure": "k3", "scope": "minibatch", "factor": 1.5} with δ as target_kl. SBX’s target_kl changes the step size instead: --like sbx.',
      schedulesEndAtZero,
    ],
    settings: likeSb3,
  },
  // cleanrl/ppo.py: its Args.
  cleanrl: {
    library: 'CleanRL ppo.py',
    differs: [
      'With --target-kl set it stops after an epoch whose last minibatch has k3 > target_kl: trustRegion.stop {"measure": "k3", "scope": "epoch"} with δ as target_kl.',
      'It treats a time limit as an end of the task; here the value of the final observation is bootstrapped.',
    ],
    settings: {
      environment: { copies: 4 },
      rollout: { steps: 128 },
      network: { ...mlp([64, 64]), ...orthogonal, initialLogStd: 0 },
      advantage: { gamma: 0.99, gaeLambda: 0.95, standardize: 'minibatch' },
      ppo: { epochs: 4, minibatchSize: 128 },
      objective: { kind: 'clip', clipRange: 0.2 },
      // vf_coef 0.5 times ½·mean squared error; --clip-vloss with --clip-coef.
      loss: { entropyCoefficient: 0.01, valueCoefficient: 0.5, valueClip: 'max', valueClipRange: 0.2 },
      optimizer: {
        learningRate: { schedule: 'linear', from: 2.5e-4 },
        valueLearningRate: null,
        adamEpsilon: 1e-5,
        maxGradientNorm: 0.5,
      },
      trustRegion: { stop: null, onOvershoot: 'stop' },
    },
  },
  // spinup/algos/pytorch/ppo/ppo.py and core.py: ppo(env_fn), one process.
  spinningup: {
    library: 'Spinning Up PPO (PyTorch)',
    differs: [
      'Its value function takes all 80 steps even where the policy stops early; here both stop together.',
      'Its value function learns from discounted returns (bootstrapped where a path is cut), as if λ were 1; here from Â + V with the λ of the advantages.',
      'Each rollout begins new episodes; here those that are under way go on.',
      uniformStart,
      overN,
    ],
    settings: {
      environment: { copies: 1 },
      rollout: { steps: 4000 },
      network: { ...mlp([64, 64]), ...likePyTorch, initialLogStd: -0.5 },
      advantage: { gamma: 0.99, gaeLambda: 0.97, standardize: 'rollout' },
      ppo: { epochs: 80, minibatchSize: 4000 },
      objective: { kind: 'clip', clipRange: 0.2 },
      // Mean squared error without ½, by an Adam of its own.
      loss: { entropyCoefficient: 0, valueCoefficient: 2, valueClip: 'none' },
      optimizer: { learningRate: 3e-4, valueLearningRate: 1e-3, adamEpsilon: 1e-8, maxGradientNorm: null },
      trustRegion: {
        delta: 0.01,
        stop: { measure: 'k1', scope: 'minibatch', factor: 1.5 },
        onOvershoot: 'stop',
      },
    },
  },
  // rllib/algorithms/ppo/ppo.py (PPOConfig), ppo_torch_policy.py, models/torch/fcnet.py (its value head had 1 in early
  // versions): the classic stack.
  rllib: {
    library: 'RLlib PPO',
    differs: [
      'It initialises by normc (a unit’s weights Gaussian, of norm 1, 0.01 in both heads); here by orthogonal matrices of that gain, whose norms are smaller in a layer wider than its input.',
      'Its log standard deviations depend on the state (free_log_std is off); here they do not.',
      'It adapts β to the mean KL that its minibatches showed, without bounds; here to the exact KL over the rollout after the update, within [0.0001, 10000].',
      actsWithinOne,
      overN,
    ],
    settings: {
      environment: { copies: 2 },
      rollout: { steps: 2000 },
      network: { ...mlp([256, 256]), hiddenGain: 1, policyHeadGain: 0.01, valueHeadGain: 0.01 },
      advantage: { gamma: 0.99, gaeLambda: 1, standardize: 'rollout' },
      ppo: { epochs: 30, minibatchSize: 128 },
      objective: {
        kind: 'clipAndKlPenalty',
        clipRange: 0.3,
        beta: 0.2,
        adapt: { rule: 'rllib', target: 0.01 },
      },
      // vf_loss_coeff 1 times the squared error, without ½, cut off at vf_clip_param.
      loss: { entropyCoefficient: 0, valueCoefficient: 2, valueClip: 'squaredError', valueClipRange: 10 },
      optimizer: { learningRate: 5e-5, valueLearningRate: null, adamEpsilon: 1e-8, maxGradientNorm: null },
      trustRegion: { stop: null, onOvershoot: 'stop' },
    },
  },
  // rsl_rl/algorithms/ppo.py, models/mlp_model.py and modules/distribution.py (c281c32, July 2026): PPO() as its defaults
  // are; 24 steps a rollout as in the example of docs/guide/configuration.rst.
  rsl_rl: {
    library: 'rsl_rl PPO',
    differs: [
      'It leaves the number of environments to the task (thousands, on a GPU); here 32 copies, in four minibatches.',
      eluHere,
      uniformStart,
      'It learns σ itself, not its logarithm.',
      'It bounds the gradient norm of each network apart; here of both together.',
      'It shuffles once an update: each epoch goes over the same minibatches in the same order.',
      timeLimitByLastValue,
    ],
    settings: {
      environment: { copies: 32 },
      rollout: { steps: 24 },
      network: { ...mlp([256, 256, 256], 'relu'), ...likePyTorch, initialLogStd: 0 },
      advantage: { gamma: 0.99, gaeLambda: 0.95, standardize: 'rollout' },
      ppo: { epochs: 5, minibatchSize: 192 },
      objective: { kind: 'clip', clipRange: 0.2 },
      // value_loss_coef 1 times the mean squared error, without ½.
      loss: { entropyCoefficient: 0.01, valueCoefficient: 2, valueClip: 'max', valueClipRange: 0.2 },
      optimizer: {
        learningRate: {
          ...klAdaptive,
          from: 1e-3,
          target: 0.01,
          direction: 'oldNew',
          cadence: 'beforeStep',
          atZero: 'leave',
          min: 1e-5,
        },
        valueLearningRate: null,
        adamEpsilon: 1e-8,
        maxGradientNorm: 1,
      },
      trustRegion: { stop: null, onOvershoot: 'stop' },
    },
  },
  // rl_games/configs/ppo_continuous.yaml, common/a2c_common.py, algos_torch/a2c_continuous.py, common/schedulers.py
  // (262cf20, August 2026): the library has no defaults of its own for most of it.
  rl_games: {
    library: 'rl_games PPO (ppo_continuous.yaml)',
    differs: [
      'Most of its settings have no default: these are of ppo_continuous.yaml, the example for any continuous task.',
      'That file multiplies rewards by 0.1 (reward_shaper): here environment.wrappers [{"kind": "scaleReward", "factor": 0.1}], which is not in the preset.',
      'Its KL(π_new‖π_old) is from the policy that last passed over the minibatch, an epoch ago, not from the one that collected; with discrete actions it is k2.',
      eluHere,
      uniformStart,
      'It goes over the rollout in order, without shuffling.',
      'It adds a loss on means beyond ±1.1 (bounds_loss_coef 0.001).',
      actsWithinOne,
      timeLimitByLastValue,
    ],
    settings: {
      environment: { copies: 16 },
      rollout: { steps: 256 },
      network: { ...mlp([256, 128, 64], 'relu'), ...likePyTorch, initialLogStd: 0 },
      advantage: { gamma: 0.99, gaeLambda: 0.9, standardize: 'rollout' },
      ppo: { epochs: 8, minibatchSize: 1024 },
      objective: { kind: 'clip', clipRange: 0.2 },
      // critic_coef 1 times ½·mean squared error; clip_value clips with e_clip.
      loss: { entropyCoefficient: 0, valueCoefficient: 1, valueClip: 'max', valueClipRange: 0.2 },
      optimizer: {
        learningRate: {
          ...klAdaptive,
          from: 3e-4,
          target: 0.008,
          direction: 'newOld',
          cadence: 'afterStep',
          atZero: 'raise',
          min: 1e-6,
        },
        valueLearningRate: null,
        adamEpsilon: 1e-8,
        maxGradientNorm: 0.5,
      },
      trustRegion: { stop: null, onOvershoot: 'stop' },
    },
  },
  // skrl/agents/torch/ppo/ppo_cfg.py and ppo.py (c29ced6, April 2026): PPO_CFG(); networks as in its example of Pendulum.
  skrl: {
    library: 'skrl PPO (PyTorch)',
    differs: [
      'It leaves the number of environments and the networks to the task; here 32 copies, in two minibatches, and the networks of its example of Pendulum, without the tanh on their means.',
      'With KLAdaptiveLR: optimizer.learningRate {"schedule": "klAdaptive", "from": 0.001, "target": 0.008, "measure": "k3", "cadence": "epoch", "atZero": "raise", "min": 1e-6}.',
      'With kl_threshold set it leaves an epoch at the first minibatch whose k3 is beyond it, and begins the next epoch all the same.',
      uniformStart,
      'It goes over the rollout in order, without shuffling.',
      'It takes no notice of time limits: advantages go on into the next episode; here the value of the final observation is bootstrapped.',
    ],
    settings: {
      environment: { copies: 32 },
      rollout: { steps: 16 },
      network: { ...mlp([64, 64], 'relu'), ...likePyTorch, initialLogStd: 0 },
      advantage: { gamma: 0.99, gaeLambda: 0.95, standardize: 'rollout' },
      ppo: { epochs: 8, minibatchSize: 256 },
      objective: { kind: 'clip', clipRange: 0.2 },
      // value_loss_scale 2.5 times the mean squared error of the clipped prediction, without ½.
      loss: { entropyCoefficient: 0, valueCoefficient: 5, valueClip: 'clippedOnly', valueClipRange: 0.2 },
      optimizer: { learningRate: 1e-3, valueLearningRate: null, adamEpsilon: 1e-8, maxGradientNorm: 0.5 },
      trustRegion: { stop: null, onOvershoot: 'stop' },
    },
  },
  // sbx/ppo/ppo.py, ppo/policies.py and common/utils.py (9bdc9c1, June 2026): PPO('MlpPolicy', env).
  sbx: {
    library: 'SBX PPO (Stable-Baselines3 in JAX)',
    differs: [
      'With target_kl set it changes the step size, where Stable-Baselines3 stops: optimizer.learningRate {"schedule": "klAdaptive", "from": 3e-4, "target": target_kl, "measure": "k3", "cadence": "afterStep", "atZero": "raise"}.',
      schedulesEndAtZero,
      'Its weights start as Gaussians cut off at two standard deviations, of variance 1/inputs; here from orthogonal matrices of that scale (of a smaller one in a layer wider than its input).',
      overN,
      'It bounds the gradient norm of each network apart; here of both together.',
    ],
    settings: {
      ...likeSb3,
      // flax’s default weights have a variance of 1/inputs: gain 1.
      network: { ...mlp([64, 64]), hiddenGain: 1, policyHeadGain: 1, valueHeadGain: 1, initialLogStd: 0 },
    },
  },
};

/**
 * The file's settings over the preset's. A schedule is replaced as a whole, and so is the preset's objective
 * where another kind is asked for: its keys would not belong.
 * @param kind `objective.kind` where the file or the command line gives it
 */
export function overPreset(preset: Tree, file: Tree, kind: unknown): Tree {
  const base = structuredClone(preset);
  if (kind !== undefined && isTree(base.objective) && base.objective.kind !== kind) delete base.objective;
  return settingsOver(base, file);
}

/** Some settings over others, a schedule as a whole. */
export function settingsOver(base: Tree, over: Tree): Tree {
  const merged = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = Object.hasOwn(base, key) ? base[key] : undefined;
    const isSection = isTree(value) && isTree(below) && !('schedule' in value) && !('schedule' in below);
    merged[key] = isSection ? settingsOver(below, value) : value;
  }
  return merged;
}
