import { environments } from '../../envs/registry.ts';
import { environmentOptions } from '../../envs/environment-options.ts';
import { resolveConfig } from '../../src/config/load.ts';
import { type PresetName, presetNames } from '../../src/config/presets.ts';
import { isTree, type Tree } from '../../src/config/problem.ts';
import type { Config } from '../../src/config/schema.ts';

/** Updates of each. */
const UPDATES = 20;

/** Small, and learning fast enough that stop rules, clipping and rollback have something to do. */
const SMALL: Tree = {
  environment: { id: 'CartPole-v1', copies: 4 },
  rollout: { steps: 64 },
  network: { policy: { hidden: [16] }, value: { hidden: [16, 16] } },
  ppo: { minibatchSize: 64 },
  optimizer: { learningRate: 0.01 },
};
const PENDULUM = { id: 'Pendulum-v1', copies: 4, options: { timeLimit: 50 } };
const TIGHT = { delta: 0.002 };
const OBJECTIVES: Config['objective']['kind'][] = [
  'clip',
  'klPenalty',
  'surrogate',
  'clipAndKlPenalty',
  'dualClip',
  'softClip',
  'samplePenalty',
  'clipHigher',
  'spo',
  'cispo',
  'rollbackClip',
  'divergenceMask',
  'sapo',
  'softGate',
  'trustRegionClip',
];
const { optimizer: _, ppo: __, ...unhurried } = SMALL;
/** TRPO and NPG refuse the settings of PPO. */
const NATURAL: Tree = { ...unhurried, trpo: { value: { minibatchSize: 64 } } };

/** What takes a library's settings too long. */
const SHORTENED: Tree = {
  environment: { id: 'CartPole-v1', copies: 4 },
  rollout: { steps: 64 },
  ppo: { epochs: 2, minibatchSize: 64 },
};

/** What no shipped config uses, one setting each: what is said of it goes over SMALL, section by section. */
const PPO: Record<string, Tree> = {
  ...eachOf('seed', [1, 2 ** 32 - 1], (seed) => ({ seed })),
  ...eachOf('engine', ['reference', 'tfjs'], (engine) => ({ engine })),
  'tfjs backend cpu': { engine: 'tfjs', tfjsBackend: 'cpu' },

  'observations normalised': { environment: { ...PENDULUM, normalizeObservations: true } },
  'observations normalised, two actions': {
    environment: { id: 'CartPole-v1', copies: 4, normalizeObservations: true },
  },
  'rewards normalised': { environment: { ...PENDULUM, normalizeRewards: true } },
  'both normalised': { environment: { ...PENDULUM, normalizeRewards: true, normalizeObservations: true } },

  'held near its beginning in the reward': { reference: { policy: 'initial', adapt: { target: 0.01 } } },
  'held near its beginning in the loss, observations normalised': {
    environment: { ...PENDULUM, normalizeObservations: true },
    reference: { policy: 'initial', placement: 'loss', estimator: 'k3' },
    trustRegion: { ledger: true },
  },

  ledger: { trustRegion: { ledger: true } },
  'ledger of a Gaussian policy with rollback': {
    environment: PENDULUM,
    trustRegion: { ...TIGHT, ledger: true, onOvershoot: 'rollback' },
  },
  'ledger without an ε': { objective: { kind: 'klPenalty' }, trustRegion: { ledger: true } },

  ...eachOf('value clip', ['max', 'clippedOnly', 'squaredError'], (valueClip) => ({
    loss: { valueClip, valueClipRange: 0.1, valueCoefficient: 1 },
  })),

  ...Object.fromEntries(
    ['exact', 'k1', 'k2', 'k3'].flatMap((measure) =>
      ['minibatch', 'epoch'].map((scope) => [
        `stop at ${measure} of each ${scope}`,
        { trustRegion: { ...TIGHT, stop: { measure, scope, factor: 1.5 } } },
      ]),
    ),
  ),
  'no stop': { trustRegion: { ...TIGHT, stop: null } },
  rollback: { trustRegion: { ...TIGHT, onOvershoot: 'rollback' } },
  'rollback without a stop': { trustRegion: { ...TIGHT, stop: null, onOvershoot: 'rollback' } },
  ...eachOf('each state with rollback', ['max', 'perState'], (over) => ({
    trustRegion: { ...TIGHT, over, stop: { scope: 'minibatch' }, onOvershoot: 'rollback', ledger: true },
  })),
  'each state of a Gaussian policy': { environment: PENDULUM, trustRegion: { ...TIGHT, over: 'perState' } },
  ...eachOf('projection', ['oldNew', 'newOld'], (direction) => ({
    objective: { kind: 'surrogate' },
    trustRegion: { ...TIGHT, stop: null, ledger: true, projection: { direction, regression: { epochs: 2 } } },
  })),
  'projection of a Gaussian policy with rollback': {
    environment: PENDULUM,
    trustRegion: {
      ...TIGHT,
      over: 'max',
      onOvershoot: 'rollback',
      projection: { regression: { epochs: 2 } },
    },
  },
  'rollback, looking at each minibatch': {
    trustRegion: { ...TIGHT, stop: { scope: 'minibatch' }, onOvershoot: 'rollback' },
  },

  ...Object.fromEntries(
    ['klPenalty', 'clipAndKlPenalty'].flatMap((kind) =>
      ['paper', 'rllib', 'ziegler'].map((rule) => [
        `${kind}, adapted as ${rule}`,
        { objective: { kind, beta: 0.5, adapt: { rule, target: 0.005 } }, trustRegion: { stop: null } },
      ]),
    ),
  ),
  'a β that its bound holds': {
    objective: { kind: 'klPenalty', beta: 1, adapt: { target: 1e-6, max: 8 } },
    trustRegion: { stop: null },
  },
  ...eachOf('Gaussian', OBJECTIVES, (kind) => ({
    environment: PENDULUM,
    objective: { kind },
    trustRegion: { stop: null },
  })),
  'a far dual clip': { objective: { kind: 'dualClip', dualClip: 1.01, clipRange: 0.05 } },
  'ranges from KL, with a ledger': {
    objective: { kind: 'trustRegionClip', klRange: { schedule: 'linear', from: 0.05, to: 0.001 } },
    trustRegion: { stop: null, ledger: true },
  },
  'a hard soft clip': { objective: { kind: 'softClip', temperature: 20 }, trustRegion: { stop: null } },

  ...eachOf('schedule', ['linear', 'cosine'], (schedule) => ({
    objective: { kind: 'clip', clipRange: { schedule, from: 0.3, to: 0.05 } },
    loss: { entropyCoefficient: { schedule, from: 0.05 } },
    optimizer: {
      learningRate: { schedule, from: 0.01 },
      valueLearningRate: { schedule, from: 0.02, to: 0.001 },
    },
    trustRegion: { delta: { schedule, from: 0.02, to: 0.001 } },
  })),
  ...eachOf('learning rate by KL', ['beforeStep', 'afterStep', 'epoch'], (cadence) => ({
    optimizer: {
      learningRate: {
        ...{ schedule: 'klAdaptive', from: 0.01, target: 0.002, cadence },
        ...(cadence === 'afterStep' ? { measure: 'k3', atZero: 'raise' } : { direction: 'newOld' }),
      },
    },
  })),
  'an entropy bonus of a Gaussian policy': { environment: PENDULUM, loss: { entropyCoefficient: 0.02 } },
  'another Adam': { optimizer: { adamBeta1: 0.5, adamBeta2: 0.9, adamEpsilon: 1e-3 } },
  ...eachOf('gradient norm', [null, 0.01], (maxGradientNorm) => ({ optimizer: { maxGradientNorm } })),
  ...eachOf('standardised', ['rollout', 'none'], (standardize) => ({ advantage: { standardize } })),
  'γ and λ of 1': { advantage: { gamma: 1, gaeLambda: 1 } },
  'γ and λ of 0': { advantage: { gamma: 0, gaeLambda: 0 } },

  'linear networks': { network: { policy: { hidden: [] }, value: { hidden: [] } } },
  'relu, odd widths': {
    network: {
      policy: { hidden: [33, 7, 5], activation: 'relu' },
      value: { hidden: [1], activation: 'relu' },
    },
  },
  'gains and a narrow Gaussian': {
    environment: PENDULUM,
    network: { hiddenGain: 1, policyHeadGain: 0.5, valueHeadGain: 0.1, initialLogStd: -1 },
  },
  'one copy, ragged minibatches': {
    environment: { id: 'CartPole-v1', copies: 1 },
    rollout: { steps: 100 },
    ppo: { minibatchSize: 48, epochs: 3 },
  },
  'minibatches of one sample': { rollout: { steps: 4 }, ppo: { minibatchSize: 1, epochs: 1 } },
  'rollouts and minibatches longer than a forward': {
    environment: { id: 'CartPole-v1', copies: 9 },
    rollout: { steps: 250 },
    ppo: { minibatchSize: 1500, epochs: 2 },
  },
  'initial weights': {
    environment: { id: 'FrozenLake-v1', options: { slippery: false } },
    network: {
      policy: { hidden: [8] },
      value: { hidden: [8] },
      initialWeights: 'test/fixtures/policies-0.1.0/frozen-lake.safetensors',
    },
  },
  'initial weights and moments': {
    environment: { ...PENDULUM, normalizeObservations: true },
    network: {
      policy: { hidden: [8, 4], activation: 'relu' },
      value: { hidden: [6] },
      initialWeights: 'test/fixtures/policies-0.1.0/pendulum.safetensors',
    },
  },
  'convolution, TensorFlow.js in WebAssembly': {
    engine: 'tfjs',
    tfjsBackend: 'wasm',
    environment: { id: 'FrozenLake-v1', copies: 4 },
    network: {
      tfjs: {
        policy: 'configs/models/grid-4x4-policy/model.json',
        value: 'configs/models/grid-4x4-value/model.json',
      },
    },
    ppo: { epochs: 1 },
  },

  ...Object.fromEntries(
    environments.map(({ id, example = {} }) => [
      `environment ${id}`,
      { environment: { id, copies: 4, options: example } },
    ]),
  ),
  'a gridworld with wind, slip, cliff and terminals': {
    environment: {
      id: 'GridWorld',
      options: {
        map: ['S..T', '.#.C', 'S..G'],
        ...{ slip: 0.3, stepCost: 0.1, goalReward: 2, holeReward: -1, cliffReward: -5 },
        ...{ terminals: { T: 0.5 }, wind: [0, 1, 0, -1], timeLimit: 20 },
      },
    },
  },
  'a contextual bandit without noise': { environment: { id: 'ContextualBandit', options: { sd: 0 } } },
};

/** Likewise over NATURAL, for both algorithms. */
const NATURAL_STEPS: Record<string, Tree> = {
  'as they are': {},
  'of a Gaussian policy': { environment: PENDULUM },
  'on normalised observations and rewards': {
    environment: { ...PENDULUM, normalizeObservations: true, normalizeRewards: true },
  },
  'with other settings': {
    seed: 3,
    trpo: { damping: 0.01, cgIterations: 5, cgTolerance: 1e-2, fisherSubsample: 3 },
    trustRegion: { delta: { schedule: 'cosine', from: 0.05, to: 0.001 } },
  },
  'in the worst state': { trustRegion: { over: 'max' } },
  'with a fit in ragged minibatches': {
    trpo: { value: { epochs: 3, minibatchSize: 48, learningRate: { schedule: 'linear', from: 0.01 } } },
  },
  'by the reference': { engine: 'reference' },
};

/** Every extra config with its name. */
export function extraConfigs(): [string, Config][] {
  const natural = (['trpo', 'npg'] as const).flatMap((algorithm) =>
    Object.entries(NATURAL_STEPS).map(([name, over]) =>
      extra(`${algorithm} ${name}`, NATURAL, { ...over, algorithm }),
    ),
  );
  return [
    ...Object.entries(PPO).map(([name, over]) => extra(name, SMALL, over)),
    ...natural,
    extra('trpo with short line searches of long steps', NATURAL, {
      algorithm: 'trpo',
      trpo: { damping: 0, lineSearch: { shrink: 0.9, tries: 2 } },
      trustRegion: { delta: 0.5 },
    }),
    extra('npg with rollback', NATURAL, {
      algorithm: 'npg',
      trustRegion: { delta: 0.1, onOvershoot: 'rollback' },
    }),
    ...presetNames.map((like) => extra(`as ${like} has it`, SHORTENED, {}, like)),
  ];
}

/** @throws Error for a config that is refused: the extra ones say what the schema allows */
function extra(name: string, base: Tree, over: Tree, like?: PresetName): [string, Config] {
  const { loaded, problems } = resolveConfig(overlaid(base, over), name, [], environmentOptions, like);
  if (loaded === undefined) throw new Error(problems.join('; '));
  const { config } = loaded;
  const steps = UPDATES * config.environment.copies * config.rollout.steps;
  return [name, { ...config, steps }];
}

/** The sections of `over` over those of `base`, setting by setting. */
function overlaid(base: Tree, over: Tree): Tree {
  const entries = Object.entries(over).map(([key, value]) => {
    const below = base[key];
    return [key, isTree(below) && isTree(value) ? { ...below, ...value } : value];
  });
  return { ...base, ...Object.fromEntries(entries) };
}

function eachOf<T>(name: string, values: readonly T[], over: (value: T) => Tree): Record<string, Tree> {
  return Object.fromEntries(values.map((value) => [`${name} ${value}`, over(value)]));
}
