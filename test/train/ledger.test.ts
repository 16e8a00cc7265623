import { describe, expect, it } from 'vitest';
import { findEnvironment } from '../../envs/registry.ts';
import { configSchema } from '../../src/config/schema.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { encodeJson } from '../../src/row/json.ts';
import { createTraining } from '../../src/train/training.ts';
import { byUpdate, counterfactualStops, type Stopper } from '../../src/trust-region/counterfactual.ts';
import { ledgerFields } from '../../src/row/ledger.ts';

const engine = await loadEngine('auto');

const DELTA = 0.004;

function run(trustRegion: object, minibatchSize = 64) {
  const id = 'CartPole-v1';
  const config = configSchema.parse({
    environment: { id, options: findEnvironment(id).options.parse({}) },
    rollout: { steps: 64 },
    network: { policy: { hidden: [16] }, value: { hidden: [16] } },
    ppo: { epochs: 8, minibatchSize },
    optimizer: { learningRate: 0.004 },
    trustRegion: { delta: DELTA, ...trustRegion },
    steps: 3 * 256,
  });
  const training = createTraining(config, findEnvironment(id), engine);
  const ledger = [];
  const rows = [];
  for (let u = 0; u < training.updates; u++) {
    rows.push(training.update());
    ledger.push(...training.drainLedger());
  }
  training.dispose();
  return { rows, ledger };
}

describe('the ledger', () => {
  const whole = run({ stop: null, ledger: true });

  it('has a row for each gradient step, with the documented columns in order', () => {
    expect(whole.ledger).toHaveLength(whole.rows.reduce((sum, row) => sum + row.gradientStepsApplied, 0));
    const always = ledgerFields.filter((each) => !('when' in each)).map(({ name }) => name);
    for (const row of whole.ledger) expect(Object.keys(row)).toEqual(always);
    expect(whole.ledger.filter(({ epochEnds }) => epochEnds)).toHaveLength(3 * 8);
  });

  it('ends each update with the KL of its row', () => {
    const last = byUpdate(whole.ledger).map((rows) => rows.at(-1));
    expect(last.map((row) => row?.klOldNew)).toEqual(whole.rows.map((row) => row.klOldNewMean));
    expect(last.map((row) => row?.klNewOld)).toEqual(whole.rows.map((row) => row.klNewOldMean));
  });

  it('starts each update with every ratio exactly 1', () => {
    for (const [first] of byUpdate(whole.ledger)) {
      expect(first).toMatchObject({ ratioMin: 1, ratioMax: 1, k3Minibatch: 0, shareInside: 1 });
    }
  });

  it('changes nothing in training, and is the same bytes twice', () => {
    expect(run({ stop: null }).rows).toEqual(whole.rows);
    expect(run({ stop: null }).ledger).toEqual([]);
    expect(run({ stop: null, ledger: true }).ledger.map((row) => encodeJson(row))).toEqual(
      whole.ledger.map((row) => encodeJson(row)),
    );
  });

  it('says of every rule what really happens under it', () => {
    const rules: [Stopper, object, number][] = [
      ['sb3', { measure: 'k3', scope: 'minibatch', factor: 1.5 }, 64],
      ['cleanrl', { measure: 'k3', scope: 'epoch', factor: 1 }, 64],
      ['exact', { measure: 'exact', scope: 'minibatch', factor: 1 }, 64],
      // Full batches: then the minibatch of the next step is the whole rollout.
      ['spinningup', { measure: 'k1', scope: 'minibatch', factor: 1.5 }, 256],
    ];
    let stops = 0;
    for (const [rule, stop, size] of rules) {
      const [trace] = byUpdate(run({ stop: null, ledger: true }, size).ledger);
      const [real] = run({ stop }, size).rows;
      const foretold = counterfactualStops(trace ?? [])[rule];
      expect(real?.gradientStepsApplied, rule).toBe(foretold.steps);
      expect(real?.klOldNewMean, rule).toBe(foretold.kl);
      if (foretold.stopped) stops += 1;
    }
    expect(stops).toBeGreaterThanOrEqual(3);
  });
});
