import * as z from '../src/packages/zod.ts';
import { sinCos } from '../src/elementary/trigonometry.ts';
import type { Random } from '../src/random/random.ts';
import type { Drawing, Shape } from '../src/rollout/drawing.ts';
import type {
  BoxSpace,
  DiscreteSpace,
  Environment,
  EnvironmentDefinition,
  Transition,
} from '../src/rollout/environment.ts';

const GRAVITY = 9.8;
const POLE_MASS = 0.1;
const TOTAL_MASS = 1 + POLE_MASS;
/** Half of the pole, metres. */
const LENGTH = 0.5;
const POLE_MASS_LENGTH = POLE_MASS * LENGTH;
const FORCE = 10;
/** Seconds between two steps. */
const TAU = 0.02;
const THETA_THRESHOLD = (12 * 2 * Math.PI) / 360;
const X_THRESHOLD = 2.4;

/** Sine and cosine of the pole's angle. */
const angle = new Float64Array(2);

/**
 * One Euler step, in place. [Gymnasium 1.3, classic_control/cartpole.py; Barto, Sutton & Anderson 1983]
 *
 * @param state [4]: cart position (m), velocity (m/s), pole angle (rad), angular velocity (rad/s)
 * @param action 0 pushes left, 1 right
 * @returns whether the cart left ±2.4 m or the pole ±12°
 */
export function stepCartPole(state: Float64Array, action: number): boolean {
  const xVelocity = state[1];
  const theta = state[2];
  const thetaVelocity = state[3];
  const force = action === 1 ? FORCE : -FORCE;
  sinCos(theta, angle);
  const sinTheta = angle[0];
  const cosTheta = angle[1];
  const push = (force + POLE_MASS_LENGTH * (thetaVelocity * thetaVelocity) * sinTheta) / TOTAL_MASS;
  const thetaAcceleration =
    (GRAVITY * sinTheta - cosTheta * push) /
    (LENGTH * (4 / 3 - (POLE_MASS * (cosTheta * cosTheta)) / TOTAL_MASS));
  const xAcceleration = push - (POLE_MASS_LENGTH * thetaAcceleration * cosTheta) / TOTAL_MASS;
  state[0] += TAU * xVelocity;
  state[1] += TAU * xAcceleration;
  state[2] += TAU * thetaVelocity;
  state[3] += TAU * thetaAcceleration;
  return Math.abs(state[0]) > X_THRESHOLD || Math.abs(state[2]) > THETA_THRESHOLD;
}

/** A pole on a cart, to be kept upright: 1 for every step, the falling one included. */
export class CartPole implements Environment {
  readonly observationSpace: BoxSpace = {
    kind: 'box',
    low: [-2 * X_THRESHOLD, Number.NEGATIVE_INFINITY, -2 * THETA_THRESHOLD, Number.NEGATIVE_INFINITY],
    high: [2 * X_THRESHOLD, Number.POSITIVE_INFINITY, 2 * THETA_THRESHOLD, Number.POSITIVE_INFINITY],
    names: ['cart position', 'cart velocity', 'pole angle', 'pole angular velocity'],
  };
  readonly actionSpace: DiscreteSpace = { kind: 'discrete', n: 2, names: ['left', 'right'] };
  /** [4], as in `stepCartPole`; float64, only observations are rounded. */
  readonly state = new Float64Array(4);

  reset(random: Random, observation: Float32Array): void {
    for (let d = 0; d < 4; d++) this.state[d] = -0.05 + 0.1 * random.uniform();
    observation.set(this.state);
  }

  step(action: Float32Array, _random: Random, observation: Float32Array, transition: Transition): void {
    transition.terminated = stepCartPole(this.state, action[0]);
    transition.reward = 1;
    observation.set(this.state);
  }

  /** In metres, the rails at the top of the ground. */
  draw(): Drawing {
    const { state } = this;
    const [x, rails] = [3 + state[0], 1.9];
    sinCos(state[2], angle);
    const [length, axle] = [2 * LENGTH, rails - 0.35];
    return {
      width: 6,
      height: 2.4,
      seconds: TAU,
      shapes: [
        { kind: 'rectangle', x: 0, y: rails, width: 6, height: 0.5, ink: 'ground' },
        ...[-X_THRESHOLD, X_THRESHOLD].map(
          (end): Shape => ({
            kind: 'rectangle',
            x: 2.98 + end,
            y: rails,
            width: 0.04,
            height: 0.25,
            ink: 'danger',
          }),
        ),
        { kind: 'rectangle', x: x - 0.35, y: axle, width: 0.7, height: 0.35, ink: 'agent' },
        {
          kind: 'line',
          x1: x,
          y1: axle + 0.1,
          x2: x + length * angle[0],
          y2: axle + 0.1 - length * angle[1],
          width: 0.12,
          ink: 'part',
        },
        { kind: 'circle', x, y: axle + 0.1, radius: 0.06, ink: 'paper' },
      ],
    };
  }

  snapshot(): Float64Array {
    return this.state.slice();
  }

  restore(state: Float64Array): void {
    this.state.set(state);
  }
}

const options = z.strictObject({
  timeLimit: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(500)
    .describe('Steps after which an episode is truncated.'),
});

export const cartPole: EnvironmentDefinition<z.output<typeof options>> = {
  id: 'CartPole-v1',
  summary: 'Keep a pole upright on a cart by pushing it left or right; 1 for every step.',
  source: 'Gymnasium 1.3, classic_control/cartpole.py; Barto, Sutton & Anderson 1983',
  options,
  timeLimit: (options) => options.timeLimit,
  bestReturn: (options) => ({ value: options.timeLimit, how: '1 for every step up to the time limit' }),
  returnBounds: ({ timeLimit }) => ({ least: 1, greatest: timeLimit }),
  create: () => new CartPole(),
};
