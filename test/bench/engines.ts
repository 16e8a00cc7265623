/**
 * One PPO update of two 4-64-64 networks on a batch of 64 by every engine there is, beside the same loss in
 * plain TensorFlow.js (layers, variableGrads, its own Adam).
 *   npx tsx test/bench/engines.ts
 */
import * as tf from '@tensorflow/tfjs-core';
import { loadEngine, surveyEngines } from '../../src/node/load-engine.ts';
import type { Engine, Network } from '../../src/network/network.ts';
import { initialize } from '../../src/network/orthogonal.ts';
import { Adam } from '../../src/optimizer/adam.ts';
import { randomStream } from '../../src/random/random.ts';

const BATCH = 64;
const random = randomStream(1, 'bench');
const uniform = (length: number): Float32Array => Float32Array.from({ length }, () => random.uniform() - 0.5);
const observations = uniform(BATCH * 4);
const advantages = uniform(BATCH);
const returns = uniform(BATCH);
const actions = Float32Array.from({ length: BATCH }, (_, i) => i % 2);
const old = new Float32Array(BATCH).fill(Math.log(0.5));

/** Milliseconds a call, the median of `rounds` rounds of `calls` calls after a warm-up. */
function milliseconds(step: () => void, rounds = 9, calls = 20): number {
  for (let i = 0; i < calls; i++) step();
  const times = Array.from({ length: rounds }, () => {
    const start = performance.now();
    for (let i = 0; i < calls; i++) step();
    return (performance.now() - start) / calls;
  });
  return times.sort((a, b) => a - b)[rounds >> 1] as number;
}

/** forward, clipped surrogate and squared error written out, vjp, Adam. */
function leashUpdate(engine: Engine): () => void {
  const learner = (outputs: number) => {
    const shape = { inputs: 4, hidden: [64, 64], outputs, activation: 'tanh', logStd: 0 } as const;
    const network: Network = engine.create(shape, BATCH);
    const parameters = network.allocate();
    initialize(network.layout, shape, { hiddenGain: 1.4, headGain: 0.01, logStd: 0 }, random, parameters);
    const optimizer = new Adam(network, { adamBeta1: 0.9, adamBeta2: 0.999, adamEpsilon: 1e-5 });
    return { network, parameters, gradient: network.allocate(), optimizer };
  };
  const [policy, value] = [learner(2), learner(1)];
  const dLogits = new Float32Array(BATCH * 2);
  const dValues = new Float32Array(BATCH);
  return () => {
    const logits = policy.network.forward(policy.parameters, observations, BATCH);
    for (let i = 0; i < BATCH; i++) {
      const [a, b] = [logits.outputs[2 * i] as number, logits.outputs[2 * i + 1] as number];
      const p = 1 / (1 + Math.exp(a - b));
      const chosen = actions[i] === 1 ? p : 1 - p;
      const weight = (-(advantages[i] as number) * chosen) / 0.5 / BATCH;
      dLogits[2 * i] = weight * ((actions[i] === 0 ? 1 : 0) - (1 - p));
      dLogits[2 * i + 1] = weight * ((actions[i] === 1 ? 1 : 0) - p);
    }
    policy.network.vjp(logits, dLogits, policy.gradient);
    const values = value.network.forward(value.parameters, observations, BATCH);
    for (let i = 0; i < BATCH; i++)
      dValues[i] = ((values.outputs[i] as number) - (returns[i] as number)) / BATCH;
    value.network.vjp(values, dValues, value.gradient);
    const norm = Math.sqrt(
      policy.network.sumOfSquares(policy.gradient) + value.network.sumOfSquares(value.gradient),
    );
    for (const { optimizer, parameters, gradient } of [policy, value])
      optimizer.step(parameters, gradient, Math.min(1, 0.5 / norm), 3e-4);
  };
}

/** The same as one would write it with TensorFlow.js alone. */
function plainUpdate(): () => void {
  const dense = (inputs: number, outputs: number): [tf.Variable, tf.Variable] => [
    tf.variable(tf.randomNormal([inputs, outputs], 0, 0.3)),
    tf.variable(tf.zeros([outputs])),
  ];
  const net = (outputs: number) => [dense(4, 64), dense(64, 64), dense(64, outputs)];
  const run = (layers: [tf.Variable, tf.Variable][], x: tf.Tensor): tf.Tensor =>
    layers.reduce((h, [w, b], l) => {
      const z = tf.add(tf.matMul(h, w), b);
      return l < 2 ? tf.tanh(z) : z;
    }, x);
  const [policy, value] = [net(2), net(1)];
  const optimizer = tf.train.adam(3e-4, 0.9, 0.999, 1e-5);
  return () =>
    tf.tidy(() => {
      const x = tf.tensor2d(observations, [BATCH, 4]);
      const chosen = tf.oneHot(tf.tensor1d(actions, 'int32'), 2);
      const { grads } = tf.variableGrads(() => {
        const logProbs = tf.logSoftmax(run(policy, x));
        const ratio = tf.exp(tf.sub(tf.sum(tf.mul(logProbs, chosen), 1), tf.tensor1d(old)));
        const advantage = tf.tensor1d(advantages);
        const clipped = tf.mul(tf.clipByValue(ratio, 0.8, 1.2), advantage);
        const surrogate = tf.neg(tf.mean(tf.minimum(tf.mul(ratio, advantage), clipped)));
        const error = tf.square(tf.sub(tf.squeeze(run(value, x), [1]), tf.tensor1d(returns)));
        return tf.add(surrogate, tf.mul(0.5, tf.mean(error))) as tf.Scalar;
      });
      const squares = Object.values(grads).map((g) => tf.sum(tf.square(g)));
      const norm = Math.sqrt(tf.addN(squares).dataSync()[0] as number);
      const scale = Math.min(1, 0.5 / norm);
      optimizer.applyGradients(
        Object.fromEntries(Object.entries(grads).map(([name, g]) => [name, tf.mul(g, scale)])),
      );
    });
}

for (const { engine, backend, missing } of await surveyEngines()) {
  const name = backend === undefined ? engine : `${engine} ${backend}`;
  if (missing !== undefined) {
    console.log(`${name}: skipped, ${missing}`);
    continue;
  }
  const ours = milliseconds(leashUpdate(await loadEngine(engine, { tfjsBackend: backend })));
  const plain = backend === undefined ? undefined : milliseconds(plainUpdate());
  const beside = plain === undefined ? '' : `; plain TensorFlow.js ${plain.toFixed(2)} ms`;
  console.log(`${name}: ${ours.toFixed(3)} ms an update${beside}`);
}
