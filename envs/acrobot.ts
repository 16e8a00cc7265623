import * as z from '../src/packages/zod.ts';
import { cos, sin } from '../src/elementary/trigonometry.ts';
import type { Random } from '../src/random/random.ts';
import type { Drawing } from '../src/rollout/drawing.ts';
import type {
  BoxSpace,
  DiscreteSpace,
  Environment,
  EnvironmentDefinition,
  Transition,
} from '../src/rollout/environment.ts';

// Two links of 1 m, 1 kg and 1 kg·m² each, their centres of mass halfway.
const GRAVITY = 9.8;
const CENTRE = 0.5;
const CENTRE_SQUARED = CENTRE * CENTRE;
const INERTIA = 1;
/** rad/s */
const MAX_SPEED_1 = 4 * Math.PI;
const MAX_SPEED_2 = 9 * Math.PI;
/** Seconds between two steps. */
const DT = 0.2;

/** d state/dt, written. [Sutton & Barto 1998, §11.3; the `book` variant of Gymnasium, all masses and lengths 1] */
function derivative(state: Float64Array, torque: number, out: Float64Array): void {
  const [theta1, theta2, velocity1, velocity2] = state;
  const cos2 = cos(theta2);
  const sin2 = sin(theta2);
  const d1 = CENTRE_SQUARED + (1 + CENTRE_SQUARED + 2 * CENTRE * cos2) + 2 * INERTIA;
  const d2 = CENTRE_SQUARED + CENTRE * cos2 + INERTIA;
  const phi2 = CENTRE * GRAVITY * cos(theta1 + theta2 - Math.PI / 2);
  const phi1 =
    -CENTRE * (velocity2 * velocity2) * sin2 -
    2 * CENTRE * velocity2 * velocity1 * sin2 +
    (CENTRE + 1) * GRAVITY * cos(theta1 - Math.PI / 2) +
    phi2;
  const acceleration2 =
    (torque + (d2 / d1) * phi1 - CENTRE * (velocity1 * velocity1) * sin2 - phi2) /
    (CENTRE_SQUARED + INERTIA - (d2 * d2) / d1);
  out[0] = velocity1;
  out[1] = velocity2;
  out[2] = -(d2 * acceleration2 + phi1) / d1;
  out[3] = acceleration2;
}

function wrapped(angle: number): number {
  let turned = angle;
  while (turned > Math.PI) turned -= 2 * Math.PI;
  while (turned < -Math.PI) turned += 2 * Math.PI;
  return turned;
}

/** A double pendulum with a motor in its elbow, to be swung up until its tip is one link above the pivot. */
export class Acrobot implements Environment {
  readonly observationSpace: BoxSpace = {
    kind: 'box',
    low: [-1, -1, -1, -1, -MAX_SPEED_1, -MAX_SPEED_2],
    high: [1, 1, 1, 1, MAX_SPEED_1, MAX_SPEED_2],
    names: ['cos θ1', 'sin θ1', 'cos θ2', 'sin θ2', 'θ1 velocity', 'θ2 velocity'],
  };
  readonly actionSpace: DiscreteSpace = { kind: 'discrete', n: 3, names: ['torque −1', 'none', 'torque 1'] };
  /** [4]: angle of the first link from hanging down, of the second from the first (rad), their velocities. */
  readonly state = new Float64Array(4);
  private readonly slopes = Array.from({ length: 4 }, () => new Float64Array(4));
  private readonly trial = new Float64Array(4);

  reset(random: Random, observation: Float32Array): void {
    for (let d = 0; d < 4; d++) this.state[d] = -0.1 + 0.2 * random.uniform();
    this.observe(observation);
  }

  step(action: Float32Array, _random: Random, observation: Float32Array, transition: Transition): void {
    const { state } = this;
    this.integrate(action[0] - 1);
    state[0] = wrapped(state[0]);
    state[1] = wrapped(state[1]);
    state[2] = Math.min(Math.max(state[2], -MAX_SPEED_1), MAX_SPEED_1);
    state[3] = Math.min(Math.max(state[3], -MAX_SPEED_2), MAX_SPEED_2);
    transition.terminated = -cos(state[0]) - cos(state[1] + state[0]) > 1;
    transition.reward = transition.terminated ? 0 : -1;
    this.observe(observation);
  }

  /** In metres, both links 1 m; the tip has to be above the line. */
  draw(): Drawing {
    const [first, second] = [this.state[0], this.state[0] + this.state[1]];
    const [x1, y1] = [2.3, 2.3];
    const [x2, y2] = [x1 + sin(first), y1 + cos(first)];
    const [x3, y3] = [x2 + sin(second), y2 + cos(second)];
    return {
      width: 4.6,
      height: 4.6,
      seconds: DT / 2,
      shapes: [
        { kind: 'line', x1: 0.1, y1: y1 - 1, x2: 4.5, y2: y1 - 1, width: 0.04, ink: 'goal' },
        { kind: 'line', x1, y1, x2, y2, width: 0.18, ink: 'agent' },
        { kind: 'line', x1: x2, y1: y2, x2: x3, y2: y3, width: 0.18, ink: 'part' },
        { kind: 'circle', x: x1, y: y1, radius: 0.07, ink: 'line' },
        { kind: 'circle', x: x2, y: y2, radius: 0.07, ink: 'paper' },
      ],
    };
  }

  snapshot(): Float64Array {
    return this.state.slice();
  }

  restore(state: Float64Array): void {
    this.state.set(state);
  }

  /** One step of the classic Runge–Kutta method of fourth order over DT. */
  private integrate(torque: number): void {
    const { state, slopes, trial } = this;
    const [k1, k2, k3, k4] = slopes;
    derivative(state, torque, k1);
    for (let d = 0; d < 4; d++) trial[d] = state[d] + (DT / 2) * k1[d];
    derivative(trial, torque, k2);
    for (let d = 0; d < 4; d++) trial[d] = state[d] + (DT / 2) * k2[d];
    derivative(trial, torque, k3);
    for (let d = 0; d < 4; d++) trial[d] = state[d] + DT * k3[d];
    derivative(trial, torque, k4);
    for (let d = 0; d < 4; d++) state[d] += (DT / 6) * (k1[d] + 2 * k2[d] + 2 * k3[d] + k4[d]);
  }

  private observe(observation: Float32Array): void {
    const [theta1, theta2, velocity1, velocity2] = this.state;
    observation[0] = cos(theta1);
    observation[1] = sin(theta1);
    observation[2] = cos(theta2);
    observation[3] = sin(theta2);
    observation[4] = velocity1;
    observation[5] = velocity2;
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

export const acrobot: EnvironmentDefinition<z.output<typeof options>> = {
  id: 'Acrobot-v1',
  summary:
    'Swing up a double pendulum by a motor in its elbow; −1 for every step until its tip is high enough.',
  source: 'Gymnasium 1.3, classic_control/acrobot.py; Sutton 1996',
  options,
  timeLimit: (options) => options.timeLimit,
  bestReturn: () => undefined,
  returnBounds: ({ timeLimit }) => ({ least: -timeLimit, greatest: 0 }),
  create: () => new Acrobot(),
};
