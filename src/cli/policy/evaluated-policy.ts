import { statSync } from 'node:fs';
import { findEnvironment } from '../../../envs/registry.ts';
import { resolveConfig } from '../../config/load.ts';
import { loadConfig } from '../../node/load-config.ts';
import type { Config } from '../../config/schema.ts';
import type { LoadedPolicy } from '../../run/policy-file.ts';
import { readPolicyFile } from '../../node/policy.ts';
import type { RunStanding } from '../../run/record.ts';
import { estimateEvaluation, spacesOf } from '../../train/memory-estimate.ts';
import { UserError } from '../../user-error.ts';
import { environmentOptions } from '../../../envs/environment-options.ts';
import { requireMemory } from '../memory.ts';
import { readRunPolicy } from '../../node/run-policy.ts';

/** A policy, and the config that says in what it is to be evaluated. */
export interface EvaluatedPolicy {
  /** The run's folder, or the file of the policy. */
  readonly path: string;
  readonly config: Config;
  readonly stored: LoadedPolicy;
  readonly status: RunStanding | null;
  readonly caveat: string | undefined;
}

/** What says the environment of a file's policy: its id, or a config that has it. */
export interface EnvironmentFlags {
  readonly env?: string | undefined;
  readonly config?: string | undefined;
  /** Of a run the policy of its best evaluation. */
  readonly best?: boolean | undefined;
}

/**
 * The policy of a run, or of a file.
 * @param place `runs/NAME`, `runs/NAME/seed-N`, or a file
 * @param episodes how many have to fit into memory
 * @throws UserError when there is no such run or file, a file's environment is not said, or memory is short
 */
export function evaluatedPolicyOf(
  place: string,
  { env, config: file, best: isBest = false }: EnvironmentFlags,
  episodes: number,
): EvaluatedPolicy {
  const given = env === undefined ? file && '--config' : '--env';
  if (env !== undefined && file !== undefined) throw new UserError('--env and --config exclude each other');
  if (statSync(place, { throwIfNoEntry: false })?.isDirectory() !== false) {
    const { standing, ...run } = readRunPolicy(place, environmentOptions, {
      isBest,
      check: (config, policy) => requireMemoryFor(config, policy, episodes),
    });
    if (given)
      throw new UserError(
        `${given} is for the file of a policy; ${place} is a run, which has its environment`,
      );
    return { ...run, path: isBest ? run.file : run.path, status: standing };
  }
  if (isBest) throw new UserError(`--best is for a run; ${place} is the file of a policy`);
  if (!given) {
    // A file that is none of a policy's is that first.
    readPolicyFile(place);
    throw new UserError(`${place} does not say its environment: --env ID or --config FILE must`);
  }
  const config =
    file === undefined ? defaultsOf(env as string) : loadConfig(file, [], environmentOptions).config;
  requireMemoryFor(config, place, episodes);
  return { path: place, config, stored: readPolicyFile(place), status: null, caveat: undefined };
}

/** @throws UserError when so many episodes of a policy in that file do not fit into memory */
function requireMemoryFor(config: Config, path: string, episodes: number): void {
  const definition = findEnvironment(config.environment.id);
  const policy = { path, bytes: statSync(path, { throwIfNoEntry: false })?.size ?? 0 };
  const { options } = config.environment;
  const estimate = estimateEvaluation(definition, options, spacesOf(definition, config), policy, episodes);
  requireMemory(estimate, path);
}

/** A config with that environment and all defaults. @throws UserError when there is none of that name */
function defaultsOf(id: string): Config {
  const { loaded, problems } = resolveConfig({ environment: { id } }, '--env', [], environmentOptions);
  if (loaded !== undefined) return loaded.config;
  throw new UserError(problems[0] as string);
}
