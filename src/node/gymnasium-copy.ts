import type { Random } from '../random/random.ts';
import {
  type ActionSpace,
  type Environment,
  EnvironmentError,
  type Space,
  type Transition,
} from '../rollout/environment.ts';
import { GymnasiumWorld, type GymnasiumOptions, type Made, SEEDS } from './gymnasium-world.ts';
import type { Python } from './python.ts';

/**
 * One copy, for what looks at copies one by one, wrappers and check-env; Python makes it when it is first reset. Its time limit is
 * leash's to apply, so that no other cut can be told.
 */
export class GymnasiumCopy implements Environment {
  readonly observationSpace: Space;
  readonly actionSpace: ActionSpace;
  readonly actionMask?: (mask: Uint8Array) => void;
  private readonly make: () => GymnasiumWorld;
  private readonly id: string;
  private readonly timeLimit: number | undefined;
  private world: GymnasiumWorld | undefined;
  private steps = 0;

  constructor(id: string, python: Python, options: GymnasiumOptions, made: Made) {
    this.id = id;
    this.timeLimit = made.timeLimit;
    this.observationSpace = made.observationSpace;
    this.actionSpace = made.actionSpace;
    this.make = () => new GymnasiumWorld(id, python, options, 1, false);
    if (made.maskWidth > 0)
      this.actionMask = (mask) => {
        if (this.world) mask.set(this.world.masks);
      };
  }

  reset(random: Random, observation: Float32Array): void {
    this.world ??= this.make();
    this.world.seeds[0] = random.integer(SEEDS);
    this.world.reset();
    this.steps = 0;
    observation.set(this.world.observations);
  }

  step(action: Float32Array, _random: Random, observation: Float32Array, transition: Transition): void {
    const { world } = this;
    if (world === undefined) throw new EnvironmentError('step comes after reset');
    world.actions.set(action);
    world.step();
    observation.set(world.observations);
    transition.reward = world.rewards[0];
    transition.terminated = world.terminated[0] !== 0;
    this.steps += 1;
    if (world.truncated[0] !== 0 && !transition.terminated && this.steps !== this.timeLimit)
      throw new EnvironmentError(
        `${this.id} cuts its episodes itself, here in step ${this.steps}: it takes no wrappers, and no check, which know its time limit alone`,
      );
  }
}
