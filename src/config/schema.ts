import type { NamedEnvironment } from './environment-name.ts';
import { engineNames } from '../network/engine-traits.ts';
import { type ConfiguredObjective, objectiveOf, objectives } from '../objective/objective.ts';
import { filledAdapt, objectiveSettings, type SettingName } from '../objective/settings.ts';
import { scheduleSchema } from '../optimizer/schedule.ts';
import * as z from '../packages/zod.ts';
import { advantageSchema } from './advantage.ts';
import { checkpointSchema } from './checkpoint.ts';
import { optimizerSchema } from './optimizer.ts';
import { referenceSchema } from './reference.ts';
import { trustRegionSchema } from './trust-region.ts';
import { splitWrappers, wrappersSchema } from './wrappers.ts';

const environmentSettings = z.strictObject({
  id: z.string().min(1).optional().describe('Which environment; `leash envs` lists them.'),
  module: z
    .string()
    .min(1)
    .optional()
    .describe(
      'In place of `id`: a file of one’s own, TypeScript or JavaScript, that exports an environment. It is run.',
    ),
  copies: z.int().min(1).max(4096).default(4).describe('N: copies stepped together.'),
  options: z
    .record(z.string(), z.unknown())
    .default({})
    .describe('Options of the environment itself; `leash envs ID` lists them.'),
  wrappers: wrappersSchema,
  normalizeRewards: z
    .boolean()
    .default(false)
    .describe(
      'Divide rewards by the running standard deviation of the discounted return, without shifting them, and clip to ±10. Logged returns stay raw. [Engstrom et al., arXiv 2005.12729]',
    ),
  normalizeObservations: z
    .boolean()
    .default(false)
    .describe(
      'Standardise box observations by their running mean and variance, clip to ±10; refused where they are discrete.',
    ),
});

const environment = environmentSettings.transform((given, context) => {
  const { id, module } = given;
  const complain = (path: string, message: string, input: unknown): void =>
    void context.issues.push({ code: 'custom', path: [path], message, input });
  if (id === undefined && module === undefined)
    complain('id', 'or environment.module must name the environment, but both are missing', id);
  if (id !== undefined && module !== undefined)
    complain('module', `excludes environment.id: exactly one of the two names the environment`, module);
  const { wrappers, normalizeObservations, normalizeRewards } = splitWrappers(
    given.wrappers,
    (index, message) =>
      context.issues.push({ code: 'custom', path: ['wrappers', index], message, input: given }),
  );
  const named = { ...given, wrappers } as Omit<typeof given, 'id' | 'module' | 'wrappers'> & NamedEnvironment;
  return {
    ...named,
    wrappers,
    normalizeRewards: given.normalizeRewards || normalizeRewards === true,
    normalizeObservations: given.normalizeObservations || normalizeObservations === true,
  };
});

const rollout = z.strictObject({
  steps: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(128)
    .describe('T: steps per copy between two updates; an update learns from T·N samples.'),
});

const mlp = z.strictObject({
  hidden: z
    .array(z.int().min(1).max(4096))
    .max(8)
    .default([64, 64])
    .describe('Widths of the hidden layers, first to last; [] is a linear map.'),
  activation: z.enum(['tanh', 'relu']).default('tanh').describe('Activation of the hidden layers.'),
  bias: z.boolean().default(true).describe('Whether each layer adds a bias; with false all are linear.'),
});

const network = z.strictObject({
  policy: mlp.prefault({}).describe('The policy network: distribution parameters from observations.'),
  value: mlp.prefault({}).describe('The value network; it shares nothing with the policy.'),
  tfjs: z
    .strictObject({
      policy: z.string().min(1).describe('model.json of the policy: observations to logits, or to means.'),
      value: z.string().min(1).describe('model.json of the value function: observations to one number.'),
    })
    .nullable()
    .default(null)
    .describe(
      'TensorFlow.js LayersModels in place of `policy` and `value`, trained from the weights in their files; needs engine tfjs.',
    ),
  initialWeights: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      'A policy to start from, weights and observation moments: a run, RUN@UPDATE, a policy.safetensors, or what `leash import` wrote; null: random weights.',
    ),
  hiddenGain: z
    .number()
    .gt(0)
    .max(10)
    .default(Math.SQRT2)
    .describe('Gain of the orthogonal initialisation of hidden layers. [Saxe et al., arXiv 1312.6120]'),
  policyHeadGain: z.number().gt(0).max(10).default(0.01).describe('Gain of the policy output layer.'),
  initialLogStd: z
    .number()
    .min(-20)
    .max(2)
    .default(0)
    .describe('Initial log standard deviation of a Gaussian policy (box actions).'),
  stateDependentStd: z
    .boolean()
    .default(false)
    .describe(
      'Whether the network gives a Gaussian’s log standard deviations too, one for each state, which start at initialLogStd; false: the same in every state, apart from the network.',
    ),
  squash: z
    .boolean()
    .default(false)
    .describe(
      'Whether the actions of a box are a squashed Gaussian’s: tanh of what is drawn, scaled onto the bounds, in place of clipping to them. KL is that before tanh. [SAC, arXiv 1801.01290, appendix C]',
    ),
  valueHeadGain: z.number().gt(0).max(10).default(1).describe('Gain of the value output layer.'),
});

const ppo = z.strictObject({
  epochs: z.int().min(1).max(1000).default(4).describe('Passes over each rollout.'),
  minibatchSize: z
    .int()
    .min(1)
    .default(128)
    .describe('Samples per gradient step; a rollout that it does not divide leaves a smaller last one.'),
});

/** The kinds of objective that have a setting, as the documentation lists them. */
function kindsWith(name: SettingName): string {
  const kinds = objectives.filter(({ settings }) => (settings as readonly SettingName[]).includes(name));
  return kinds.map(({ kind }) => kind).join(', ');
}

const settingNames = Object.keys(objectiveSettings) as SettingName[];

const objective = z
  .strictObject({
    kind: z
      .enum(objectives.map(({ kind }) => kind))
      .default('clip')
      .describe(`${objectives.map(({ kind, equation }) => `${kind}: ${equation}`).join('; ')}.`),
    ...(Object.fromEntries(
      settingNames.map((name) => {
        const { schema, default: standard, meaning } = objectiveSettings[name];
        const description = meaning.replace('{kinds}', kindsWith(name));
        return [name, schema.optional().meta({ default: standard, description })];
      }),
    ) as { [Name in SettingName]: z.ZodOptional<(typeof objectiveSettings)[Name]['schema']> }),
  })
  .transform((given, context): ConfiguredObjective => {
    const { kind } = given;
    const { settings } = objectiveOf(kind);
    const complain = (path: string[], message: string, input: unknown): void =>
      void context.issues.push({ code: 'custom', path, message, input });
    for (const name of settingNames) {
      if (given[name] === undefined || settings.includes(name)) continue;
      const message = `does not belong to objective.kind "${kind}"; it is a setting of ${kindsWith(name)}`;
      complain([name], message, given[name]);
    }
    const beta = given.beta ?? objectiveSettings.beta.default;
    const filled = { ...given, adapt: filledAdapt('objective', given.adapt ?? null, beta, complain) };
    const own = settings.map((name) => [name, filled[name] ?? objectiveSettings[name].default]);
    return { kind, ...Object.fromEntries(own) } as ConfiguredObjective;
  });

const loss = z.strictObject({
  entropyCoefficient: scheduleSchema({ min: 0 })
    .default(0)
    .describe('Weight of the entropy bonus. [PPO, eq. 9]'),
  valueCoefficient: z
    .number()
    .min(0)
    .default(0.5)
    .describe(
      'c_v in c_v·½·mean((V − R)²). SB3’s vf_coef c is 2c here (its loss has no ½), CleanRL’s and baselines’ is c itself.',
    ),
  valueClip: z
    .enum(['none', 'max', 'clippedOnly', 'squaredError'])
    .default('none')
    .describe(
      'Value clipping: none; max: the larger of the plain and the clipped squared error (baselines, CleanRL); clippedOnly: the clipped error alone (SB3); squaredError: the squared error cut off at the range, without a gradient beyond (RLlib).',
    ),
  valueClipRange: z
    .number()
    .gt(0)
    .default(0.2)
    .describe('Range of value clipping around the old values; with squaredError the greatest squared error.'),
});

const evaluation = z.strictObject({
  every: z
    .int()
    .min(1)
    .default(10)
    .describe(
      'Updates from one evaluation to the next; there is one after the last, too. Without `evaluation` (null) there is none, and nothing in training changes either way.',
    ),
  episodes: z.int().min(1).max(100_000).default(20).describe('Episodes each plays.'),
  greedy: z
    .boolean()
    .default(true)
    .describe('Whether the likeliest action is taken; false: actions are drawn, as in training.'),
});

const trpo = z.strictObject({
  damping: z
    .number()
    .min(0)
    .max(100)
    .default(0.1)
    .describe('λ in (F + λI)x = g: what is added to the Fisher matrix’s diagonal.'),
  cgIterations: z.int().min(1).max(1000).default(15).describe('Most iterations of conjugate gradient.'),
  cgTolerance: z
    .number()
    .min(0)
    .default(1e-5)
    .describe('‖r‖ at which conjugate gradient ends; 1e-5 is the rᵀr < 1e-10 of baselines and SB3-contrib.'),
  fisherSubsample: z
    .int()
    .min(1)
    .default(1)
    .describe('k: the Fisher matrix is taken over every k-th state of the rollout; the KL test over all.'),
  lineSearch: z
    .strictObject({
      shrink: z.number().gt(0).lt(1).default(0.8).describe('Factor on the step from one try to the next.'),
      tries: z.int().min(1).max(1000).default(10).describe('Most steps tried, the full one included.'),
    })
    .prefault({})
    .describe('Backtracking until KL(π_old‖π_new) ≤ δ and the surrogate improves; npg has none.'),
  value: z
    .strictObject({
      epochs: z.int().min(1).max(1000).default(10).describe('Passes of the value network over each rollout.'),
      minibatchSize: z.int().min(1).default(128).describe('Samples per step of the value network.'),
      learningRate: scheduleSchema({ min: 0, minExclusive: true, max: 10 })
        .default(1e-3)
        .describe('Adam’s step size for the value network.'),
    })
    .prefault({})
    .describe('The value network’s fit on mean((V − R)²), apart from the policy.'),
});

const snapshots = z.strictObject({
  everyUpdates: z.int().min(1).describe('Keep the policy after every so many updates.'),
});

/** Every field of an experiment: default, range, meaning and source. Files hold overrides only. */
export const configSchema = z.strictObject({
  $schema: z.string().optional().describe('Where editors find this schema.'),
  description: z.string().default('').describe('What this experiment is for, one line.'),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(0)
    .describe('Seeds every random stream of the run.'),
  steps: z
    .int()
    .min(1)
    .max(1e12)
    .default(100_000)
    .describe('Environment steps of the whole run, all copies together; rounded up to whole rollouts.'),
  engine: z
    .enum(['auto', ...engineNames])
    .default('auto')
    .describe('What computes the networks; auto is wasm. `leash engines` lists those there are.'),
  tfjsBackend: z
    .enum(['auto', 'node', 'wasm', 'cpu'])
    .default('auto')
    .describe(
      'What computes TensorFlow.js’s kernels, where the engine is tfjs: native TensorFlow (tfjs-node), its WebAssembly or plain JavaScript; auto is node where it is installed, else wasm.',
    ),
  algorithm: z
    .enum(['ppo', 'trpo', 'npg'])
    .default('ppo')
    .describe(
      'ppo: arXiv 1707.06347. trpo: one natural gradient step and a line search, KL(π_old‖π_new) ≤ δ in every update [arXiv 1502.05477]. npg: the same without the line search, which may exceed δ [Kakade 2001].',
    ),
  environment,
  rollout: rollout.prefault({}),
  network: network.prefault({}),
  advantage: advantageSchema.prefault({}),
  ppo: ppo.prefault({}),
  trpo: trpo.prefault({}),
  objective: objective.prefault({}),
  // Not .default: a JSON Schema would not have it, of what is transformed.
  reference: referenceSchema
    .nullable()
    .prefault(null)
    .describe(
      'A policy that this one is held near, as a fine-tuned language model is to its base: KL(π‖π_ref) costs β. null: none.',
    ),
  loss: loss.prefault({}),
  optimizer: optimizerSchema.prefault({}),
  trustRegion: trustRegionSchema.prefault({}),
  evaluation: evaluation
    .nullable()
    .default(null)
    .describe(
      'Whether to evaluate the policy in the course of training, on random streams of its own: rows in evaluations.jsonl, the best policy in policy-best.safetensors. Changes nothing in training; null: never.',
    ),
  groundTruth: z
    .boolean()
    .default(false)
    .describe(
      'Whether every update also logs what is exactly true of its step, where the environment can be written out: true improvement, surrogate’s promise, lower bounds, KL over the true visitation (docs/ground-truth.md). Changes nothing in training.',
    ),
  checkpoint: checkpointSchema
    .nullable()
    .prefault({})
    .describe(
      'When to write all that `leash resume` needs into checkpoints/, at the end too; changes nothing in training. null: never.',
    ),
  snapshots: snapshots
    .nullable()
    .default(null)
    .describe('Policies of updates on the way, in snapshots/: RUN@UPDATE; null: none.'),
});

/** A resolved experiment: every field present. */
export type Config = z.output<typeof configSchema>;
