import { KL_ADAPTIVE, scheduleSchema } from '../optimizer/schedule.ts';
import * as z from '../packages/zod.ts';

/** A rate of Adam, without a schedule. */
export const rate = () => z.number().gt(0).max(10);

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

/** `optimizer` of a config. */
export const optimizerSchema = z.strictObject({
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
