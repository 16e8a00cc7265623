import type { NamedEnvironment } from './environment-name.ts';
import { engineNames } from '../network/engine-traits.ts';
import { type ConfiguredObjective, objectiveOf, objectives } from '../objective/objective.ts';
import { filledAdapt, objectiveSettings, type SettingName } from '../objective/settings.ts';
import { KL_ADAPTIVE, scheduleSchema } from '../optimizer/schedule.ts';
import * as z from '../packages/zod.ts';
import { advantageSchema } from './advantage.ts';
import { referenceSchema } from './reference.ts';
import { splitWrappers, wrappersSchema } from './wrappers.ts';
import { regionScopeNames, regionScopes } from '../trust-region/over.ts';
import { stopMeasureNames, stopMeasures } from '../trust-region/stop-rule.ts';

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

const rate = () => z.number().gt(0).max(10);

/** rsl_rl's rule is the default of each field. */
const klAdaptive = z
  .strictObject({
    schedule: z.enum([KL_ADAPTIVE]).describe('It follows the KL, within each update.'),
    from: rate().default(1e-3).describe('Value in the first gradient step.'),
    target: z.number().gt(0).max(100).default(0.01).describe('The KL of a minibatch to hold, nats.'),
    measure: z
      .enum(['exact', 'k1', 'k2', 'k3'])
      .default('exact')
      .describe('exact: over the minibatch’s states; k1, k2, k3: estimators on its actions.'),
    direction: z
      .enum(['oldNew', 'newOld'])
      .default('oldNew')
      .describe('KL(π_old‖π_new), or KL(π_new‖π_old), which is measured exactly only.'),
    cadence: z
      .enum(['beforeStep', 'afterStep', 'epoch'])
      .default('beforeStep')
      .describe(
        'By the KL that a minibatch shows before its gradient step: for this step already (rsl_rl), for the next (SBX, rl_games), or once an epoch by the mean of its minibatches (skrl).',
      ),
    margin: z
      .number()
      .gt(1)
      .max(100)
      .default(2)
      .describe('Lowered beyond margin·target, raised below target/margin.'),
    factor: z.number().gt(1).max(100).default(1.5).describe('By which it is divided or multiplied.'),
    atZero: z
      .enum(['leave', 'raise'])
      .default('leave')
      .describe('What a KL of 0 does, as before an update’s first step: leave it (rsl_rl) or raise it.'),
    min: rate().default(1e-5).describe('Least value.'),
    max: rate().default(1e-2).describe('Greatest value.'),
  })
  .superRefine(({ min, max, from, measure, direction }, context) => {
    const complain = (path: string, message: string, input: unknown): void =>
      void context.addIssue({ code: 'custom', path: [path], message, input });
    if (min > max) complain('min', `must be at most max ${max}, got ${min}`, min);
    else if (from < min || from > max)
      complain('from', `must be in [${min}, ${max}], the bounds of this schedule, got ${from}`, from);
    if (direction === 'newOld' && measure !== 'exact')
      complain(
        'direction',
        `must be "oldNew" with measure ${measure}, which estimates that, got "newOld"`,
        direction,
      );
  });

const optimizer = z.strictObject({
  learningRate: z
    .union([...scheduleSchema({ min: 0, minExclusive: true, max: 10 }).options, klAdaptive])
    .default(3e-4)
    .describe('Adam’s step size, for both networks.'),
  valueLearningRate: scheduleSchema({ min: 0, minExclusive: true, max: 10 })
    .nullable()
    .default(null)
    .describe('Adam’s step size for the value network; null: learningRate. Spinning Up has one of its own.'),
  adamBeta1: z.number().min(0).lt(1).default(0.9).describe('Decay of Adam’s first moment.'),
  adamBeta2: z.number().min(0).lt(1).default(0.999).describe('Decay of Adam’s second moment.'),
  adamEpsilon: z
    .number()
    .gt(0)
    .max(1)
    .default(1e-5)
    .describe('ε of Adam. [Kingma & Ba, arXiv 1412.6980; 1e-5 as in baselines]'),
  maxGradientNorm: z
    .number()
    .gt(0)
    .nullable()
    .default(0.5)
    .describe(
      'Global L2 norm, over both networks together, beyond which gradients are scaled down; null: never.',
    ),
});

/** `exact: mean KL …; k1, k2, k3: …`: measures of one meaning together. */
const stopMeasureWords = [...new Set(stopMeasureNames.map((name) => stopMeasures[name].meaning))]
  .map((meaning) => {
    const names = stopMeasureNames.filter((name) => stopMeasures[name].meaning === meaning);
    return `${names.join(', ')}: ${meaning}`;
  })
  .join('; ');

const projection = z.strictObject({
  direction: z
    .enum(['oldNew', 'newOld'])
    .default('oldNew')
    .describe(
      'What δ bounds in each state. oldNew: KL(π_old‖π̃), as δ does everywhere else; newOld: KL(π̃‖π_old), as in TRPL and TROLL.',
    ),
  regressionCoefficient: z
    .number()
    .min(0)
    .max(1000)
    .default(1)
    .describe(
      'α in α·KL(π̃‖π), which the loss adds to hold the network near its projection; 0: nothing does.',
    ),
  regression: z
    .strictObject({
      epochs: z
        .int()
        .min(1)
        .max(1000)
        .default(20)
        .describe('Most passes over the rollout; none where the update is inside δ, none after it is.'),
      learningRate: rate().default(1e-3).describe('Step size of the regression’s own Adam.'),
      within: z
        .number()
        .gt(0)
        .max(1)
        .default(0.8)
        .describe('It fits the network to the projection onto within·δ: at 1 what is fitted is on the edge.'),
    })
    .nullable()
    .default(null)
    .describe('A fit of the network to its projection after the gradient steps of an update; null: none.'),
});

const trustRegion = z
  .strictObject({
    delta: scheduleSchema({ min: 0, minExclusive: true, max: 100 })
      .default(0.02)
      .describe('δ: the bound on KL(π_old‖π_new), nats.'),
    over: z
      .enum(regionScopeNames)
      .default('mean')
      .describe(
        `Of which of the rollout’s states δ bounds the KL, for rollback, stop rule, TRPO’s line search and the count of violations. ${regionScopeNames.map((name) => `${name}: ${regionScopes[name].meaning}`).join('; ')}.`,
      ),
    stop: z
      .strictObject({
        measure: z
          .enum(stopMeasureNames)
          .default('exact')
          .describe(`${stopMeasureWords}. [Schulman, Approximating KL divergence]`),
        scope: z
          .enum(['minibatch', 'epoch'])
          .default('epoch')
          .describe(
            'When it is looked at. minibatch: estimators before each gradient step (as SB3), exact after each; epoch: after each epoch, estimators on its last minibatch (as CleanRL).',
          ),
        factor: z
          .number()
          .gt(0)
          .default(1)
          .describe('Stop when the measure exceeds factor·δ. SB3 and Spinning Up have a hidden 1.5.'),
      })
      .nullable()
      .prefault({})
      .describe('When to end an update early; null: never.'),
    onOvershoot: z
      .enum(['stop', 'rollback'])
      .default('stop')
      .describe(
        'stop: leave the policy where the stop rule found it; rollback: whatever the stop rule, restore the last parameters inside δ and bisect along the last step, so that no update ends outside δ.',
      ),
    projection: projection
      .nullable()
      .default(null)
      .describe(
        'PPO’s objective sees each state’s policy projected into the ball of KL ≤ δ, and learns through the projection; what acts is the network. [TRPL, arXiv 2101.09207; TROLL, arXiv 2510.03817] null: it sees the policy itself.',
      ),
    ledger: z
      .boolean()
      .default(false)
      .describe(
        'Whether to write ledger.jsonl, a row for each gradient step; `leash ledger` reads it. Costs a pass over the rollout a step, changes nothing in training.',
      ),
  })
  .superRefine(({ over, stop, projection }, context) => {
    const complain = (path: string[], message: string, input: unknown): void =>
      void context.addIssue({ code: 'custom', path, message, input });
    if (over !== 'mean' && stop !== null && stop.measure !== 'exact') {
      const why = 'an estimator on one action is not the KL of its state';
      complain(
        ['stop', 'measure'],
        `must be "exact" with trustRegion.over "${over}", got "${stop.measure}": ${why}`,
        stop.measure,
      );
    }
    if (over === 'perState' && stop !== null && projection !== null) {
      const why =
        'a state outside gets its gradient by way of the projection, the stop rule would take it away';
      complain(['stop'], `must be null with trustRegion.projection and over "perState": ${why}`, stop);
    }
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

/** Seconds between checkpoints where nothing is said of when. */
const USUAL_SECONDS = 1;

const checkpoint = z
  .strictObject({
    everyUpdates: z
      .int()
      .min(1)
      .nullable()
      .default(null)
      .describe('Write one after every so many updates; null: by everySeconds.'),
    everySeconds: z.number().gt(0).nullable().optional().meta({
      default: USUAL_SECONDS,
      description:
        'Write one after so many seconds, and never before 200 times what the last took: less than 1% of training. null, as it is where everyUpdates is given: at the end alone.',
    }),
    keep: z
      .union([z.int().min(1), z.enum(['all'])])
      .default(2)
      .describe('How many of the newest stay; with 1 there is none to go back to where that one is damaged.'),
  })
  .transform((given, context) => {
    const { everyUpdates, keep } = given;
    const { everySeconds = everyUpdates === null ? USUAL_SECONDS : null } = given;
    if (everyUpdates !== null && everySeconds !== null)
      context.issues.push({
        code: 'custom',
        path: ['everySeconds'],
        message: `excludes checkpoint.everyUpdates: one of the two must be null, got ${everySeconds} and ${everyUpdates}`,
        input: everySeconds,
      });
    return { everyUpdates, everySeconds, keep };
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
  optimizer: optimizer.prefault({}),
  trustRegion: trustRegion.prefault({}),
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
  checkpoint: checkpoint
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
