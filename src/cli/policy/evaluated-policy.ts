import { statSync } from 'node:fs';
import { codeOf, namedBy } from '../../config/environment-name.ts';
import { parseRunAt } from '../../node/checkpoints.ts';
import { type Environments, openEnvironments } from '../../node/environments.ts';
import { inspectWritten, loadConfig } from '../../node/load-config.ts';
import { loadRun } from '../../node/read-run.ts';
import type { EnvironmentDefinition } from '../../rollout/environment.ts';
import type { Config } from '../../config/schema.ts';
import type { LoadedPolicy } from '../../run/policy-file.ts';
import type { RunStanding } from '../../run/record.ts';
import { estimateEvaluation, spacesOf } from '../../train/memory-estimate.ts';
import { UserError } from '../../user-error.ts';
import { environmentOptions } from '../../../envs/environment-options.ts';
import { requireMemory } from '../memory.ts';
import { readGivenPolicy, readRunPolicy } from '../../node/run-policy.ts';
import { environmentOfRun } from './environment-of-run.ts';

/** A policy, and the config that says in what it is to be evaluated. */
export interface EvaluatedPolicy {
  /** The run's folder, or the file of the policy. */
  readonly path: string;
  readonly config: Config;
  readonly definition: EnvironmentDefinition;
  readonly stored: LoadedPolicy;
  readonly status: RunStanding | null;
  readonly caveat: string | undefined;
}

/** What says the environment of a file's policy: its id or file, or a config that has it; of a run the file of its own. */
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
export async function evaluatedPolicyOf(
  place: string,
  { env, config: file, best: isBest = false }: EnvironmentFlags,
  episodes: number,
): Promise<EvaluatedPolicy> {
  const given = env === undefined ? file && '--config' : '--env';
  if (env !== undefined && file !== undefined) throw new UserError('--env and --config exclude each other');
  if (statSync(place, { throwIfNoEntry: false })?.isDirectory() !== false) {
    const loaded = loadRun(parseRunAt(place)?.run ?? place, environmentOptions);
    const isCode = codeOf(loaded.config.environment) !== undefined;
    const definition = await environmentOfRun(loaded, isCode ? env : undefined);
    const { standing, ...run } = readRunPolicy(place, environmentOptions, {
      isBest,
      check: (config, policy) => requireMemoryFor(definition, config, policy, episodes),
    });
    if (given && !(isCode && file === undefined))
      throw new UserError(
        `${given} is for the file of a policy; ${place} is a run, which has its environment`,
      );
    return { ...run, definition, path: isBest ? run.file : run.path, status: standing };
  }
  if (isBest) throw new UserError(`--best is for a run; ${place} is the file of a policy`);
  if (!given) {
    // A file that is none of a policy's is that first.
    readGivenPolicy(place);
    throw new UserError(`${place} does not say its environment: --env ID, --env FILE or --config FILE must`);
  }
  const environments = openEnvironments();
  const config =
    file === undefined
      ? await defaultsOf(env as string, environments)
      : (await environments.reading((options) => loadConfig(file, [], options))).config;
  const definition = await environments.resolve(config.environment);
  requireMemoryFor(definition, config, place, episodes);
  return { path: place, config, definition, stored: readGivenPolicy(place), status: null, caveat: undefined };
}

/** @throws UserError when so many episodes of a policy in that file do not fit into memory */
function requireMemoryFor(
  definition: EnvironmentDefinition,
  config: Config,
  path: string,
  episodes: number,
): void {
  const policy = { path, bytes: statSync(path, { throwIfNoEntry: false })?.size ?? 0 };
  const { options } = config.environment;
  const estimate = estimateEvaluation(definition, options, spacesOf(definition, config), policy, episodes);
  requireMemory(estimate, path);
}

/** A config with that environment, an id or a file, and all defaults. @throws UserError when there is none of that name */
async function defaultsOf(env: string, environments: Environments): Promise<Config> {
  const written = { environment: namedBy(env) };
  return await environments.reading((options) => {
    const { loaded, problems } = inspectWritten(written, undefined, [], options, undefined, '--env');
    if (loaded !== undefined) return loaded.config;
    throw new UserError(problems[0] as string);
  });
}
