import { statSync } from 'node:fs';
import { findEnvironment } from '../../../envs/registry.ts';
import { loadConfig, resolveConfig } from '../../config/load.ts';
import type { Config } from '../../config/schema.ts';
import { loadEngine } from '../../network/engine.ts';
import { randomStream } from '../../random/random.ts';
import { expectedReturn } from '../../rollout/tabular.ts';
import { encodeJson } from '../../run/metrics.ts';
import { type LoadedPolicy, readPolicyFile } from '../../run/policy-file.ts';
import type { RunStanding } from '../../run/status.ts';
import { evaluate } from '../../train/evaluate.ts';
import { estimateEvaluation, spacesOf } from '../../train/memory-estimate.ts';
import { UserError } from '../../user-error.ts';
import { interval, type Interval } from '../confidence.ts';
import { environmentOptions } from '../environments.ts';
import { engineOf, wholeNumber } from '../flag-values.ts';
import { count, figure } from '../print/quantities.ts';
import { paint, print, printJson } from '../print/print.ts';
import { drawPolicy } from '../print/policy-map.ts';
import { playEpisode } from '../print/episode.ts';
import { requireMemory } from '../memory.ts';
import { readRunPolicy } from '../run-policy.ts';
import { tabulate } from '../tabular-policy.ts';

/** Flags of `leash evaluate`. */
export interface EvaluateFlags {
  RUN: string;
  /** The environment of a policy file: its id, or a config that has it. */
  env?: string | undefined;
  config?: string | undefined;
  episodes: string;
  seed: string;
  sampled?: boolean | undefined;
  render?: boolean | undefined;
  json?: boolean | undefined;
  engine?: string | undefined;
  tfjsBackend?: string | undefined;
}

/** What an evaluation found; `--json` prints it. */
export interface Findings {
  /** The run's folder, or the file of the policy. */
  run: string;
  /** How the run ended; null of a file. */
  status: RunStanding | null;
  /** That the policy is not what its config asked for, in words. */
  caveat: string | null;
  environment: string;
  mode: 'greedy' | 'sampled';
  seed: number;
  returns: Interval & { min: number; max: number };
  lengthMean: number;
  /** Share of episodes with return 1, where every return is 0 or 1. */
  success: number | null;
  /** Of the policy, by dynamic programming, where the environment is a table. */
  expectedReturn: number | null;
  bestReturn: { value: number; how: string } | null;
}

/** The standard error of a mean of so many is a three-thousandth of their spread: more would teach nothing. */
const MOST_EPISODES = 10_000_000;

/** A policy, and the config that says in what it is to be evaluated. */
interface Subject {
  readonly path: string;
  readonly config: Config;
  readonly stored: LoadedPolicy;
  readonly status: RunStanding | null;
  readonly caveat: string | undefined;
}

/** @throws UserError when there is no such run or file, or a file's environment is not said */
function subjectOf({ RUN, env, config: file }: EvaluateFlags, episodes: number): Subject {
  const given = env === undefined ? file && '--config' : '--env';
  if (env !== undefined && file !== undefined) throw new UserError('--env and --config exclude each other');
  if (statSync(RUN, { throwIfNoEntry: false })?.isDirectory() !== false) {
    const { standing, ...run } = readRunPolicy(RUN, (config, policy) =>
      requireMemoryFor(config, policy, episodes),
    );
    if (given)
      throw new UserError(`${given} is for the file of a policy; ${RUN} is a run, which has its environment`);
    return { ...run, status: standing };
  }
  if (!given) {
    // A file that is none of a policy's is that first.
    readPolicyFile(RUN);
    throw new UserError(`${RUN} does not say its environment: --env ID or --config FILE must`);
  }
  const config =
    file === undefined ? defaultsOf(env as string) : loadConfig(file, [], environmentOptions).config;
  requireMemoryFor(config, RUN, episodes);
  return { path: RUN, config, stored: readPolicyFile(RUN), status: null, caveat: undefined };
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

/** `leash evaluate RUN` or `leash evaluate FILE`. */
export async function runEvaluate(given: EvaluateFlags): Promise<number> {
  const episodes = wholeNumber('episodes', given.episodes, 1, MOST_EPISODES);
  const seed = wholeNumber('seed', given.seed, 0);
  const mode = given.sampled ? 'sampled' : 'greedy';
  const { path, config, stored, status, caveat } = subjectOf(given, episodes);
  const definition = findEnvironment(config.environment.id);
  const { options } = config.environment;
  const engine = await loadEngine(...engineOf(config, given));
  // The task stream is that of training: a bandit keeps its arms.
  const environment = definition.create(options, randomStream(config.seed, 'environment/task'));
  if (given.render && environment.render === undefined) {
    throw new UserError(`--render: ${definition.id} has no picture for the terminal`);
  }
  const played = naming(path, () =>
    evaluate({
      definition,
      options,
      engine,
      stored,
      episodes,
      mode,
      seed,
      taskSeed: config.seed,
    }),
  );
  const model = environment.tabular;
  const policy = model === undefined ? undefined : tabulate(model.states, stored, engine, mode);
  const horizon = definition.timeLimit(options);
  const findings: Findings = {
    run: path,
    status,
    caveat: caveat ?? null,
    environment: definition.id,
    mode,
    seed,
    returns: {
      ...interval(played.returns),
      min: played.returns.reduce((least, value) => Math.min(least, value)),
      max: played.returns.reduce((most, value) => Math.max(most, value)),
    },
    lengthMean: interval(played.lengths).mean,
    success: successOf(played.returns),
    expectedReturn:
      model === undefined || policy === undefined || horizon === undefined
        ? null
        : (expectedReturn(model, policy.probabilities, horizon) ?? null),
    bestReturn: definition.bestReturn(options) ?? null,
  };
  if (given.json) {
    printJson(encodeJson(findings));
    return 0;
  }
  print(describeFindings(findings).join('\n'));
  if (given.render) {
    if (model?.grid !== undefined && policy !== undefined) {
      const names = environment.actionSpace.kind === 'discrete' ? environment.actionSpace.names : undefined;
      const picture = drawPolicy(model, policy, names ?? []);
      print(`\n${picture}`);
    }
    await playEpisode({ environment, stored, engine, mode, seed, timeLimit: horizon });
  }
  return 0;
}

/** What is wrong with the policy, with the place of it. */
function naming<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`${error.message} (${path})`, error.exitCode);
  }
}

function successOf(returns: Float64Array): number | null {
  if (returns.some((value) => value !== 0 && value !== 1)) return null;
  return returns.reduce((sum, value) => sum + value, 0) / returns.length;
}

/** The findings as lines, the figures of the policy above what is known of the environment. */
export function describeFindings(findings: Findings): string[] {
  const { returns, success, bestReturn } = findings;
  const how = findings.mode === 'greedy' ? 'the likeliest actions' : 'sampled actions';
  const between = `95% interval ${figure(returns.low)} to ${figure(returns.high)}`;
  const lines: [string, string][] = [
    ...(findings.caveat === null ? [] : [['run', `${findings.run} ${findings.caveat}`] as [string, string]]),
    ['episodes', `${count(returns.samples)} of ${findings.environment} with ${how}, seed ${findings.seed}`],
    [
      'return',
      `mean ${figure(returns.mean)}, ${between}; from ${figure(returns.min)} to ${figure(returns.max)}`,
    ],
  ];
  if (success !== null) lines.push(['success', `${figure(100 * success)}% of episodes returned 1`]);
  if (findings.expectedReturn !== null) {
    lines.push([
      'exact',
      `${figure(findings.expectedReturn)}, the policy’s expected return by dynamic programming`,
    ]);
  }
  if (bestReturn !== null) lines.push(['best', `${figure(bestReturn.value)} (${bestReturn.how})`]);
  lines.push(['length', `mean ${figure(findings.lengthMean)} steps`]);
  return lines.map(([label, text]) => `${paint('dim', label.padEnd(9))}${text}`);
}
