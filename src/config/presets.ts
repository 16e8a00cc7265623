import { isTree, type Tree } from './problem.ts';

/** Libraries whose defaults `--like` puts between ours and the file's. */
export const presetNames = ['sb3', 'cleanrl', 'spinningup', 'rllib'] as const;
export type PresetName = (typeof presetNames)[number];

export interface Preset {
  readonly library: string;
  /** What the library does that no setting here can say. */
  readonly differs: readonly string[];
  /** Settings as a config file would hold them, our defaults among them where the library says them. */
  readonly settings: Tree;
}

const mlp = (hidden: readonly number[]): Tree => ({
  policy: { hidden, activation: 'tanh' },
  value: { hidden, activation: 'tanh' },
});
const orthogonal = { hiddenGain: Math.SQRT2, policyHeadGain: 0.01, valueHeadGain: 1 };

export const presets: Readonly<Record<PresetName, Preset>> = {
  // stable_baselines3/ppo/ppo.py and common/policies.py (2.7): PPO('MlpPolicy', env).
  sb3: {
    library: 'Stable-Baselines3 PPO',
    differs: [
      'With target_kl set it stops before a step whose minibatch has k3 > 1.5·target_kl: trustRegion.stop {"measure": "k3", "scope": "minibatch", "factor": 1.5} with δ as target_kl.',
      'Its schedules (learning_rate, clip_range) are read after the rollout: a linear one is from·(1 − u/U) in update u of U, 0 in the last; here from·(1 − (u − 1)/U), as CleanRL’s.',
    ],
    settings: {
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
    },
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
      'It starts from PyTorch’s uniform initialisation; here from orthogonal matrices of the same scale.',
      'It divides advantages by the standard deviation over N, here over N − 1.',
    ],
    settings: {
      environment: { copies: 1 },
      rollout: { steps: 4000 },
      // PyTorch's default weights have a standard deviation of 1/√(3·inputs): gain 1/√3 in a square matrix.
      network: {
        ...mlp([64, 64]),
        hiddenGain: 1 / Math.sqrt(3),
        policyHeadGain: 1 / Math.sqrt(3),
        valueHeadGain: 1 / Math.sqrt(3),
        initialLogStd: -0.5,
      },
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
  // rllib/algorithms/ppo/ppo.py (PPOConfig), ppo_torch_policy.py, models/torch/fcnet.py: the classic stack.
  rllib: {
    library: 'RLlib PPO',
    differs: [
      'It initialises by normc (Gaussian columns of norm 1, 0.01 for the policy head); here by orthogonal matrices of that gain.',
      'Its log standard deviations depend on the state (free_log_std is off); here they do not.',
      'It adapts β to the mean KL that its minibatches showed; here to the exact KL over the rollout after the update.',
    ],
    settings: {
      environment: { copies: 2 },
      rollout: { steps: 2000 },
      network: { ...mlp([256, 256]), hiddenGain: 1, policyHeadGain: 0.01, valueHeadGain: 1 },
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
