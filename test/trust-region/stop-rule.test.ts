import { describe, expect, it } from 'vitest';
import {
  exceeds,
  looksAfterEpoch,
  looksAfterStep,
  looksBeforeStep,
  type StopRule,
} from '../../src/trust-region/stop-rule.ts';

const rule = (measure: StopRule['measure'], scope: StopRule['scope'], factor = 1): StopRule => ({
  measure,
  scope,
  factor,
});

describe('a stop rule', () => {
  it.each([
    ['k1', 'minibatch', { before: true, after: false, epoch: false }],
    ['k3', 'minibatch', { before: true, after: false, epoch: false }],
    ['exact', 'minibatch', { before: false, after: true, epoch: false }],
    ['k2', 'epoch', { before: false, after: false, epoch: true }],
    ['exact', 'epoch', { before: false, after: false, epoch: true }],
  ] as const)('of %s and scope %s is looked at %j', (measure, scope, at) => {
    const own = rule(measure, scope);
    expect({ before: looksBeforeStep(own), after: looksAfterStep(own), epoch: looksAfterEpoch(own) }).toEqual(
      at,
    );
  });

  it('is never looked at where there is none', () => {
    expect([looksBeforeStep(null), looksAfterStep(null), looksAfterEpoch(null)]).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('ends an update beyond factor·δ, not at it, and where the KL is not a number', () => {
    const own = rule('exact', 'epoch', 1.5);
    expect([0.03, 0.031, Number.NaN].map((kl) => exceeds(own, kl, 0.02))).toEqual([false, true, true]);
  });
});
