import type { Activations } from '../network/network.ts';
import type { Rollout } from '../rollout/rollout.ts';
import type { Agent } from './agent.ts';

/** The Fisher information matrix of a policy on a rollout's states, known by its products. */
export interface Fisher {
  /** Fixes the point: runs the policy at its present parameters, which must not change until the last product. */
  begin(): void;
  /** out = F·v, both [policy parameters]; F = mean over states of Jᵀ M J, without damping. */
  product(v: Float64Array, out: Float64Array): void;
  /** The greatest vᵀF_s v of a state s, F_s = Jᵀ M J its own matrix. */
  greatest(v: Float64Array): number;
}

/**
 * F·v as jvp, the head's Fisher information M in its outputs, vjp: F is the Hessian of KL(π_old‖π_θ) at θ_old,
 * exactly, with no second derivative taken [Schraudolph 2002; TRPO, arXiv 1502.05477, appendix C.1].
 * @param every 1: all states; k: rows 0, k, 2k, … of the rollout
 */
export function createFisher({ head, policy }: Agent, rollout: Rollout, every: number): Fisher {
  const { network, parameters } = policy;
  const count = Math.ceil(rollout.count / every);
  const observations = every === 1 ? rollout.observations : new Float32Array(count * rollout.features);
  const { maskWidth } = head;
  const masks = every === 1 ? rollout.masks : rollout.masks && new Uint8Array(count * maskWidth);
  const distributions = new Float64Array(count * head.width);
  const tangent = network.allocate();
  const gradient = network.allocate();
  const dOutputs = new Float32Array(count * head.width);
  const weighted = new Float32Array(count * head.width);
  let at: Activations | undefined;

  /** Jv and M·Jv of each state. */
  const weigh = (v: Float64Array): Activations => {
    if (at === undefined) throw new Error('the Fisher product has no point: begin() was not called');
    tangent.set(v);
    network.jvp(at, tangent, dOutputs);
    head.fisherProduct(distributions, dOutputs, count, weighted);
    return at;
  };

  return {
    begin() {
      if (every > 1) {
        pickRows(rollout.observations, rollout.features, every, count, observations);
        if (rollout.masks && masks) pickRows(rollout.masks, maskWidth, every, count, masks);
      }
      at = network.forward(parameters, observations, count);
      head.read(at.outputs, count, distributions, masks);
    },
    product(v, out) {
      network.vjp(weigh(v), weighted, gradient);
      for (let i = 0; i < out.length; i++) out[i] = gradient[i] / count;
    },
    greatest(v) {
      weigh(v);
      let most = 0;
      for (let i = 0; i < count; i++) {
        let own = 0;
        for (let k = i * head.width; k < (i + 1) * head.width; k++) own += dOutputs[k] * weighted[k];
        most = Math.max(most, own);
      }
      return most;
    },
  };
}

function pickRows<T extends Float32Array | Uint8Array>(
  from: T,
  width: number,
  every: number,
  count: number,
  to: T,
): void {
  for (let i = 0; i < count; i++) {
    to.set(from.subarray(i * every * width, (i * every + 1) * width), i * width);
  }
}
