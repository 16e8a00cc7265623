import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { taskOf } from '../../config/task.ts';
import { INITIAL } from '../../config/file-paths.ts';
import type { Config } from '../../config/schema.ts';
import { policyAt } from '../../node/checkpoints.ts';
import { loadEngine } from '../../node/load-engine.ts';
import { parametersSha256, readPolicyFile } from '../../node/policy.ts';
import { readReferencePolicy, readRunPolicy } from '../../node/run-policy.ts';
import { type LoadedRun, loadRun } from '../../node/read-run.ts';
import { randomStream } from '../../random/random.ts';
import type { EnvironmentDefinition } from '../../rollout/environment.ts';
import { problemOfEnumerated } from '../../rollout/table.ts';
import { featuresOf } from '../../rollout/vector-environment.ts';
import { otherObservations } from '../../run/observation-wrappers.ts';
import type { LoadedPolicy } from '../../run/policy-file.ts';
import { updateFiles } from '../../run/update-files.ts';
import {
  type Answers,
  createAnswers,
  type FrontierPlace,
  type PolicyPlace,
  type TokenLevelPlace,
} from '../../train/answers.ts';
import { UserError } from '../../user-error.ts';
import { environmentOptions, notEnumerable } from '../../../envs/environment-options.ts';
import { engineOf, type SettingFlags } from '../flag-values.ts';
import { givenRun } from '../given-run.ts';
import { atPlace } from './at-place.ts';
import { environmentOfRun } from './environment-of-run.ts';

/** A policy that a run kept. */
export interface KeptPlace extends PolicyPlace {
  readonly update: number;
}

/** A run with every policy that it kept. */
export interface RunOnFrontier {
  readonly path: string;
  /** Told from the others by it. */
  readonly label: string;
  /** That it was held near the reference with; null where it was not, or β moved. */
  readonly beta: number | null;
  /** At least one, in the order of their updates. */
  readonly places: readonly [KeptPlace, ...KeptPlace[]];
  /** π*_β of its β. */
  readonly optimum: FrontierPlace | null;
  /** Where its loss comes to rest, where that is token-level and exact, and KL from its last policy to there. */
  readonly rest: (Omit<TokenLevelPlace, 'from'> & { readonly klPolicyRest: number }) | null;
}

/** Runs of one token task on the plane of reward against drift, and what no policy can exceed there. */
export interface TokenFrontier {
  readonly environment: string;
  readonly prompts: number;
  /** Answers to each prompt. */
  readonly answers: number;
  readonly reference: Answers['reference'];
  /** In the order of falling β. */
  readonly runs: readonly RunOnFrontier[];
  readonly frontier: readonly FrontierPlace[];
  /** Why runs are left out, a line each. */
  readonly problems: readonly string[];
}

/** Runs of one token task with the same reference, and all its answers. */
export interface TokenRuns {
  readonly runs: readonly LoadedRun[];
  /** What is wrong with those that are damaged and left out, a line each. */
  readonly problems: readonly string[];
  readonly definition: EnvironmentDefinition;
  /** What each action writes. */
  readonly words: readonly string[];
  readonly reference: LoadedPolicy;
  readonly answers: Answers;
}

/** What the frontier goes beyond the runs. */
const BEYOND = 1.15;

/** What could be read, and of the rest why not, a line each. @throws UserError where nothing could */
function readable<T, R>(
  all: readonly T[],
  read: (each: T) => R,
): { readonly found: readonly R[]; readonly problems: readonly string[] } {
  const problems: string[] = [];
  const found = all.flatMap((each) => {
    try {
      return [read(each)];
    } catch (cause) {
      if (!(cause instanceof UserError)) throw cause;
      problems.push(cause.message);
      return [];
    }
  });
  if (found.length === 0) throw new UserError(problems[0] ?? '');
  return { found, problems };
}

/**
 * Reads runs of a token task; those that are damaged are left out.
 * @param paths folders of runs, at least one
 * @param reference a run or a policy file that all are seen from; undefined: that which they were held near
 * @throws UserError where they are of different tasks or references, all are damaged, or the task is none that can be gone
 *   through
 */
export async function readTokenRuns(
  paths: readonly string[],
  root: string,
  reference: string | undefined,
  flags: Pick<SettingFlags, 'env' | 'engine' | 'tfjsBackend'>,
): Promise<TokenRuns> {
  const { found: runs, problems } = readable(paths, (path) => loadRun(path, environmentOptions));
  const [first] = runs;
  const { options } = first.config.environment;
  for (const run of runs) requireSameTask(first, run);
  const definition = await environmentOfRun(first, flags.env);
  const task = randomStream(first.config.seed, 'environment/task');
  const found = definition.enumerate?.(options, task);
  if (found?.kind !== 'sequences')
    throw new UserError(`${first.path}: ${notSequences(definition, options, found?.kind === 'table')}`);
  const near = reference === undefined ? referenceOfAll(runs) : policyNamed(reference, root);
  const environment = definition.create(options, randomStream(first.config.seed, 'environment/task'));
  const { actionSpace, observationSpace, actionMask } = environment;
  const unlike = problemOfEnumerated(definition.id, actionMask !== undefined, found);
  if (unlike !== undefined) throw new UserError(`${first.path}: ${unlike}`);
  if (actionSpace.kind !== 'discrete')
    throw new UserError(`${first.path}: ${notSequences(definition, options, true)}`);
  const { n: outputs, names = [] } = actionSpace;
  const inputs = featuresOf(observationSpace);
  requireFit(near.stored, near.file, inputs, outputs);
  const engine = await loadEngine(...engineOf(first.config, flags));
  return {
    ...{ runs, problems, definition },
    words: Array.from({ length: outputs }, (_, token) => names[token] ?? String(token)),
    reference: near.stored,
    answers: atPlace(near.file, () => createAnswers({ inputs, outputs }, found.model, near.stored, engine)),
  };
}

function notSequences(
  definition: EnvironmentDefinition,
  options: Config['environment']['options'],
  isTable: boolean,
): string {
  const why = isTable ? undefined : notEnumerable(definition, options);
  return why ?? `${definition.id} is no task whose episodes are sequences of tokens`;
}

/** @throws UserError where the runs are not of one task */
function requireSameTask(first: LoadedRun, other: LoadedRun): void {
  if (taskOf(first.config.environment) !== taskOf(other.config.environment))
    throw new UserError(
      `${other.path} is of another task than ${first.path}: their environment and its options must be the same`,
    );
}

interface NamedPolicy {
  readonly file: string;
  readonly stored: LoadedPolicy;
}

/** The policy that all the runs were held near. @throws UserError where one was held near none, or another */
function referenceOfAll(runs: readonly LoadedRun[]): NamedPolicy {
  const each = runs.map(({ path, config }): NamedPolicy => {
    if (config.reference === null)
      throw new UserError(`${path} was held near no policy; --reference RUN or --reference FILE names one`);
    return { file: join(path, 'reference.safetensors'), stored: readReferencePolicy(path) };
  });
  const [first] = each;
  const sum = parametersSha256(first.stored);
  const other = each.find(({ stored }) => parametersSha256(stored) !== sum);
  if (other !== undefined)
    throw new UserError(
      `${other.file} is another policy than ${first.file}; --reference RUN or --reference FILE names one for all`,
    );
  return first;
}

function policyNamed(word: string, root: string): NamedPolicy {
  if (statSync(word, { throwIfNoEntry: false })?.isFile())
    return { file: word, stored: readPolicyFile(word) };
  const { file, stored } = readRunPolicy(givenRun(word, root), environmentOptions);
  return { file, stored };
}

/** @throws UserError where a policy does not see what the task shows, or write its tokens */
function requireFit(stored: LoadedPolicy, file: string, inputs: number, outputs: number): void {
  const { shape } = stored.policy;
  if (stored.observationMoments)
    throw new UserError(`${file} standardises its observations: what it sees of an answer is not known`);
  // What is written out is wrapped by none.
  const seen = otherObservations(stored.observationWrappers, [], 'the task');
  if (seen !== undefined) throw new UserError(`${file}: its ${seen}`);
  if (stored.head !== 'categorical' || shape.inputs !== inputs || shape.outputs !== outputs)
    throw new UserError(
      `${file}: the policy is a ${stored.head} of ${shape.inputs} inputs and ${shape.outputs} outputs, the task needs a categorical of ${inputs} and ${outputs}`,
    );
}

/** Left out are runs that kept no policy, or one that is damaged or does not fit. @throws UserError where all are */
export function frontierOf({ runs, problems, definition, reference, answers }: TokenRuns): TokenFrontier {
  const labels = labelsOf(runs);
  const { found: placed, problems: ofPolicies } = readable([...runs.keys()], (i) =>
    onFrontier(runs[i], labels[i], reference, answers),
  );
  // Thousands of snapshots are too many to be arguments.
  const reach = placed
    .flatMap(({ places, optimum }) => [...places, ...(optimum === null ? [] : [optimum])])
    .reduce((most, each) => Math.max(most, each.klPolicyReference), 0);
  return {
    environment: definition.id,
    prompts: answers.prompts,
    answers: answers.count,
    reference: answers.reference,
    runs: placed.toSorted((a, b) => (b.beta ?? 0) - (a.beta ?? 0)),
    frontier: answers.frontier(BEYOND * reach),
    problems: [...problems, ...ofPolicies],
  };
}

function onFrontier(run: LoadedRun, label: string, reference: LoadedPolicy, answers: Answers): RunOnFrontier {
  const { path, config } = run;
  const beta = fixedBeta(config);
  const kept = keptPolicies(run, answers);
  const begun = beginsAsReference(config) ? [{ update: 0, file: path, stored: reference }] : [];
  const [first, ...others] = [...begun, ...kept].map(({ update, file, stored }): KeptPlace => {
    return { update, ...atPlace(file, () => answers.place(stored, beta)) };
  });
  return {
    ...{ path, label, beta, places: [first, ...others] },
    optimum: beta === null ? null : answers.optimum(beta),
    rest: restOf(config, [...begun, ...kept], answers),
  };
}

/** Where a token-level loss comes to rest. */
function restOf({ reference }: Config, kept: readonly KeptPolicy[], answers: Answers): RunOnFrontier['rest'] {
  if (reference?.placement !== 'loss' || reference.level !== 'token' || reference.estimator !== 'exact')
    return null;
  const found = reference.adapt === null ? answers.tokenLevel(reference.beta) : undefined;
  if (found === undefined) return null;
  const { from, ...place } = found;
  return { ...place, klPolicyRest: from(kept[kept.length - 1].stored) };
}

/** Whether the policy of a run was that which it is held near, before its first update. */
function beginsAsReference({ reference, network }: Config): boolean {
  return reference !== null && (reference.policy === INITIAL || reference.policy === network.initialWeights);
}

interface KeptPolicy {
  readonly update: number;
  readonly file: string;
  readonly stored: LoadedPolicy;
}

/**
 * Snapshots and the policy that the run ended with; checkpoints only where there are no snapshots, for which of them there
 * are depends on how fast it went. @throws UserError for a run without any
 */
function keptPolicies(run: LoadedRun, { inputs, outputs }: Answers): readonly KeptPolicy[] {
  const { path, record } = run;
  const last = existsSync(join(path, 'policy.safetensors')) ? record.updates : undefined;
  const snapshots = updateFiles(path, 'snapshots');
  const kept = snapshots.length > 0 ? snapshots : updateFiles(path, 'checkpoints');
  const updates = new Set([...kept.map(({ update }) => update), ...(last === undefined ? [] : [last])]);
  if (updates.size === 0)
    throw new UserError(`${path} kept no policy yet (snapshots.everyUpdates keeps them on the way)`);
  return [...updates]
    .sort((a, b) => a - b)
    .map((update) => {
      const { file, read } = policyAt(run, update, last);
      const stored = read();
      requireFit(stored, file, inputs, outputs);
      return { update, file, stored };
    });
}

/** The policy of a run's last update. @throws UserError for a run without */
export function lastPolicyOf(run: LoadedRun, answers: Answers): LoadedPolicy {
  const kept = keptPolicies(run, answers);
  return kept[kept.length - 1].stored;
}

/** The β of a run's reference, where it stays what it is. */
function fixedBeta({ reference }: Config): number | null {
  return reference === null || reference.adapt !== null ? null : reference.beta;
}

/** By β where that tells the runs apart, else by where they are. */
function labelsOf(runs: readonly LoadedRun[]): string[] {
  const betas = runs.map(({ config }) => fixedBeta(config));
  const isTelling = new Set(betas).size === runs.length && !betas.includes(null);
  return runs.map(({ path }, i) => (isTelling ? `β = ${betas[i]}` : path));
}
