// Time and rate of the wasm engine's pieces: `npx tsx test/bench/kernels.bench.ts`. Medians of 15 rounds of
// about 10 ms each, warmed up; the sizes are those of CartPole at 4 environments and minibatches of 128.

import type { AdamStep } from '../../src/optimizer/adam.ts';
import type { Network, NetworkShape } from '../../src/network/network.ts';
import { initialize } from '../../src/network/orthogonal.ts';
import { compileKernels, instantiateKernels, loadWasmEngine } from '../../src/network/wasm.ts';
import { randomStream } from '../../src/random/random.ts';

const ROUNDS = 15;
const ROUND_NANOSECONDS = 10e6;
const random = randomStream(1, 'bench');
let sink = 0;

function repeat(run: () => void, times: number): number {
  const start = process.hrtime.bigint();
  for (let i = 0; i < times; i++) run();
  return Number(process.hrtime.bigint() - start) / times;
}

/** Median nanoseconds of one call. */
function time(run: () => void): number {
  repeat(run, 1000);
  const times = Math.max(1, Math.round(ROUND_NANOSECONDS / repeat(run, 1000)));
  const rounds = Array.from({ length: ROUNDS }, () => repeat(run, times)).sort((a, b) => a - b);
  return rounds[ROUNDS >> 1] as number;
}

function report(name: string, flop: number, run: () => void): number {
  const nanoseconds = time(run);
  const rate = flop > 0 ? `${(flop / nanoseconds).toFixed(1).padStart(8)} GFLOP/s` : '';
  console.log(`${name.padEnd(34)}${nanoseconds.toFixed(0).padStart(9)} ns${rate}`);
  return nanoseconds;
}

function normals(length: number): Float32Array {
  return Float32Array.from({ length }, () => random.normal());
}

function benchProducts(): void {
  const memory = new WebAssembly.Memory({ initial: 16 });
  const kernels = instantiateKernels(compileKernels(), memory);
  const row = kernels.ROW.value;
  const x = 1 << 16;
  const y = x + 64 * row;
  const w = y + 64 * row;
  const g = w + 4 * 64 * 64;
  new Float32Array(memory.buffer).set(normals((g - x) / 4), x / 4);
  const flop = 2 * 64 * 64 * 128;
  report('product 64×64×128: y = Wᵀx', flop, () => kernels.affine(x, w, 4, 256, g, y, 64, 64, 128));
  report('product 64×64×128: dx = W·dy', flop, () => kernels.affine(x, w, 256, 4, g, y, 64, 64, 128));
  report('product 64×64×128: dW = x·dyᵀ', flop, () => kernels.weightGradient(x, y, g, 64, 64, 128, 0));
  report('tanh of 64×128', 0, () => kernels.tanhRows(y, 64, 128));
  report('derivative of tanh of 64×128', 0, () => kernels.tanhDerivative(x, y, 64, 128));
}

/** Multiply-adds of a forward pass for one sample, times two. */
function flopOf({ inputs, hidden, outputs }: NetworkShape): number {
  const widths = [inputs, ...hidden, outputs];
  return widths.slice(1).reduce((sum, width, i) => sum + 2 * width * (widths[i] as number), 0);
}

/** A network with one minibatch: forward, vjp, and Adam on memory of its own. */
function prepare(outputs: number): { network: Network; parameters: Float32Array; gradient: Float32Array } {
  const shape: NetworkShape = { inputs: 4, hidden: [64, 64], outputs, activation: 'tanh', logStd: 0 };
  const network = loadWasmEngine().create(shape, 512);
  const parameters = network.allocate();
  const gains = { hiddenGain: Math.SQRT2, headGain: 1, logStd: 0 };
  initialize(network.layout, shape, gains, random, parameters);
  return { network, parameters, gradient: network.allocate() };
}

function benchNetwork(outputs: number): number {
  const { network, parameters, gradient } = prepare(outputs);
  const name = `4-64-64-${outputs}`;
  const flop = flopOf(network.shape);
  let minibatch = 0;
  for (const count of [128, 4]) {
    const observations = normals(count * 4);
    const u = normals(count * outputs);
    const change = new Float32Array(count * outputs);
    // The first layer's inputs need no gradient: that product is not done, nor counted.
    const backward = (2 * flop - 2 * 4 * 64) * count;
    const tangent = (2 * flop - 2 * 4 * 64) * count;
    const forward = report(`${name} forward, ${count} samples`, flop * count, () => {
      sink += network.forward(parameters, observations, count).outputs[0] as number;
    });
    const at = network.forward(parameters, observations, count);
    const vjp = report(`${name} vjp, ${count} samples`, backward, () => network.vjp(at, u, gradient));
    report(`${name} jvp, ${count} samples`, tangent, () => network.jvp(at, parameters, change));
    if (count === 128) minibatch += forward + vjp;
  }
  const [first, second] = [network.allocate(), network.allocate()];
  const step: AdamStep = {
    gradientScale: 0.5,
    learningRate: 1e-9,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-5,
    biasCorrection1: 0.1,
    biasCorrection2: 0.001,
  };
  const norm = report(`${name} sum of squares`, 0, () => {
    sink += network.sumOfSquares(gradient);
  });
  const adam = report(`${name} Adam`, 0, () => network.adamStep(parameters, gradient, first, second, step));
  return minibatch + norm + adam;
}

benchProducts();
const total = benchNetwork(2) + benchNetwork(1);
console.log(`\none minibatch of 128, both networks: ${(total / 1000).toFixed(0)} µs`);
if (!Number.isFinite(sink)) throw new Error('the networks gave no finite outputs');
