import type { AdamStep } from '../../src/optimizer/adam.ts';
import type { Network } from '../../src/network/network.ts';
import type { NetworkShape } from '../../src/network/shape.ts';
import { initialize } from '../../src/network/orthogonal.ts';
import { loadWasmEngine } from '../../src/node/load-engine.ts';
import { instantiateKernels, PAGE } from '../../src/network/wasm-kernels.ts';
import { compileKernels, RELAXED } from '../../src/node/kernels.ts';
import { randomStream } from '../../src/random/random.ts';
import { type Figure, timeCall } from './measure.ts';

const random = randomStream(1, 'bench');
/** What was computed goes here, so that none of it is optimised away. */
let sink = 0;

function normals(length: number): Float32Array {
  return Float32Array.from({ length }, () => random.normal());
}

/** GFLOP/s of the three products of a 64×64 layer on 128 samples. The best of them is this machine's peak. */
export function benchProducts(fastMath: boolean, rounds: number): Figure[] {
  const module = fastMath ? compileKernels(RELAXED) : compileKernels();
  const { kernels, buffer } = instantiateKernels(module, () => ({ end: 16 * PAGE }));
  const row = kernels.ROW.value;
  const x = 1 << 16;
  const y = x + 64 * row;
  const w = y + 64 * row;
  const g = w + 4 * 64 * 64;
  const zeros = g + 4 * 64 * 64;
  const scratch = zeros + 4 * 64;
  new Float32Array(buffer).set(normals((g - x) / 4), x / 4);
  const products = {
    'forward product 64×64×128': () => kernels.affine(x, w, 4, 256, g, y, row, 64, 64, 128),
    'backward product for inputs': () => kernels.affine(x, w, 256, 4, g, y, row, 64, 64, 128),
    'backward product for weights': () => kernels.weightGradient(x, y, g, 64, 64, 128, 0, zeros, scratch),
  };
  const section = fastMath ? 'kernels, fast math' : 'kernels';
  const figures = Object.entries(products).map(([name, run]) => {
    const value = (2 * 64 * 64 * 128) / timeCall(run, rounds);
    return { section, name, value, unit: 'GFLOP/s' };
  });
  const peak = Math.max(...figures.map((figure) => figure.value));
  return [...figures, { section, name: 'best product', value: peak, unit: 'GFLOP/s' }];
}

/** Multiply-adds of a forward pass for one sample, times two. */
export function flopOf({ inputs, hidden, outputs }: NetworkShape): number {
  const widths = [inputs, ...hidden, outputs];
  return widths.slice(1).reduce((sum, width, i) => sum + 2 * width * (widths[i] as number), 0);
}

/** A network with parameters to compute at. */
function prepare(
  width: number,
  fastMath: boolean,
  capacity: number,
): { network: Network; parameters: Float32Array; gradient: Float32Array } {
  const shape: NetworkShape = {
    inputs: 4,
    hidden: [width, width],
    outputs: 2,
    activation: 'tanh',
    logStd: 0,
  };
  const network = loadWasmEngine(fastMath).create(shape, capacity);
  const parameters = network.allocate();
  const gains = { hiddenGain: Math.SQRT2, headGain: 1, logStd: 0 };
  initialize(network.layout, shape, gains, random, parameters);
  return { network, parameters, gradient: network.allocate() };
}

/** Microseconds and GFLOP/s of forward, vjp, jvp and Adam for 4-width-width-2. */
export function benchNetwork(width: number, count: number, fastMath: boolean, rounds: number): Figure[] {
  const { network, parameters, gradient } = prepare(width, fastMath, count);
  const section = `network 4-${width}-${width}-2, ${count} samples${fastMath ? ', fast math' : ''}`;
  const flop = flopOf(network.shape) * count;
  // The first layer's inputs need no gradient: that product is not done, nor counted.
  const twice = 2 * flop - 2 * 4 * width * count;
  const observations = normals(count * 4);
  const u = normals(count * 2);
  const change = new Float32Array(count * 2);
  const moments = [network.allocate(), network.allocate()];
  const step: AdamStep = {
    gradientScale: 0.5,
    learningRate: 1e-9,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-5,
    biasCorrection1: 0.1,
    biasCorrection2: 0.001,
  };
  const report = (name: string, work: number, run: () => void): Figure[] => {
    const nanoseconds = timeCall(run, rounds);
    const figures = [{ section, name, value: nanoseconds / 1000, unit: 'µs' }];
    if (work > 0) figures.push({ section, name, value: work / nanoseconds, unit: 'GFLOP/s' });
    return figures;
  };
  const forward = report('forward', flop, () => {
    sink += network.forward(parameters, observations, count).outputs[0] as number;
  });
  const at = network.forward(parameters, observations, count);
  const figures = [
    ...forward,
    ...report('vjp', twice, () => network.vjp(at, u, gradient)),
    ...report('jvp', twice, () => network.jvp(at, parameters, change)),
    ...report('Adam', 0, () => network.adamStep(parameters, gradient, moments[0], moments[1], step)),
  ];
  network.dispose();
  if (!Number.isFinite(sink)) throw new Error('the network gave no finite outputs');
  return figures;
}
