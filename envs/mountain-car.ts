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

const MIN_POSITION = -1.2;
const MAX_POSITION = 0.6;
const MAX_SPEED = 0.07;
const GRAVITY = 0.0025;

const observationSpace: BoxSpace = {
  kind: 'box',
  low: [MIN_POSITION, -MAX_SPEED],
  high: [MAX_POSITION, MAX_SPEED],
  names: ['position', 'velocity'],
};

/**
 * One step of a car in a valley, in place; the left edge stops it. [Moore 1990; Gymnasium 1.3]
 *
 * @param state [2]: position, velocity
 * @param push what the engine adds to the velocity
 * @param goal position that ends the episode
 * @returns whether the car is there
 */
export function stepMountainCar(state: Float64Array, push: number, goal: number): boolean {
  const velocity = state[1] + (push - GRAVITY * cos(3 * state[0]));
  state[1] = Math.min(Math.max(velocity, -MAX_SPEED), MAX_SPEED);
  state[0] = Math.min(Math.max(state[0] + state[1], MIN_POSITION), MAX_POSITION);
  if (state[0] <= MIN_POSITION && state[1] < 0) state[1] = 0;
  return state[0] >= goal && state[1] >= 0;
}

const GOAL = 0.5;
/** Points of the valley. */
const VALLEY = 61;

/** Height of the valley at a position, from 0.1 to 1. [Gymnasium 1.3] */
function heightAt(position: number): number {
  return 0.45 * sin(3 * position) + 0.55;
}

/** Positions across, the height above the lower edge. @param goal where the flag stands */
function drawMountainCar(position: number, goal: number): Drawing {
  const [width, height] = [MAX_POSITION - MIN_POSITION, 1.25];
  const place = (at: number, above = 0): [number, number] => [
    at - MIN_POSITION,
    height - heightAt(at) - above,
  ];
  const valley = Array.from({ length: VALLEY }, (_, i) => place(MIN_POSITION + (i * width) / (VALLEY - 1)));
  const [x, y] = place(position, 0.05);
  const [flag, foot] = place(goal);
  return {
    width,
    height,
    seconds: 0.04,
    shapes: [
      { kind: 'polygon', points: [[0, height], ...valley, [width, height]], ink: 'ground' },
      { kind: 'line', x1: flag, y1: foot, x2: flag, y2: foot - 0.17, width: 0.012, ink: 'line' },
      {
        kind: 'polygon',
        points: [
          [flag, foot - 0.18],
          [flag + 0.09, foot - 0.145],
          [flag, foot - 0.11],
        ],
        ink: 'goal',
      },
      { kind: 'circle', x, y, radius: 0.05, ink: 'agent' },
    ],
  };
}

function startMountainCar(state: Float64Array, random: Random): void {
  state[0] = -0.6 + 0.2 * random.uniform();
  state[1] = 0;
}

/** A car too weak for the hill must swing up to it: −1 for every step. */
export class MountainCar implements Environment {
  readonly observationSpace = observationSpace;
  readonly actionSpace: DiscreteSpace = { kind: 'discrete', n: 3, names: ['left', 'none', 'right'] };
  /** [2], as in `stepMountainCar`. */
  readonly state = new Float64Array(2);

  reset(random: Random, observation: Float32Array): void {
    startMountainCar(this.state, random);
    observation.set(this.state);
  }

  step(action: Float32Array, _random: Random, observation: Float32Array, transition: Transition): void {
    transition.terminated = stepMountainCar(this.state, 0.001 * (action[0] - 1), GOAL);
    transition.reward = -1;
    observation.set(this.state);
  }

  draw(): Drawing {
    return drawMountainCar(this.state[0], GOAL);
  }

  snapshot(): Float64Array {
    return this.state.slice();
  }

  restore(state: Float64Array): void {
    this.state.set(state);
  }
}

const CONTINUOUS_GOAL = 0.45;
const POWER = 0.0015;

/**
 * One step of the car with a throttle, in place. [Gymnasium 1.3, classic_control/continuous_mountain_car.py]
 *
 * There the state is float64 after a reset and float32 from the first step on, and the action is float32. NumPy ≥ 2
 * computes in float32 where one operand is (a Python number beside it is rounded first), in float64 where one is
 * float64; a force that is clipped becomes a Python number. Rounded here is what is rounded there.
 *
 * @param state [2]: position, velocity; numbers that are float32 are taken to be so there
 * @param action float32; clipped to ±1
 * @returns whether the car is there
 */
export function stepContinuousMountainCar(state: Float64Array, action: number): boolean {
  const { fround } = Math;
  const [position, velocity] = state;
  const isSingle = position === fround(position) && velocity === fround(velocity);
  const rounded = (x: number): number => (isSingle ? fround(x) : x);
  const pull = GRAVITY * cos(rounded(3 * position));
  const isClipped = Math.abs(action) > 1;
  const gained = isClipped
    ? rounded(POWER * Math.sign(action) - pull)
    : fround(fround(fround(action) * fround(POWER)) - fround(pull));
  const [fastest, least, most] = [rounded(MAX_SPEED), rounded(MIN_POSITION), rounded(MAX_POSITION)];
  let speed = Math.min(Math.max(rounded(velocity + gained), -fastest), fastest);
  const place = Math.min(Math.max(rounded(position + speed), least), most);
  if (place === least && speed < 0) speed = 0;
  state[0] = fround(place);
  state[1] = fround(speed);
  return place >= rounded(CONTINUOUS_GOAL) && speed >= 0;
}

/** MountainCar with a throttle: 100 for arriving, less 0.1·force² for every step. */
export class MountainCarContinuous implements Environment {
  readonly observationSpace = observationSpace;
  readonly actionSpace: BoxSpace = { kind: 'box', low: [-1], high: [1], names: ['force'] };
  /** [2], as in `stepContinuousMountainCar`. */
  readonly state = new Float64Array(2);

  reset(random: Random, observation: Float32Array): void {
    startMountainCar(this.state, random);
    observation.set(this.state);
  }

  step(action: Float32Array, _random: Random, observation: Float32Array, transition: Transition): void {
    transition.terminated = stepContinuousMountainCar(this.state, action[0]);
    transition.reward = (transition.terminated ? 100 : 0) - action[0] * action[0] * 0.1;
    observation.set(this.state);
  }

  draw(): Drawing {
    return drawMountainCar(this.state[0], CONTINUOUS_GOAL);
  }

  snapshot(): Float64Array {
    return this.state.slice();
  }

  restore(state: Float64Array): void {
    this.state.set(state);
  }
}

function optionsWith(steps: number) {
  return z.strictObject({
    timeLimit: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(steps)
      .describe('Steps after which an episode is truncated.'),
  });
}
type Options = z.output<ReturnType<typeof optionsWith>>;

export const mountainCar: EnvironmentDefinition<Options> = {
  id: 'MountainCar-v0',
  summary: 'A car too weak for the hill must swing up to it; −1 for every step.',
  source: 'Gymnasium 1.3, classic_control/mountain_car.py; Moore 1990',
  options: optionsWith(200),
  timeLimit: (options) => options.timeLimit,
  bestReturn: () => undefined,
  returnBounds: ({ timeLimit }) => ({ least: -timeLimit, greatest: -1 }),
  create: () => new MountainCar(),
};

export const mountainCarContinuous: EnvironmentDefinition<Options> = {
  id: 'MountainCarContinuous-v0',
  summary: 'MountainCar with a throttle; 100 for arriving, less 0.1·force² for every step.',
  source: 'Gymnasium 1.3, classic_control/continuous_mountain_car.py',
  options: optionsWith(999),
  timeLimit: (options) => options.timeLimit,
  bestReturn: () => undefined,
  returnBounds: ({ timeLimit }) => ({ least: -0.1 * timeLimit, greatest: 100 }),
  create: () => new MountainCarContinuous(),
};
