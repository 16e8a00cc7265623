import { scheduleSchema } from '../optimizer/schedule.ts';
import * as z from '../packages/zod.ts';
import { regionScopeNames, regionScopes } from '../trust-region/over.ts';
import { stopMeasureNames, stopMeasures } from '../trust-region/stop-rule.ts';
import { rate } from './optimizer.ts';

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

/** `trustRegion` of a config. */
export const trustRegionSchema = z
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
