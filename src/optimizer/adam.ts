import type { Stateful } from '../elementary/state.ts';

/** The flat-vector arithmetic that the optimiser leaves to the engine. */
export interface VectorArithmetic {
  allocate(): Float32Array;
  adamStep(
    parameters: Float32Array,
    gradient: Float32Array,
    firstMoment: Float32Array,
    secondMoment: Float32Array,
    step: AdamStep,
  ): void;
}

/** Constants of one Adam step; see `Adam.step`. */
export interface AdamStep {
  /** Multiplies the gradient first (global-norm clipping). */
  readonly gradientScale: number;
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** 1 − β1^t */
  readonly biasCorrection1: number;
  /** 1 − β2^t */
  readonly biasCorrection2: number;
}

/** Adam's constants, as in `optimizer` of the config. */
export interface AdamSettings {
  readonly adamBeta1: number;
  readonly adamBeta2: number;
  readonly adamEpsilon: number;
}

/** Both moments and how many steps they were taken over. */
export type AdamState = {
  readonly firstMoment: Float32Array;
  readonly secondMoment: Float32Array;
  readonly steps: number;
};

/**
 * Adam [Kingma & Ba, arXiv 1412.6980, algorithm 1] on one flat parameter vector, as PyTorch computes it:
 *   m ← β1 m + (1−β1) g,  v ← β2 v + (1−β2) g²,  θ ← θ − lr/(1−β1^t) · m / (√v/√(1−β2^t) + ε)
 */
export class Adam implements Stateful<AdamState> {
  readonly firstMoment: Float32Array;
  readonly secondMoment: Float32Array;
  readonly settings: AdamSettings;
  steps = 0;
  // β^t by repeated products: Math.pow is not the same bits on every machine.
  private power1 = 1;
  private power2 = 1;
  private readonly arithmetic: VectorArithmetic;

  constructor(arithmetic: VectorArithmetic, settings: AdamSettings) {
    this.arithmetic = arithmetic;
    this.settings = settings;
    this.firstMoment = arithmetic.allocate();
    this.secondMoment = arithmetic.allocate();
  }

  /** As if `steps` steps had been taken; the moments are the caller's to set. */
  continueFrom(steps: number): void {
    this.steps = steps;
    this.power1 = 1;
    this.power2 = 1;
    for (let i = 0; i < steps; i++) {
      this.power1 *= this.settings.adamBeta1;
      this.power2 *= this.settings.adamBeta2;
    }
  }

  /** One step along `gradient` times `scale`, in place. */
  step(parameters: Float32Array, gradient: Float32Array, scale: number, learningRate: number): void {
    const { adamBeta1: beta1, adamBeta2: beta2, adamEpsilon: epsilon } = this.settings;
    this.steps += 1;
    this.power1 *= beta1;
    this.power2 *= beta2;
    this.arithmetic.adamStep(parameters, gradient, this.firstMoment, this.secondMoment, {
      gradientScale: scale,
      learningRate,
      beta1,
      beta2,
      epsilon,
      biasCorrection1: 1 - this.power1,
      biasCorrection2: 1 - this.power2,
    });
  }

  snapshot(): AdamState {
    const { firstMoment, secondMoment, steps } = this;
    return { firstMoment: firstMoment.slice(), secondMoment: secondMoment.slice(), steps };
  }

  restore({ firstMoment, secondMoment, steps }: AdamState): void {
    this.firstMoment.set(firstMoment);
    this.secondMoment.set(secondMoment);
    this.continueFrom(steps);
  }
}
