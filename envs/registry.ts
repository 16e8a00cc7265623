import { configJsonSchema, jsonSchemaOf } from '../src/config/fields.ts';
import { nearest } from '../src/config/nearest.ts';
import { explainIssues } from '../src/config/problem.ts';
import type { EnvironmentDefinition } from '../src/rollout/environment.ts';
import { shortLine, UserError } from '../src/user-error.ts';
import { acrobot } from './acrobot.ts';
import { bernoulliBandit } from './bernoulli-bandit.ts';
import { blackjack } from './blackjack.ts';
import { cartPole } from './cart-pole.ts';
import { cliffWalking } from './cliff-walking.ts';
import { contextualBandit } from './contextual-bandit.ts';
import { fourRooms } from './four-rooms.ts';
import { frozenLake, frozenLake8x8 } from './frozen-lake.ts';
import { gaussianBandit } from './gaussian-bandit.ts';
import { gridWorld } from './gridworld.ts';
import { identityWorld } from './identity-world.ts';
import { gaussianMicroscope, logitMicroscope } from './kl-microscope.ts';
import { mountainCar, mountainCarContinuous } from './mountain-car.ts';
import { pendulum } from './pendulum.ts';
import { taxi } from './taxi.ts';
import { tokenTask } from './token-task.ts';
import { windyGridworld } from './windy-gridworld.ts';

/** Every environment that a config can name, simple ones first. */
export const environments: readonly EnvironmentDefinition[] = [
  bernoulliBandit,
  gaussianBandit,
  contextualBandit,
  gaussianMicroscope,
  logitMicroscope,
  identityWorld,
  gridWorld,
  frozenLake,
  frozenLake8x8,
  cliffWalking,
  fourRooms,
  windyGridworld,
  taxi,
  blackjack,
  cartPole,
  acrobot,
  mountainCar,
  mountainCarContinuous,
  pendulum,
  tokenTask,
];

/** @throws {UserError} for an unknown id, with the nearest known one */
export function findEnvironment(id: string): EnvironmentDefinition {
  const found = environments.find((definition) => definition.id === id);
  if (found) return found;
  const ids = environments.map((definition) => definition.id);
  const meant = nearest(id, ids);
  const hint = meant ? `did you mean ${meant}?` : `known are ${ids.join(', ')}`;
  throw new UserError(`environment.id '${shortLine(id)}' is not a known environment; ${hint}`);
}

/**
 * Options as the environment wants them, every default filled in.
 *
 * @param raw `environment.options` of a config
 * @param place where the setting of each path came from, for the message
 * @throws {UserError} one line with field, value, allowed range and place
 */
export function parseOptions<Options>(
  definition: EnvironmentDefinition<Options>,
  raw: unknown,
  place: (path: string) => string,
): Options {
  const parsed = definition.options.safeParse(raw);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => ({
    ...issue,
    path: ['environment', 'options', ...issue.path],
  }));
  const whole = { environment: { options: raw } };
  const schema = configJsonSchema(jsonSchemaOf(definition.options));
  throw new UserError(explainIssues(issues, whole, schema, place)[0]);
}
