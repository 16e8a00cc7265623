import { environments, findEnvironment, parseOptions } from '../../../envs/registry.ts';
import { parseJson } from '../../config/json.ts';
import { randomStream } from '../../random/random.ts';
import type { Environment } from '../../rollout/environment.ts';
import { featuresOf } from '../../rollout/vector-environment.ts';
import type { LoadedPolicy } from '../../run/policy-file.ts';
import { actingHead } from '../../train/evaluate.ts';
import { MOST_SHOWN } from '../../train/tell-episode.ts';
import { UserError } from '../../user-error.ts';

/** A world that a policy is played in, and how long an episode is shown at most. */
export interface OpenedWorld {
  readonly environment: Environment;
  readonly timeLimit: number;
}

/**
 * A world with its options, for a policy.
 * @param options JSON; '' for the defaults
 * @throws UserError of one line: options that it has not, or a policy that does not fit it
 */
export function openWorld(id: string, options: string, stored: LoadedPolicy): OpenedWorld {
  if (stored.policy.shape.model !== undefined)
    throw new UserError(
      'the policy is a layers model, which TensorFlow.js computes: leash evaluate --engine tfjs plays it',
    );
  const definition = findEnvironment(id);
  const parsed = parseOptions(definition, readOptions(options), () => 'options') as Record<string, unknown>;
  const environment = definition.create(parsed, randomStream(0, 'environment/task'));
  const { observationSpace, actionSpace, actionMask } = environment;
  actingHead(stored, { id, features: featuresOf(observationSpace), observationSpace, actionSpace });
  if (stored.masked && actionMask === undefined)
    throw new UserError(`the policy chooses among what a mask leaves, ${id} has none`);
  return { environment, timeLimit: Math.min(MOST_SHOWN, definition.timeLimit(parsed) ?? MOST_SHOWN) };
}

/** Options of a world as somebody wrote them. @throws UserError where they are no JSON */
export function readOptions(written: string): unknown {
  return written.trim() === '' ? {} : parseJson(written, 'options');
}

/** The worlds that a policy fits with their default options, those with pictures first. */
export function worldsFor(stored: LoadedPolicy): string[] {
  const found = environments.flatMap(({ id }) => {
    try {
      return [{ id, isDrawn: openWorld(id, '', stored).environment.draw !== undefined }];
    } catch (error) {
      if (error instanceof UserError) return [];
      throw error;
    }
  });
  return found.sort((a, b) => Number(b.isDrawn) - Number(a.isDrawn)).map(({ id }) => id);
}

/** A policy in words. */
export function describePolicy({ policy: { shape }, head, observationMoments }: LoadedPolicy): string {
  const widths = [shape.inputs, ...shape.hidden, shape.outputs].join('-');
  const moments = observationMoments === undefined ? '' : ', observations standardised';
  return `${head}, ${widths}, ${shape.activation}${moments}`;
}
