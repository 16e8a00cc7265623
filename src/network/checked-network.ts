import type { AdamStep } from '../optimizer/adam.ts';
import { type Layout, layoutOf } from './layout.ts';
import { requireCount, requireFlat, requireRows } from './limits.ts';
import type { Activations, Network } from './network.ts';
import type { NetworkShape } from './shape.ts';

/** What a forward left behind, as its engine needs it. */
export interface Pass {
  /** [count, K] */
  readonly outputs: Float32Array;
}

/**
 * The arithmetic of an engine for one network: `Network` without its checks. Every length it is given fits, every pass is
 * that of the last forward, and nothing comes after `dispose`.
 */
export interface Arithmetic<P extends Pass> extends Pick<Network, 'allocate' | 'sumOfSquares' | 'adamStep'> {
  /** Absent: [D]. */
  readonly inputShape?: readonly number[];
  forward(parameters: Float32Array, observations: Float32Array, count: number): P;
  /** Where the outputs alone cost less than a forward. */
  infer?(parameters: Float32Array, observations: Float32Array, count: number): Float32Array;
  vjp(pass: P, count: number, dOutputs: Float32Array, gradient: Float32Array): void;
  jvp(pass: P, count: number, tangent: Float32Array, dOutputs: Float32Array): void;
  /** Frees what a pass holds: the next forward comes, or the end. */
  free?(pass: P): void;
  /** Frees what the network holds beside its passes. */
  dispose?(): void;
}

/** A pass, which a later forward makes stale. */
class CheckedActivations<P extends Pass> implements Activations {
  readonly count: number;
  readonly pass: P;
  readonly #network: CheckedNetwork<P>;

  constructor(network: CheckedNetwork<P>, pass: P, count: number) {
    this.#network = network;
    this.pass = pass;
    this.count = count;
  }

  get outputs(): Float32Array {
    return this.#network.requireCurrent(this).pass.outputs;
  }
}

/** The network of an arithmetic: what every engine refuses stands here, once. */
export class CheckedNetwork<P extends Pass> implements Network {
  readonly shape: NetworkShape;
  readonly layout: Layout;
  readonly capacity: number;
  readonly inputShape: readonly number[];
  readonly #arithmetic: Arithmetic<P>;
  readonly #width: number;
  #current: CheckedActivations<P> | undefined;
  #disposed = false;

  constructor(shape: NetworkShape, capacity: number, arithmetic: Arithmetic<P>) {
    this.shape = shape;
    this.layout = layoutOf(shape);
    this.capacity = capacity;
    this.inputShape = arithmetic.inputShape ?? [shape.inputs];
    this.#arithmetic = arithmetic;
    this.#width = shape.outputs + shape.logStd;
  }

  allocate(): Float32Array {
    this.#requireAlive();
    return this.#arithmetic.allocate();
  }

  forward(parameters: Float32Array, observations: Float32Array, count: number): Activations {
    this.#begin(parameters, observations, count);
    const pass = this.#arithmetic.forward(parameters, observations, count);
    this.#current = new CheckedActivations(this, pass, count);
    return this.#current;
  }

  infer(parameters: Float32Array, observations: Float32Array, count: number): Float32Array {
    if (this.#arithmetic.infer === undefined) return this.forward(parameters, observations, count).outputs;
    this.#begin(parameters, observations, count);
    return this.#arithmetic.infer(parameters, observations, count);
  }

  vjp(at: Activations, dOutputs: Float32Array, gradient: Float32Array): void {
    const { pass, count } = this.requireCurrent(at);
    requireRows('dOutputs', dOutputs, count, this.#width);
    requireFlat('gradient', gradient, this.layout.size);
    this.#arithmetic.vjp(pass, count, dOutputs, gradient);
  }

  jvp(at: Activations, tangent: Float32Array, dOutputs: Float32Array): void {
    const { pass, count } = this.requireCurrent(at);
    requireFlat('tangent', tangent, this.layout.size);
    requireRows('dOutputs', dOutputs, count, this.#width);
    this.#arithmetic.jvp(pass, count, tangent, dOutputs);
  }

  sumOfSquares(vector: Float32Array): number {
    this.#requireAlive();
    requireFlat('vector', vector, this.layout.size);
    return this.#arithmetic.sumOfSquares(vector);
  }

  adamStep(
    parameters: Float32Array,
    gradient: Float32Array,
    firstMoment: Float32Array,
    secondMoment: Float32Array,
    step: AdamStep,
  ): void {
    const { size } = this.layout;
    this.#requireAlive();
    requireFlat('parameters', parameters, size);
    requireFlat('gradient', gradient, size);
    requireFlat('firstMoment', firstMoment, size);
    requireFlat('secondMoment', secondMoment, size);
    this.#arithmetic.adamStep(parameters, gradient, firstMoment, secondMoment, step);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#forget();
    this.#disposed = true;
    this.#arithmetic.dispose?.();
  }

  /** @throws Error unless `at` is what the last forward returned */
  requireCurrent(at: Activations): CheckedActivations<P> {
    this.#requireAlive();
    if (this.#current === undefined || at !== this.#current) {
      throw new Error('these activations are stale: a later forward has overwritten them');
    }
    return this.#current;
  }

  /** Checks what a forward is given, and ends the one before it. */
  #begin(parameters: Float32Array, observations: Float32Array, count: number): void {
    this.#requireAlive();
    requireCount(count, this.capacity);
    requireFlat('parameters', parameters, this.layout.size);
    requireRows('observations', observations, count, this.shape.inputs);
    this.#forget();
  }

  #forget(): void {
    if (this.#current !== undefined) this.#arithmetic.free?.(this.#current.pass);
    this.#current = undefined;
  }

  #requireAlive(): void {
    if (this.#disposed) throw new Error('the network was disposed of');
  }
}
