import { existsSync, lstatSync } from 'node:fs';
import { join } from 'node:path';
import { expectedVisits } from '../ground-truth/episodes.ts';
import type { Config } from '../config/schema.ts';
import type { Engine } from '../network/network.ts';
import { policyAt } from '../node/checkpoints.ts';
import { openEnvironments } from '../node/environments.ts';
import { loadEngine } from '../node/load-engine.ts';
import { categoricalHead } from '../policy/categorical.ts';
import { type Random, randomStream } from '../random/random.ts';
import type { Environment, EnvironmentDefinition, TabularModel } from '../rollout/environment.ts';
import { asTable, choices, problemOfMasks } from '../rollout/table.ts';
import type { ToldEpisode } from '../rollout/told-episode.ts';
import type { LoadedPolicy } from '../run/policy-file.ts';
import type { RunRecord } from '../run/record.ts';
import { updateFiles } from '../run/update-files.ts';
import { estimateEvaluation, spacesOf } from '../train/memory-estimate.ts';
import { episodeOf as tellEpisode, MOST_SHOWN, namesOf, tellSteps } from '../train/tell-episode.ts';
import { tabularPolicyOf } from '../train/tabular-policy.ts';
import { UserError } from '../user-error.ts';
import type { FollowedFolder } from './follow.ts';
import type { FollowedRun } from './followed-run.ts';
import { NotThere } from '../server/local-server.ts';
import { runsOf, wholeNumber } from './queries.ts';
import type { ToldPolicy, ToldTable } from './wire.ts';

/** States of a table that is shown whole. */
const MOST_STATES = 2500;
/** Bytes that a policy and its environment may take. */
const MOST_BYTES = 256 * 2 ** 20;

/** A run's policies, with all that it takes to ask them. */
interface Opened {
  readonly run: FollowedRun;
  readonly config: Config;
  readonly definition: EnvironmentDefinition;
  readonly engine: Engine;
  /** Of which there are policies, ascending. */
  readonly updates: readonly number[];
  readonly update: number;
  read(update: number): LoadedPolicy;
}

/** A policy: `run=ID`, and `update=N`, of which it is or the last before, or the first; without it the last there is. */
export async function policyOf(folder: FollowedFolder, query: URLSearchParams): Promise<ToldPolicy> {
  const opened = await open(folder, query);
  const { definition, config, updates, update } = opened;
  const environment = environmentOf(opened);
  const model = modelOf(opened, environment);
  const isMasked = environment.actionMask !== undefined;
  const isClear = model !== undefined && problemOfMasks(definition.id, isMasked, model) === undefined;
  const timeLimit = definition.timeLimit(config.environment.options);
  return {
    ...{ updates, update },
    isDrawn: environment.draw !== undefined,
    ...(isClear && { table: tableOf(opened, model, environment, timeLimit) }),
  };
}

/** The whole of an environment, where it can be said and shown, and its states are what the policy sees. */
function modelOf({ definition, config }: Opened, environment: Environment): TabularModel | undefined {
  const { observationSpace, tabular } = environment;
  if (observationSpace.kind !== 'discrete' || observationSpace.n > MOST_STATES) return undefined;
  if (tabular !== undefined) return tabular;
  const found = definition.enumerate?.(config.environment.options, taskOf(config));
  return found?.kind === 'table' && found.table.states === observationSpace.n ? found.table : undefined;
}

/** An episode: `run=ID&update=N&seed=N`, and `mode=sampled`. */
export async function episodeOf(folder: FollowedFolder, query: URLSearchParams): Promise<ToldEpisode> {
  const opened = await open(folder, query);
  const { definition, config, engine, update } = opened;
  const before = beforeOf(opened);
  const seed = wholeNumber('seed', query.get('seed') ?? '0');
  const mode = query.get('mode') === 'sampled' ? 'sampled' : 'greedy';
  const stored = opened.read(update);
  const earlier = before === null ? undefined : opened.read(before);
  const environment = environmentOf(opened);
  const timeLimit = Math.min(MOST_SHOWN, definition.timeLimit(config.environment.options) ?? MOST_SHOWN);
  const options = { environment, stored, before: earlier, engine, mode, seed, timeLimit } as const;
  return { ...tellEpisode(options, tellSteps(options)), before };
}

/** The update of the policy before; null: there is none. */
function beforeOf({ updates, update }: Opened): number | null {
  return updates[updates.indexOf(update) - 1] ?? null;
}

function tableOf(
  opened: Opened,
  model: TabularModel,
  { observationSpace, actionSpace }: Pick<Environment, 'observationSpace' | 'actionSpace'>,
  timeLimit: number | undefined,
): ToldTable {
  const { definition, read, engine, update } = opened;
  const { states, actions } = model;
  const policyIn = (at: number) =>
    tabularPolicyOf(model, { id: definition.id, observationSpace }, read(at), engine, 'sampled');
  const { probabilities, values } = policyIn(update);
  const before = beforeOf(opened);
  const visits = timeLimit === undefined ? null : expectedVisits(asTable(model), probabilities, timeLimit);
  return {
    actions: namesOf(actionSpace),
    grid: model.grid ?? null,
    probabilities: Array.from({ length: states }, (_, state) => [
      ...probabilities.subarray(state * actions, (state + 1) * actions),
    ]),
    values: values === undefined ? null : [...values],
    before,
    kl: before === null ? null : klOfStates(policyIn(before).probabilities, probabilities, states),
    visits: visits === null ? null : [...visits],
    chooses: choices(model),
  };
}

/** KL(p‖q) of each state, nats. */
function klOfStates(p: Float64Array, q: Float64Array, states: number): number[] {
  const out = new Float64Array(states);
  categoricalHead(p.length / states).kl(p.map(Math.log), q.map(Math.log), states, out);
  // Of two that are the same what is left of rounding may be below 0.
  return Array.from(out, (value) => Math.max(0, value));
}

function environmentOf({ definition, config }: Opened): Environment {
  return definition.create(config.environment.options, taskOf(config));
}

/** The task's stream is that of training: a bandit keeps its arms. */
function taskOf({ seed }: Config): Random {
  return randomStream(seed, 'environment/task');
}

/**
 * @throws UserError where the run's environment is code, which a page does not run, or takes too much memory; NotThere where
 *   there is no policy
 */
async function open(folder: FollowedFolder, query: URLSearchParams): Promise<Opened> {
  const [run] = runsOf(folder, query);
  const { config, record } = run.whole();
  const updates = policiesIn(run, record);
  const last = updates.at(-1);
  if (last === undefined)
    throw new NotThere(`${run.id} has no policy yet: snapshots.everyUpdates keeps some on the way`);
  const asked = query.has('update') ? wholeNumber('update', query.get('update') ?? '') : last;
  const update = updates.findLast((each) => each <= asked) ?? updates[0];
  const place = { path: run.path, config, record };
  const { definition } = await openEnvironments().ofRun(place);
  const read = (at: number): LoadedPolicy => {
    const found = policyAt(place, at, endOf(record));
    requireSmall(definition, config, found.file);
    return found.read();
  };
  const engine = await loadEngine(config.engine, { tfjsBackend: config.tfjsBackend });
  return { run, config, definition, engine, updates, update, read };
}

/** Whoever declares too much is told so before anything is made; a link is not followed. @throws UserError */
function requireSmall(definition: EnvironmentDefinition, config: Config, file: string): void {
  const found = lstatSync(file);
  if (!found.isFile()) throw new UserError(`${file} is no file of its own`);
  const policy = { path: file, bytes: found.size };
  const { options } = config.environment;
  const { bytes } = estimateEvaluation(definition, options, spacesOf(definition, config), policy, 1);
  if (bytes > MOST_BYTES) throw new UserError(`${file} is too large for a page; leash evaluate plays it`);
}

function endOf({ status, updates }: RunRecord): number | undefined {
  return status === 'running' ? undefined : updates;
}

function policiesIn({ path }: FollowedRun, record: RunRecord): number[] {
  const end = endOf(record);
  const isEnd = end !== undefined && existsSync(join(path, 'policy.safetensors'));
  const kept = [...updateFiles(path, 'snapshots'), ...updateFiles(path, 'checkpoints')];
  return [...new Set([...kept.map(({ update }) => update), ...(isEnd ? [end] : [])])].sort((a, b) => a - b);
}
