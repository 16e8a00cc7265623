import * as z from '../src/packages/zod.ts';
import { cos, sin } from '../src/elementary/trigonometry.ts';
import type { Random } from '../src/random/random.ts';
import type { Drawing } from '../src/rollout/drawing.ts';
import type { BoxSpace, Environment, EnvironmentDefinition, Transition } from '../src/rollout/environment.ts';

/** rad/s */
const MAX_SPEED = 8;
/** N·m */
const MAX_TORQUE = 2;
/** Seconds between two steps. */
const DT = 0.05;
/** m/s²; the rod is 1 m long and weighs 1 kg. */
const GRAVITY = 10;

/** Of torque²; float32 beside it. */
const COST_OF_TORQUE = Math.fround(0.001);

/** Of a step: hanging down, at the greatest speed and torque. */
const LARGEST_COST = Math.PI * Math.PI + 0.1 * MAX_SPEED * MAX_SPEED + 0.001 * MAX_TORQUE * MAX_TORQUE;

/** The angle in [−π, π) that points the same way. */
function normalized(angle: number): number {
  const turned = (angle + Math.PI) % (2 * Math.PI);
  return (turned < 0 ? turned + 2 * Math.PI : turned) - Math.PI;
}

/**
 * One semi-implicit Euler step, in place. [Gymnasium 1.3, classic_control/pendulum.py] As there, the torque is float32,
 * and so is what NumPy ≥ 2 makes of it and Python's numbers: 3·torque and 0.001·torque².
 *
 * @param state [2]: angle from upright (rad, not wrapped), angular velocity (rad/s)
 * @param action N·m, clipped to ±2
 * @returns the reward: −(θ² + 0.1·θ̇² + 0.001·torque²) of the state before the step, θ in [−π, π)
 */
export function stepPendulum(state: Float64Array, action: number): number {
  const { fround } = Math;
  const [theta, velocity] = state;
  const torque = fround(Math.min(Math.max(action, -MAX_TORQUE), MAX_TORQUE));
  const angle = normalized(theta);
  const cost = angle * angle + 0.1 * (velocity * velocity) + fround(COST_OF_TORQUE * fround(torque * torque));
  const accelerated = velocity + (((3 * GRAVITY) / 2) * sin(theta) + fround(3 * torque)) * DT;
  state[1] = Math.min(Math.max(accelerated, -MAX_SPEED), MAX_SPEED);
  state[0] = theta + state[1] * DT;
  return -cost;
}

/** A rod to be swung up and held upright by a motor too weak to lift it at once. Never terminates. */
export class Pendulum implements Environment {
  readonly observationSpace: BoxSpace = {
    kind: 'box',
    low: [-1, -1, -MAX_SPEED],
    high: [1, 1, MAX_SPEED],
    names: ['cos angle', 'sin angle', 'angular velocity'],
  };
  readonly actionSpace: BoxSpace = {
    kind: 'box',
    low: [-MAX_TORQUE],
    high: [MAX_TORQUE],
    names: ['torque'],
  };
  /** [2], as in `stepPendulum`. */
  readonly state = new Float64Array(2);

  reset(random: Random, observation: Float32Array): void {
    this.state[0] = Math.PI * (2 * random.uniform() - 1);
    this.state[1] = 2 * random.uniform() - 1;
    this.observe(observation);
  }

  step(action: Float32Array, _random: Random, observation: Float32Array, transition: Transition): void {
    transition.reward = stepPendulum(this.state, action[0]);
    transition.terminated = false;
    this.observe(observation);
  }

  /** In metres; the rod is 1 m, angles grow against the clock. */
  draw(): Drawing {
    const [x2, y2] = [1.5 - sin(this.state[0]), 1.5 - cos(this.state[0])];
    return {
      width: 3,
      height: 3,
      seconds: DT,
      shapes: [
        { kind: 'line', x1: 1.5, y1: 0.2, x2: 1.5, y2: 0.38, width: 0.03, ink: 'goal' },
        { kind: 'line', x1: 1.5, y1: 1.5, x2, y2, width: 0.16, ink: 'part' },
        { kind: 'circle', x: x2, y: y2, radius: 0.14, ink: 'agent' },
        { kind: 'circle', x: 1.5, y: 1.5, radius: 0.06, ink: 'line' },
      ],
    };
  }

  snapshot(): Float64Array {
    return this.state.slice();
  }

  restore(state: Float64Array): void {
    this.state.set(state);
  }

  private observe(observation: Float32Array): void {
    observation[0] = cos(this.state[0]);
    observation[1] = sin(this.state[0]);
    observation[2] = this.state[1];
  }
}

const options = z.strictObject({
  timeLimit: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(200)
    .describe('Steps after which an episode is truncated.'),
});

export const pendulum: EnvironmentDefinition<z.output<typeof options>> = {
  id: 'Pendulum-v1',
  summary:
    'Swing a rod up and hold it there, with little torque; the cost is angle, speed and torque squared.',
  source: 'Gymnasium 1.3, classic_control/pendulum.py',
  options,
  timeLimit: (options) => options.timeLimit,
  episodeLength: (options) => options.timeLimit,
  // Computed once: backward induction on 361 angles × 241 speeds × 17 torques, bilinear in between, then 800 episodes
  // from an even grid of starts with one-step lookahead over 81 torques. The grid's own value was −138.0.
  bestReturn: ({ timeLimit }) =>
    timeLimit === 200
      ? { value: -137.8, how: 'approximate: dynamic programming on a grid, mean over 800 starts' }
      : undefined,
  returnBounds: ({ timeLimit }) => ({ least: -LARGEST_COST * timeLimit, greatest: 0 }),
  create: () => new Pendulum(),
};
