import type { AdamStep } from '../optimizer/adam.ts';
import { type Arithmetic, CheckedNetwork, type Pass } from './checked-network.ts';
import { type Layer, layersOf, layoutOf } from './layout.ts';
import { requireShape } from './limits.ts';
import type { Engine } from './network.ts';
import type { NetworkShape } from './shape.ts';
import {
  createWasmTile,
  instantiateKernels,
  type KernelProgram,
  type Kernels,
  LINE,
} from './wasm-kernels.ts';

/**
 * SIMD kernels on WebAssembly memory.
 * @param compile called once, when the first network is made
 * @param fastMath whether they are those with relaxed SIMD, where the processor may round a·b + c once: faster, but not
 *   the same bits on every processor
 */
export function createWasmEngine(compile: () => KernelProgram, fastMath = false): Engine {
  let program: KernelProgram | undefined;
  return {
    name: 'wasm',
    fastMath,
    create(shape, capacity) {
      requireShape(shape, capacity);
      program ??= compile();
      return new CheckedNetwork(shape, capacity, new WasmArithmetic(program, shape, capacity));
    },
    createTile(size) {
      program ??= compile();
      return createWasmTile(program, size);
    },
  };
}

/** Flat vectors a network can allocate; pages never written to cost nothing. */
const ALLOCATIONS = 16;
/** Copies of foreign vectors: the parameters of the last forward, then up to four a call (Adam). */
const COPIES = 5;
/** Up to so many samples (rollouts of few copies) layers are computed row-major; a multiple of four. */
const FEW = 8;

/** Where everything stands in a network's memory, in bytes. */
interface MemoryPlan {
  readonly allocations: number;
  readonly copies: number;
  /** From one flat vector to the next. */
  readonly vectorStep: number;
  /** [capacity, D] row-major. */
  readonly observations: number;
  /** [capacity, K] row-major. */
  readonly outputs: number;
  /** [capacity, K] row-major. */
  readonly dOutputs: number;
  /** As many zeros as the widest layer has rows: the bias of a product, or of a layer, that has none. */
  readonly zeros: number;
  /** Outputs of each layer for `FEW` samples, row-major, rows padded to multiples of four. */
  readonly fewSamples: number;
  /** Two sets of rows for derivatives on their way through the layers. */
  readonly scratch: readonly [number, number];
  /** What `weightGradient` transposes into: a row a sample. */
  readonly transposed: number;
  /** Panels of activations: rows of observations, of each hidden layer, of outputs. */
  readonly panels: number;
  readonly panelStep: number;
  readonly end: number;
}

function planMemory(
  kernels: Pick<Kernels, 'FREE' | 'ROW' | 'PANEL_SAMPLES'>,
  shape: NetworkShape,
  size: number,
  capacity: number,
): MemoryPlan {
  const row = kernels.ROW.value;
  const width = shape.outputs + shape.logStd;
  const widest = Math.max(shape.inputs, ...shape.hidden, width);
  const rows = shape.inputs + shape.hidden.reduce((sum, h) => sum + h, 0) + width;
  let end = kernels.FREE.value;
  const take = (bytes: number, times = 1): number => {
    const start = Math.ceil(end / LINE) * LINE;
    end = start + bytes * times;
    return start;
  };
  const vectorStep = Math.ceil((4 * size) / LINE) * LINE;
  const panelStep = Math.ceil((rows * row) / LINE) * LINE;
  return {
    vectorStep,
    panelStep,
    allocations: take(vectorStep, ALLOCATIONS),
    copies: take(vectorStep, COPIES),
    observations: take(4 * capacity * shape.inputs),
    outputs: take(4 * capacity * width),
    dOutputs: take(4 * capacity * width),
    zeros: take(4 * widest),
    fewSamples: take(FEW * [...shape.hidden, shape.outputs].reduce((sum, w) => sum + paddedRow(w), 0)),
    scratch: [take(widest * row), take(widest * row)],
    transposed: take(kernels.PANEL_SAMPLES.value * row),
    panels: take(panelStep, Math.ceil(capacity / kernels.PANEL_SAMPLES.value)),
    end,
  };
}

/** Bytes of a row of that many floats, padded to whole vectors of four. */
function paddedRow(width: number): number {
  return (4 * width + 15) & ~15;
}

/** Views of one batch size, kept (at most one pair per count) so that a forward makes no typed array. */
interface BatchViews {
  readonly outputs: Float32Array;
  readonly dOutputs: Float32Array;
}

/** The outputs, and a pointer to the parameters that made them. */
interface WasmPass extends Pass {
  readonly parameters: number;
}

class WasmArithmetic implements Arithmetic<WasmPass> {
  readonly #shape: NetworkShape;
  /** Of a flat vector. */
  readonly #size: number;
  readonly #kernels: Kernels;
  readonly #buffer: ArrayBufferLike;
  readonly #plan: MemoryPlan;
  readonly #layers: readonly Layer[];
  readonly #width: number;
  readonly #row: number;
  readonly #panelSamples: number;
  readonly #copies: readonly Float32Array[];
  readonly #observations: Float32Array;
  readonly #dOutputs: Float32Array;
  readonly #views = new Map<number, BatchViews>();
  #allocated = 0;

  constructor(program: KernelProgram, shape: NetworkShape, capacity: number) {
    this.#shape = shape;
    this.#size = layoutOf(shape).size;
    this.#layers = layersOf(shape);
    this.#width = shape.outputs + shape.logStd;
    // A memory of the size the network needs, for good: growing one detaches every view of it. Each network has its
    // own, so that two can live on two threads.
    const { kernels, buffer, plan } = instantiateKernels(program, (constants) =>
      planMemory(constants, shape, this.#size, capacity),
    );
    this.#kernels = kernels;
    this.#plan = plan;
    this.#row = kernels.ROW.value;
    this.#panelSamples = kernels.PANEL_SAMPLES.value;
    this.#buffer = buffer;
    this.#copies = Array.from(
      { length: COPIES },
      (_, i) => new Float32Array(buffer, plan.copies + i * plan.vectorStep, this.#size),
    );
    this.#observations = new Float32Array(buffer, plan.observations, capacity * shape.inputs);
    this.#dOutputs = new Float32Array(buffer, plan.dOutputs, capacity * this.#width);
  }

  allocate(): Float32Array {
    if (this.#allocated === ALLOCATIONS) {
      throw new RangeError(`a network holds ${ALLOCATIONS} allocated vectors, and all are taken`);
    }
    const { allocations, vectorStep } = this.#plan;
    return new Float32Array(this.#buffer, allocations + this.#allocated++ * vectorStep, this.#size);
  }

  forward(parameters: Float32Array, observations: Float32Array, count: number): WasmPass {
    const flat = this.#resident(parameters, 0);
    this.#forwardPanels(flat, observations, count);
    return { outputs: this.#viewsOf(count).outputs, parameters: flat };
  }

  infer(parameters: Float32Array, observations: Float32Array, count: number): Float32Array {
    const flat = this.#resident(parameters, 0);
    if (count > FEW) this.#forwardPanels(flat, observations, count);
    else this.#inferFew(flat, observations, count);
    return this.#viewsOf(count).outputs;
  }

  vjp({ parameters }: WasmPass, count: number, dOutputs: Float32Array, gradient: Float32Array): void {
    const source = this.#residentRows(dOutputs, this.#dOutputs, count * this.#width);
    const resident = this.#isResident(gradient);
    const sums = resident ? gradient.byteOffset : this.#copyAt(1).byteOffset;
    const bytes = 4 * this.#width * this.#panelSamples;
    for (let start = 0, panel = 0; start < count; start += this.#panelSamples, panel++) {
      const samples = Math.min(this.#panelSamples, count - start);
      this.#backwardPanel(parameters, source + panel * bytes, panel, samples, sums);
    }
    if (!resident) gradient.set(this.#copyAt(1));
  }

  jvp({ parameters }: WasmPass, count: number, tangent: Float32Array, dOutputs: Float32Array): void {
    const direction = this.#resident(tangent, 1);
    const resident = this.#isResident(dOutputs);
    const target = resident ? dOutputs.byteOffset : this.#plan.dOutputs;
    const bytes = 4 * this.#width * this.#panelSamples;
    for (let start = 0, panel = 0; start < count; start += this.#panelSamples, panel++) {
      const samples = Math.min(this.#panelSamples, count - start);
      this.#tangentPanel(parameters, direction, panel, samples, target + panel * bytes);
    }
    if (!resident) dOutputs.set(this.#viewsOf(count).dOutputs);
  }

  sumOfSquares(vector: Float32Array): number {
    return this.#kernels.sumOfSquares(this.#resident(vector, 1), vector.length);
  }

  adamStep(
    parameters: Float32Array,
    gradient: Float32Array,
    firstMoment: Float32Array,
    secondMoment: Float32Array,
    step: AdamStep,
  ): void {
    this.#kernels.adam(
      this.#resident(parameters, 1),
      this.#resident(gradient, 2),
      this.#resident(firstMoment, 3),
      this.#resident(secondMoment, 4),
      this.#size,
      step.gradientScale,
      step.learningRate / step.biasCorrection1,
      step.beta1,
      1 - step.beta1,
      step.beta2,
      1 - step.beta2,
      1 / Math.sqrt(step.biasCorrection2),
      step.epsilon,
    );
    if (!this.#isResident(parameters)) parameters.set(this.#copyAt(1));
    if (!this.#isResident(firstMoment)) firstMoment.set(this.#copyAt(3));
    if (!this.#isResident(secondMoment)) secondMoment.set(this.#copyAt(4));
  }

  dispose(): void {
    this.#views.clear();
  }

  #forwardPanels(flat: number, observations: Float32Array, count: number): void {
    const { inputs } = this.#shape;
    const source = this.#residentRows(observations, this.#observations, count * inputs);
    const inBytes = 4 * inputs * this.#panelSamples;
    const outBytes = 4 * this.#width * this.#panelSamples;
    for (let start = 0, panel = 0; start < count; start += this.#panelSamples, panel++) {
      const samples = Math.min(this.#panelSamples, count - start);
      const outputs = this.#plan.outputs + panel * outBytes;
      this.#forwardPanel(flat, source + panel * inBytes, panel, samples, outputs);
    }
  }

  /** observations → rows of the panel, layer by layer → outputs. All arguments but panel and count: bytes. */
  #forwardPanel(flat: number, observations: number, panel: number, count: number, outputs: number): void {
    const kernels = this.#kernels;
    const samples = (count + 3) & ~3;
    const last = this.#layers.length - 1;
    let x = this.#plan.panels + panel * this.#plan.panelStep;
    kernels.pack(observations, x, count, this.#shape.inputs);
    for (let l = 0; l <= last; l++) {
      const layer = this.#layers[l] as Layer;
      const y = x + layer.inputs * this.#row;
      const weight = flat + 4 * layer.weight;
      const bias = this.#biasOf(flat, layer);
      kernels.affine(
        x,
        weight,
        4,
        4 * layer.outputs,
        bias,
        y,
        this.#row,
        layer.inputs,
        layer.outputs,
        samples,
      );
      if (l < last) this.#activate(y, layer.outputs, samples);
      x = y;
    }
    const { logStd } = this.#shape;
    if (logStd > 0) {
      const values = flat + 4 * (this.#size - logStd);
      kernels.fillRows(values, x + this.#shape.outputs * this.#row, logStd, samples);
    }
    kernels.unpack(x, outputs, count, this.#width);
  }

  /** The outputs of at most `FEW` samples, row-major: vectors along the outputs are full, those of samples not. */
  #inferFew(flat: number, observations: Float32Array, count: number): void {
    const kernels = this.#kernels;
    const shape = this.#shape;
    const last = this.#layers.length - 1;
    let x = this.#residentRows(observations, this.#observations, count * shape.inputs);
    let xStep = 4 * shape.inputs;
    let y = this.#plan.fewSamples;
    for (let l = 0; l <= last; l++) {
      const layer = this.#layers[l] as Layer;
      const { inputs, outputs, weight } = layer;
      const yStep = paddedRow(outputs);
      kernels.affineFewSamples(
        x,
        xStep,
        flat + 4 * weight,
        this.#biasOf(flat, layer),
        y,
        yStep,
        inputs,
        outputs,
        count,
      );
      if (l < last) this.#activate(y, 1, (count * yStep) / 4);
      x = y;
      xStep = yStep;
      y += FEW * yStep;
    }
    const logStd = flat + 4 * (this.#size - shape.logStd);
    kernels.joinOutputs(x, xStep, shape.outputs, logStd, shape.logStd, this.#plan.outputs, count);
  }

  /** Adds the panel's part of the gradient to `sums` (the first panel overwrites). */
  #backwardPanel(flat: number, dOutputs: number, panel: number, count: number, sums: number): void {
    const kernels = this.#kernels;
    const { scratch, transposed, zeros } = this.#plan;
    const samples = (count + 3) & ~3;
    const accumulate = panel > 0 ? 1 : 0;
    let [dy, dx] = scratch;
    let x = this.#lastInput(panel);
    kernels.pack(dOutputs, dy, count, this.#width);
    // logStd stands right behind the last bias, in the parameters as among the rows: one call sums both.
    let biases = this.#width;
    const { logStd, bias: hasBias } = this.#shape;
    if (hasBias === false && logStd > 0)
      kernels.rowSums(
        dy + this.#shape.outputs * this.#row,
        sums + 4 * (this.#size - logStd),
        logStd,
        samples,
        accumulate,
      );
    for (let l = this.#layers.length - 1; l >= 0; l--) {
      const { inputs, outputs, weight, bias } = this.#layers[l] as Layer;
      kernels.weightGradient(
        x,
        dy,
        sums + 4 * weight,
        inputs,
        outputs,
        samples,
        accumulate,
        zeros,
        transposed,
      );
      if (bias !== undefined) kernels.rowSums(dy, sums + 4 * bias, biases, samples, accumulate);
      if (l === 0) break;
      kernels.affine(dy, flat + 4 * weight, 4 * outputs, 4, zeros, dx, this.#row, outputs, inputs, samples);
      this.#multiplyByDerivative(dx, x, inputs, samples);
      [dy, dx] = [dx, dy];
      biases = inputs;
      x -= (this.#layers[l - 1] as Layer).inputs * this.#row;
    }
  }

  /** The change of the panel's outputs along `tangent`. */
  #tangentPanel(flat: number, tangent: number, panel: number, count: number, dOutputs: number): void {
    const kernels = this.#kernels;
    const samples = (count + 3) & ~3;
    const last = this.#layers.length - 1;
    const row = this.#row;
    let [dy, dx] = this.#plan.scratch;
    let x = this.#plan.panels + panel * this.#plan.panelStep;
    for (let l = 0; l <= last; l++) {
      const layer = this.#layers[l] as Layer;
      const { inputs, outputs, weight } = layer;
      const step = 4 * outputs;
      const bias = this.#biasOf(tangent, layer);
      kernels.affine(x, tangent + 4 * weight, 4, step, bias, dy, row, inputs, outputs, samples);
      if (l > 0) kernels.affine(dx, flat + 4 * weight, 4, step, 0, dy, row, inputs, outputs, samples);
      x += inputs * this.#row;
      if (l < last) this.#multiplyByDerivative(dy, x, outputs, samples);
      [dy, dx] = [dx, dy];
    }
    const { logStd } = this.#shape;
    if (logStd > 0) {
      const values = tangent + 4 * (this.#size - logStd);
      kernels.fillRows(values, dx + this.#shape.outputs * this.#row, logStd, samples);
    }
    kernels.unpack(dx, dOutputs, count, this.#width);
  }

  /** Pointer to the bias of a layer in a flat vector; to zeros where it has none. */
  #biasOf(flat: number, { bias }: Layer): number {
    return bias === undefined ? this.#plan.zeros : flat + 4 * bias;
  }

  #activate(h: number, rows: number, samples: number): void {
    if (this.#shape.activation === 'tanh') this.#kernels.tanhRows(h, rows, samples);
    else this.#kernels.reluRows(h, rows, samples);
  }

  #multiplyByDerivative(d: number, h: number, rows: number, samples: number): void {
    if (this.#shape.activation === 'tanh') this.#kernels.tanhDerivative(d, h, rows, samples);
    else this.#kernels.reluDerivative(d, h, rows, samples);
  }

  /** Pointer to the rows that the last layer reads. */
  #lastInput(panel: number): number {
    let x = this.#plan.panels + panel * this.#plan.panelStep;
    for (let l = 0; l < this.#layers.length - 1; l++) x += (this.#layers[l] as Layer).inputs * this.#row;
    return x;
  }

  #isResident(vector: Float32Array): boolean {
    return vector.buffer === this.#buffer;
  }

  /** Pointer to a flat vector in this memory: its own, or that of its copy. */
  #resident(vector: Float32Array, copy: number): number {
    if (this.#isResident(vector)) return vector.byteOffset;
    const target = this.#copyAt(copy);
    target.set(vector);
    return target.byteOffset;
  }

  #copyAt(copy: number): Float32Array {
    return this.#copies[copy] as Float32Array;
  }

  /** Pointer to the first `length` numbers of a batch in this memory. */
  #residentRows(batch: Float32Array, target: Float32Array, length: number): number {
    if (this.#isResident(batch)) return batch.byteOffset;
    if (batch.length === length) target.set(batch);
    else for (let i = 0; i < length; i++) target[i] = batch[i] as number;
    return target.byteOffset;
  }

  #viewsOf(count: number): BatchViews {
    let views = this.#views.get(count);
    if (views === undefined) {
      const length = count * this.#width;
      views = {
        outputs: new Float32Array(this.#buffer, this.#plan.outputs, length),
        dOutputs: new Float32Array(this.#buffer, this.#plan.dOutputs, length),
      };
      this.#views.set(count, views);
    }
    return views;
  }
}
