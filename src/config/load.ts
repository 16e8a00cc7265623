import type { z } from 'zod';
import { decimal } from './decimal.ts';
import { shorten, UserError } from '../user-error.ts';
import { hasCritic, problemOfGroups } from './advantage.ts';
import { ignoredSettings } from './algorithm.ts';
import { alternatives, configJsonSchema, schemaAt } from './fields.ts';
import type { JsonSchema } from './fields.ts';
import {
  ENVIRONMENT_NAMES,
  environmentName,
  type NamedEnvironment,
  type WrappedEnvironment,
} from './environment-name.ts';
import { kindOfJson, otherKind } from './file-kind.ts';
import { parseJson } from './json.ts';
import { withNewNames } from './old-names.ts';
import { overPreset, type PresetName, presets } from './presets.ts';
import { explainIssues, isTree, MOST_OF_PATH, show, type Tree, unknownSetting, valueAt } from './problem.ts';
import { objectiveOf } from '../objective/objective.ts';
import { problemOfDivergence } from './objective.ts';
import { problemOfSequences } from './reference.ts';
import { type Config, configSchema } from './schema.ts';
import { stepsPerUpdate } from './updates.ts';

/** One value from the command line, still as text: the schema of its field says what it is. */
export interface Override {
  readonly path: string;
  readonly text: string;
  /** As errors and `config show` name it: `--seed`, `--set`. */
  readonly origin: string;
  /** The file that says it, which paths in it start from; undefined: the command line, the working folder. */
  readonly file?: string | undefined;
}

/** What loading has to know of environments; `envs/registry.ts` knows it, and only `cli` may read that. */
export interface EnvironmentOptions {
  /** JSON Schema of the options of one environment. @throws UserError at once when there is no such environment */
  schema(named: NamedEnvironment, place: string): () => JsonSchema;
  /** The options with their defaults. @throws UserError when they are wrong */
  resolve(
    named: NamedEnvironment,
    options: Record<string, unknown>,
    /** Where the setting of each path stands. */
    place: (path: string) => string,
  ): Record<string, unknown>;
  /** Whether its observations are numbers of states, which nothing standardises. @param options as `resolve` gives them */
  hasDiscreteObservations(named: WrappedEnvironment, options: Record<string, unknown>): boolean;
  /** Whether its actions are, so that two distributions of them have a total variation in closed form. */
  hasDiscreteActions(named: WrappedEnvironment, options: Record<string, unknown>): boolean;
  /** Why its actions cannot go through tanh, as the end of a sentence; undefined where they can. @param options likewise */
  notSquashable(named: WrappedEnvironment, options: Record<string, unknown>): string | undefined;
  /** Why nothing exact can be computed of it, as the end of a sentence; undefined where it can. @param options likewise */
  notEnumerable(named: WrappedEnvironment, options: Record<string, unknown>): string | undefined;
  /** Why its wrappers cannot stand around it, one sentence; undefined where they can. @param options likewise */
  mismatch(named: WrappedEnvironment, options: Record<string, unknown>): string | undefined;
  /** Steps of every episode, where all have the same number. @param options as `resolve` gives them */
  episodeLength(named: WrappedEnvironment, options: Record<string, unknown>): number | undefined;
}

export interface LoadedConfig {
  readonly config: Config;
  /** The schema with the options of this environment in place. */
  readonly schema: JsonSchema;
  /** Path of a setting → where it was given (the file's name, `--set`, `--seed`); absent: a default. */
  readonly origins: ReadonlyMap<string, string>;
}

/** Either a config or what is wrong with it: one line each, the place at the end. */
export type Inspection = { loaded: LoadedConfig; problems: [] } | { loaded?: never; problems: string[] };

/** `path.to.key=value` of `--set`. @throws UserError when there is no `=` or no path */
export function parseAssignment(assignment: string): Override {
  const at = assignment.indexOf('=');
  if (at < 1) throw new UserError(`--set needs path.to.key=value, got ${show(assignment)}`);
  return { path: assignment.slice(0, at).trim(), text: assignment.slice(at + 1), origin: '--set' };
}

/** The config that a value says, with the overrides on top and defaults filled in, or every problem. @param file how problems name where it is from */
export function resolveConfig(
  written: unknown,
  file: string,
  overrides: readonly Override[],
  environments: EnvironmentOptions,
  like?: PresetName,
): Inspection {
  const other = otherKind(file, kindOfJson(written), ['config']);
  if (other !== undefined) return { problems: [other] };
  const problems: string[] = [];
  const attempt = <T>(action: () => T): T | undefined => collect(problems, action);
  const { named, namedIn } = environmentIn(written, file, overrides);
  const options = named && attempt(() => environments.schema(named, namedIn));
  const schema = once(() => configJsonSchema(options?.()));
  const preset = like !== undefined && isTree(written) ? overPresetOf(like, written, overrides) : undefined;
  const under = preset && { values: preset, origin: `--like ${like}` };
  const settings = resolveSettings(written, file, overrides, configSchema, schema, under);
  problems.push(...settings.problems);
  const { raw, resolved: config, place, origins } = settings;
  const section = raw.environment;
  if (named !== undefined && options !== undefined && isTree(section) && isTree(section.options ?? {})) {
    const own = (section.options ?? {}) as Tree;
    const resolved = attempt(() => environments.resolve(named, own, place));
    if (config !== undefined && resolved !== undefined) {
      config.environment.options = resolved;
      const { normalizeObservations, wrappers } = config.environment;
      const wrapped = { ...named, wrappers };
      const mismatch = wrappers.length === 0 ? undefined : environments.mismatch(wrapped, resolved);
      if (mismatch !== undefined)
        return { problems: [...problems, `${mismatch} (${place('environment.wrappers')})`] };
      if (normalizeObservations && environments.hasDiscreteObservations(wrapped, resolved))
        problems.push(
          `environment.normalizeObservations must be false, got true: the observations of ${environmentName(named)} are discrete (${place('environment.normalizeObservations')})`,
        );
      const unmeasured = problemOfDivergence(
        config,
        () => environments.hasDiscreteActions(wrapped, resolved),
        environmentName(named),
      );
      if (unmeasured !== undefined) problems.push(`${unmeasured} (${place('objective.divergence')})`);
      const unsquashed = config.network.squash ? environments.notSquashable(wrapped, resolved) : undefined;
      if (unsquashed !== undefined)
        problems.push(`network.squash must be false, got true: ${unsquashed} (${place('network.squash')})`);
      const reason = config.groundTruth ? environments.notEnumerable(wrapped, resolved) : undefined;
      if (reason !== undefined)
        problems.push(`groundTruth must be false, got true: ${reason} (${place('groundTruth')})`);
      const cut = problemOfSequences(config, environments.episodeLength(wrapped, resolved));
      if (cut !== undefined) problems.push(`${cut} (${place('reference.level')})`);
      const ungrouped = problemOfGroups(config, environments.episodeLength(wrapped, resolved));
      if (ungrouped !== undefined) problems.push(`${ungrouped.problem} (${place(ungrouped.path)})`);
    }
  }
  if (config !== undefined) {
    problems.push(...crossFieldProblems(config, place));
    const changes = (path: string): boolean =>
      origins.get(path) !== file || !isDefault(config, path.split('.'));
    problems.push(...ignoredSettings(config, origins.keys(), changes, place));
  }
  if (config === undefined || problems.length > 0) return { problems };
  const loaded: LoadedConfig = {
    config,
    origins,
    get schema() {
      return schema();
    },
  };
  return { loaded, problems: [] };
}

/** What `make` makes, made when it is first asked for: a JSON Schema takes longer than the rest of loading. */
function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** What a file and the overrides on top of it come to by a schema. */
export interface Settings<T> {
  /** With the defaults; undefined where the schema has objections, which `problems` holds. */
  readonly resolved: T | undefined;
  readonly problems: string[];
  /** As written, overrides included. */
  readonly raw: Tree;
  readonly origins: ReadonlyMap<string, string>;
  /** Where the value at a path was given, as problems name it. */
  place(path: string): string;
}

/**
 * Puts the overrides over what was written and lets the schema judge all of it.
 * @param schema gives that of `type`: only overrides and problems need it
 * @param under what was written with a preset's values beneath it, and what those are called
 */
export function resolveSettings<T>(
  written: unknown,
  file: string,
  overrides: readonly Override[],
  type: z.ZodType<T>,
  schema: () => JsonSchema,
  under?: { readonly values: Tree; readonly origin: string },
): Settings<T> {
  const own = isTree(written) ? written : {};
  const raw = structuredClone(under?.values ?? own);
  const origins = new Map(leavesOf(raw).map((path) => [path, under?.origin ?? file]));
  for (const path of leavesOf(own)) origins.set(path, file);
  const place = (path: string): string => placeOf(path, file, origins, overrides);
  if (!isTree(written)) {
    const problem = `a config must be a JSON object, got ${show(written)} (${file})`;
    return { resolved: undefined, problems: [problem], raw, origins, place };
  }
  const problems: string[] = [];
  for (const override of overrides) {
    collect(problems, () => {
      assign(raw, override, schema());
      if (ENVIRONMENT_NAMES.includes(override.path)) giveWay(raw, override.path, origins);
      for (const path of origins.keys()) if (path.startsWith(`${override.path}.`)) origins.delete(path);
      origins.set(override.path, override.origin);
    });
  }
  const parsed = type.safeParse(withNewNames(raw));
  if (!parsed.success) problems.push(...explainIssues(parsed.error.issues, raw, schema(), place));
  return { resolved: parsed.data, problems, raw, origins, place };
}

/** The action's value; a user's mistake joins the problems instead. */
function collect<T>(problems: string[], action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    problems.push(error.message);
    return undefined;
  }
}

function overPresetOf(like: PresetName, written: Tree, overrides: readonly Override[]): Tree {
  const section = written.objective;
  const kind = overrides.findLast(({ path }) => path === 'objective.kind')?.text;
  return overPreset(presets[like].settings, written, kind ?? (isTree(section) ? section.kind : undefined));
}

/** Which environment is meant, and where that was said; undefined where nothing names one, or the file names two. */
function environmentIn(
  written: unknown,
  file: string,
  overrides: readonly Override[],
): { readonly named: NamedEnvironment | undefined; readonly namedIn: string } {
  const last = overrides.findLast(({ path }) => ENVIRONMENT_NAMES.includes(path));
  if (last !== undefined) {
    const namedIn = last.origin === '--set' ? `--set ${last.path}` : last.origin;
    return { named: last.path === 'environment.id' ? { id: last.text } : { module: last.text }, namedIn };
  }
  const { id, module } = isTree(written) && isTree(written.environment) ? written.environment : {};
  if (typeof id === 'string' && module === undefined) return { named: { id }, namedIn: file };
  if (typeof module === 'string' && module !== '' && id === undefined)
    return { named: { module }, namedIn: file };
  return { named: undefined, namedIn: file };
}

/** Of the two names of an environment each takes the other's place where it is said over it, with the options that were its. */
function giveWay(raw: Tree, path: string, origins: Map<string, string>): void {
  const { environment } = raw;
  const other = ENVIRONMENT_NAMES.find((each) => each !== path) as string;
  const key = other.slice('environment.'.length);
  if (!isTree(environment) || environment[key] === undefined) return;
  for (const gone of [key, 'options']) delete environment[gone];
  for (const origin of origins.keys())
    if (origin === other || origin.startsWith('environment.options')) origins.delete(origin);
}

/** Puts one override in place. @throws UserError when the path is no setting */
function assign(raw: Tree, { path, text, origin }: Override, schema: JsonSchema): void {
  const keys = path.split('.');
  const place = origin === '--set' ? `--set ${shorten(`${path}=${text}`, MOST_OF_PATH)}` : origin;
  const field = keys.includes('__proto__') ? undefined : schemaAt(schema, keys);
  if (field === undefined) throw new UserError(`${unknownSetting(keys, schema)} (${place})`);
  let here = raw;
  for (const key of keys.slice(0, -1)) {
    const next = Object.hasOwn(here, key) ? here[key] : undefined;
    const inner: Tree = isTree(next) ? next : {};
    here[key] = inner;
    here = inner;
  }
  here[keys.at(-1) as string] = typedValue(text, path, field);
}

/** The text as the type that the field has; as it stands, for the schema to reject, where it has none of them. */
function typedValue(text: string, path: string, field: JsonSchema): unknown {
  const options = alternatives(field);
  const isFree = options.some(({ type, enum: values }) => type === undefined && values === undefined);
  const takes = (...types: string[]): boolean => options.some(({ type }) => types.includes(type ?? ''));
  if (text === 'null' && (isFree || takes('null'))) return null;
  if ((text === 'true' || text === 'false') && (isFree || takes('boolean'))) return text === 'true';
  const number = decimal(text);
  if (!Number.isNaN(number) && (isFree || takes('number', 'integer'))) return number;
  if (/^\s*[[{]/.test(text) && (isFree || takes('array', 'object')))
    return parseJson(text, `--set ${shorten(path, MOST_OF_PATH)}`);
  return text;
}

/** What no field can know alone. */
function crossFieldProblems(config: Config, place: (path: string) => string): string[] {
  const problems: string[] = [];
  const ppo = config.algorithm === 'ppo';
  const field = ppo ? 'ppo.minibatchSize' : 'trpo.value.minibatchSize';
  const { minibatchSize } = ppo ? config.ppo : config.trpo.value;
  const hasMinibatches = ppo || hasCritic(config);
  const samples = stepsPerUpdate(config);
  if (hasMinibatches && minibatchSize > samples) {
    const size = `rollout.steps ${config.rollout.steps} × environment.copies ${config.environment.copies}`;
    problems.push(
      `${field} must be at most ${samples}, the samples of a rollout (${size}), got ${minibatchSize} (${place(field)})`,
    );
  }
  const { reference, objective } = config;
  if (reference?.placement === 'loss' && ppo && 'beta' in objective) {
    problems.push(
      `reference.placement must be "reward" with objective.kind ${show(objective.kind)}, which has a KL penalty in the loss already, got "loss" (${place('reference.placement')})`,
    );
  }
  problems.push(...projectionProblems(config, place));
  const { delta, onOvershoot } = config.trustRegion;
  const greatest = typeof delta === 'number' ? delta : Math.max(delta.from, delta.to);
  const target = 'adapt' in objective ? objective.adapt?.target : undefined;
  if (ppo && onOvershoot === 'rollback' && target !== undefined && target > greatest) {
    problems.push(
      `objective.adapt.target must be at most trustRegion.delta ${greatest} with trustRegion.onOvershoot "rollback", which ends every update within it, so that β would only fall, got ${target} (${place('objective.adapt.target')})`,
    );
  }
  if (config.network.stateDependentStd && !config.network.policy.bias) {
    problems.push(
      `network.policy.bias must be true with network.stateDependentStd, whose log standard deviations start as biases, got false (${place('network.policy.bias')})`,
    );
  }
  if (config.tfjsBackend !== 'auto' && config.engine !== 'tfjs') {
    problems.push(
      `tfjsBackend ${show(config.tfjsBackend)} needs engine "tfjs", the engine is ${show(config.engine)} (${place('tfjsBackend')})`,
    );
  }
  if (config.network.tfjs !== null && config.engine !== 'tfjs') {
    problems.push(
      `network.tfjs needs engine "tfjs", the engine is ${show(config.engine)} (${place('network.tfjs')})`,
    );
  }
  return problems;
}

/** What a projection can't be combined with. */
function projectionProblems(
  { algorithm, objective, reference, trustRegion }: Config,
  place: (path: string) => string,
): string[] {
  if (algorithm !== 'ppo' || trustRegion.projection === null) return [];
  const problems: string[] = [];
  const { divergence, ratiosWithin } = objectiveOf(objective.kind);
  if (divergence !== undefined || ratiosWithin !== undefined) {
    problems.push(
      `trustRegion.projection must be null with objective.kind ${show(objective.kind)}, which has a region of its own in each state (${place('trustRegion.projection')})`,
    );
  }
  const { placement, level, estimator } = reference ?? {};
  if (placement === 'loss' && level === 'sequence' && estimator !== 'exact') {
    problems.push(
      `reference.placement must be "reward" with trustRegion.projection and reference.level "sequence": the loss sees projected policies, of a minibatch’s states alone, got "loss" (${place('reference.placement')})`,
    );
  }
  return problems;
}

/** Whether the setting at a path has the value it would have had without being given. */
function isDefault(config: Config, keys: readonly string[]): boolean {
  const defaults = configSchema.parse({ environment: { id: environmentName(config.environment) } });
  return areEqual(valueAt(config, keys), valueAt(defaults, keys));
}

/** Where the value at a path was given: the file, or the flag with what it said. */
function placeOf(
  path: string,
  file: string,
  origins: ReadonlyMap<string, string>,
  overrides: readonly Override[],
): string {
  const within = (outer: string): boolean => path === outer || path.startsWith(`${outer}.`);
  const given = overrides.findLast((each) => within(each.path) || each.path.startsWith(`${path}.`));
  if (given === undefined || !origins.has(given.path)) {
    // A setting that nobody gave is asked of the file, or of the flag that made of its section what needs it.
    const found = [...origins].find(([each]) => within(each))?.[1];
    const maker = found === undefined ? makerOf(path, origins, overrides) : undefined;
    return maker === undefined ? (found ?? file) : flagOf(maker);
  }
  return flagOf(given);
}

/** Who alone gave the value of several kinds that a setting is part of: `--set optimizer.learningRate.from=…` makes it a schedule. */
function makerOf(
  path: string,
  origins: ReadonlyMap<string, string>,
  overrides: readonly Override[],
): Override | undefined {
  const keys = path.split('.').slice(0, -1);
  const field = schemaAt(configJsonSchema(), keys);
  if (keys.length === 0 || field === undefined || alternatives(field).length < 2) return undefined;
  const start = `${keys.join('.')}.`;
  const isOverridden = (leaf: string): boolean => overrides.some((each) => each.path === leaf);
  if ([...origins.keys()].some((leaf) => leaf.startsWith(start) && !isOverridden(leaf))) return undefined;
  return overrides.findLast((each) => each.path.startsWith(start));
}

/** The flag that gave a setting, with what it said. */
export function flagOf({ origin, path, text }: Override): string {
  return origin === '--set' ? `--set ${shorten(`${path}=${text}`, MOST_OF_PATH)}` : origin;
}

/** Paths of all that is no section. */
export function leavesOf(tree: Tree, prefix = ''): string[] {
  return Object.entries(tree).flatMap(([key, value]) => {
    const path = prefix + key;
    return isTree(value) && Object.keys(value).length > 0 ? leavesOf(value, `${path}.`) : [path];
  });
}

/** Whether two values of JSON are the same, members in any order. */
function areEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [own, other] = [a as Tree, b as Tree];
  const keys = Object.keys(own);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && areEqual(own[key], other[key]))
  );
}
