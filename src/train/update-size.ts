import type { Config } from '../config/schema.ts';
import { stepsPerUpdate } from '../config/updates.ts';
import { engineNamed, engineTraits } from '../network/engine-traits.ts';
import { randomStream } from '../random/random.ts';
import type { EnvironmentDefinition } from '../rollout/environment.ts';
import { featuresOf } from '../rollout/vector-environment.ts';
import { headFor } from './agent.ts';

/** What a step, a sample's distribution and its gradient cost beside the networks, in parameters. */
const SAMPLE = 1000;
/** Parameters times samples times passes over them. The wasm engine makes 5 to 10 in a nanosecond. */
const LONGEST = 5e8;
/** Options that are shorter than this, and whose numbers are smaller, make a small environment. */
const SMALL = 1000;

/**
 * Whether making a training or one of its updates may take more than a tenth of a second or so, by the sizes in its
 * config. It is so where they do not tell: with another engine than wasm, a network from a file, an environment of
 * its own making.
 */
export function mayTakeLong(config: Config, definition: EnvironmentDefinition): boolean {
  const { engine, environment, network, seed } = config;
  if (!engineTraits[engineNamed(engine)].isQuick || network.tfjs !== null) return true;
  if (!isSmall(environment.options)) return true;
  const { observationSpace, actionSpace } = definition.create(
    environment.options,
    randomStream(seed, 'environment'),
  );
  const inputs = featuresOf(observationSpace);
  const policy = parametersOf([inputs, ...network.policy.hidden, headFor(actionSpace, false).width]);
  const value = parametersOf([inputs, ...network.value.hidden, 1]);
  if (config.evaluation !== null) {
    const steps = definition.timeLimit(environment.options) ?? Number.POSITIVE_INFINITY;
    if (config.evaluation.episodes * steps * (policy + SAMPLE) > LONGEST) return true;
  }
  const samples = stepsPerUpdate(config);
  const passes = passesOf(config);
  return samples * (passes.policy * (policy + SAMPLE) + passes.value * (value + SAMPLE)) > LONGEST;
}

/** Passes over the samples of an update at most: a forward alone, or forward and backward. */
function passesOf({ algorithm, ppo, trpo }: Config): { policy: number; value: number } {
  if (algorithm === 'ppo') return { policy: ppo.epochs + 1, value: ppo.epochs + 1 };
  return { policy: 2 * trpo.cgIterations + trpo.lineSearch.tries + 2, value: trpo.value.epochs + 1 };
}

function isSmall(options: object): boolean {
  const { timeLimit: _, ...sizes } = options as Record<string, unknown>;
  const text = JSON.stringify(sizes);
  return text.length < SMALL && Object.values(sizes).every((size) => !(Number(size) >= SMALL));
}

/** Of a network with layers of these widths. */
function parametersOf(widths: readonly number[]): number {
  return widths.slice(1).reduce((sum, width, i) => sum + (widths[i] + 1) * width, 0);
}
