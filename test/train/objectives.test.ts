import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { findEnvironment } from '../../envs/registry.ts';
import { configSchema } from '../../src/config/schema.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import type { MetricsRow } from '../../src/row/metrics.ts';
import { createTraining } from '../../src/train/training.ts';

const engine = await loadEngine('auto');

/** A whole small run. */
function run(id: string, objective: object, rest: object = {}) {
  const config = configSchema.parse({
    environment: { id, copies: 4, options: findEnvironment(id).options.parse({}) },
    rollout: { steps: 64 },
    network: { policy: { hidden: [16] }, value: { hidden: [16] } },
    ppo: { epochs: 6, minibatchSize: 64 },
    optimizer: { learningRate: 0.01 },
    trustRegion: { stop: null },
    steps: 6 * 256,
    objective,
    ...rest,
  });
  const training = createTraining(config, findEnvironment(id), engine);
  const rows = Array.from({ length: training.updates }, () => training.update());
  const { policy, value } = training.stored();
  const bytes = [policy, value].map((network) =>
    Buffer.from(network?.parameters.slice().buffer ?? new ArrayBuffer(0)).toString('hex'),
  );
  training.dispose();
  return { rows, bytes };
}

const environments = ['CartPole-v1', 'Pendulum-v1'];

describe.each(environments)('on %s', (id) => {
  it('samplePenalty trains to the same bytes as clip along a whole run', () => {
    const clip = run(id, { kind: 'clip', clipRange: 0.1 });
    const penalty = run(id, { kind: 'samplePenalty', clipRange: 0.1 });
    const withoutLoss = (rows: MetricsRow[]) => rows.map(({ policyLoss: _, ...row }) => row);
    expect(clip.rows.some((row) => Number(row.clipFraction) > 0.05)).toBe(true);
    expect(penalty.bytes).toEqual(clip.bytes);
    expect(withoutLoss(penalty.rows)).toEqual(withoutLoss(clip.rows));
  });

  it.each([
    ['surrogate', {}],
    ['klPenalty', { beta: 2 }],
    ['softClip', { temperature: 4 }],
    ['divergenceMask', {}],
    ['sapo', {}],
  ])('%s has no ε, so clipRange and clipFraction are null', (kind, own) => {
    const { rows } = run(id, { kind, ...own });
    expect(rows.every((row) => row.clipRange === null && row.clipFraction === null)).toBe(true);
  });

  it.each(['clipHigher', 'cispo'])('%s has two, so clipFraction alone is there', (kind) => {
    const { rows } = run(id, { kind, clipRangeLow: 0.1, clipRangeHigh: 0.2 });
    expect(rows.every((row) => row.clipRange === null && Number(row.clipFraction) > 0)).toBe(true);
  });

  it('trustRegionClip is clip to the byte where a KL of next to nothing allows no ratio beyond 1 ± ε', () => {
    const clip = run(id, { kind: 'clip', clipRange: 0.1 });
    const none = run(id, { kind: 'trustRegionClip', clipRange: 0.1, klRange: 1e-9 });
    expect(clip.rows.some((row) => Number(row.clipFraction) > 0.05)).toBe(true);
    expect(none.rows).toEqual(clip.rows);
    expect(none.bytes).toEqual(clip.bytes);
  });

  it('trustRegionClip clips fewer samples the greater its KL', () => {
    const clipped = (klRange: number) =>
      run(id, { kind: 'trustRegionClip', clipRange: 0.05, klRange }).rows.reduce(
        (sum, row) => sum + Number(row.clipFraction),
        0,
      );
    const [little, much] = [clipped(1e-4), clipped(0.05)];
    expect(little).toBeGreaterThan(0);
    expect(much).toBeLessThan(0.8 * little);
  });

  it('what is masked beyond a smaller divergence moves less', () => {
    const kl = (divergenceBound: number) =>
      run(id, { kind: 'divergenceMask', divergenceBound }).rows.reduce(
        (sum, row) => sum + row.klOldNewMean,
        0,
      );
    expect(kl(0.001)).toBeLessThan(kl(0.1) / 2);
  });

  it('a great β keeps the policy nearer than none', () => {
    const kl = (objective: object) => run(id, objective).rows.reduce((sum, row) => sum + row.klOldNewMean, 0);
    expect(kl({ kind: 'klPenalty', beta: 100 })).toBeLessThan(kl({ kind: 'surrogate' }) / 2);
  });
});

describe.each(environments)('on %s the engines agree to float32 precision', (id) => {
  it.each([
    ['clip', {}],
    ['klPenalty', { beta: 2 }],
    ['surrogate', {}],
    ['clipAndKlPenalty', { beta: 2 }],
    ['dualClip', {}],
    ['softClip', {}],
    ['samplePenalty', {}],
  ])('with %s after one update', (kind, own) => {
    const row = (engine: string) => run(id, { kind, ...own }, { engine, steps: 1 }).rows[0] as MetricsRow;
    const [a, b] = [row('reference'), row('wasm')];
    for (const name of ['klOldNewMean', 'entropy', 'policyLoss', 'valueLoss', 'gradientNorm'] as const) {
      expect(Math.abs((a[name] ?? 0) - (b[name] ?? 1)), name).toBeLessThan(
        1e-3 * Math.max(1, Math.abs(a[name] ?? 0)),
      );
    }
  });
});

describe('with rollback', () => {
  test.prop(
    {
      id: fc.constantFrom(...environments),
      kind: fc.constantFrom(
        'klPenalty',
        'surrogate',
        'clipAndKlPenalty',
        'dualClip',
        'softClip',
        'samplePenalty',
      ),
      delta: fc.double({ min: 1e-6, max: 0.1, noNaN: true }),
      learningRate: fc.double({ min: 1e-4, max: 0.03, noNaN: true }),
      stop: fc.constantFrom(
        null,
        { measure: 'exact', scope: 'minibatch' },
        { measure: 'k1', scope: 'minibatch', factor: 1.5 },
        { measure: 'k3', scope: 'epoch' },
      ),
    },
    { numRuns: 25 },
  )('no update ends outside δ, whatever the objective and the stop rule', (c) => {
    const trustRegion = { delta: c.delta, stop: c.stop, onOvershoot: 'rollback' };
    const rest = { trustRegion, optimizer: { learningRate: c.learningRate }, steps: 512 };
    for (const row of run(c.id, { kind: c.kind }, rest).rows) {
      expect(row.klOldNewMean).toBeLessThanOrEqual(c.delta);
    }
  });
});

describe('β', () => {
  it('stays as it is without a rule', () => {
    const { rows } = run('CartPole-v1', { kind: 'klPenalty', beta: 2 });
    expect(rows.map((row) => row.beta)).toEqual(Array(6).fill(2));
    expect(rows[0]).not.toHaveProperty('betaSaturated');
  });

  it('follows the KL that each update ended with', () => {
    const adapt = { rule: 'paper', target: 0.005 };
    const { rows } = run('CartPole-v1', { kind: 'clipAndKlPenalty', beta: 2, adapt });
    let beta = 2;
    for (const row of rows) {
      expect(row.beta).toBe(beta);
      const { klOldNewMean: kl } = row;
      beta *= kl > 0.0075 ? 2 : kl < 0.005 / 1.5 ? 0.5 : 1;
    }
    expect(new Set(rows.map((row) => row.beta)).size).toBeGreaterThan(1);
  });

  it('that a bound holds back is reported', () => {
    const adapt = { rule: 'paper', target: 1e-9, max: 4 };
    const { rows } = run('CartPole-v1', { kind: 'klPenalty', beta: 2, adapt });
    expect(rows.map((row) => row.betaSaturated)).toEqual([false, true, true, true, true, true]);
    expect(rows.at(-1)?.beta).toBe(4);
  });
});
