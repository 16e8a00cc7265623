import { isAbsolute, relative } from 'node:path';
import { findBuiltIn, optionsOf } from '../../envs/environment-options.ts';
import {
  codeOf,
  environmentName,
  gymnasiumId,
  type NamedEnvironment,
  namedBy,
  type WrappedEnvironment,
} from '../config/environment-name.ts';
import type { Config } from '../config/schema.ts';
import type { EnvironmentOptions } from '../config/load.ts';
import { changedModule, changedVersions, type RecordedModule } from '../run/changed-module.ts';
import { shellWord } from '../run/run-name.ts';
import { UserError } from '../user-error.ts';
import { type ResolveEnvironment, wrap } from '../wrapper/wrappers.ts';
import type { EnvironmentDefinition } from '../rollout/environment.ts';

/** The environments that a user's own configs name: the built-in ones, files, which are run to load them, and Gymnasium's. */
export interface Environments {
  /**
   * What `read` reads, with the options of the environments that it comes upon: where that is one of a file that is not
   * loaded yet, it is loaded and `read` called again.
   */
  reading<T>(read: (options: EnvironmentOptions) => T): Promise<T>;
  /** Of a config that was read, the user's own. */
  readonly resolve: ResolveEnvironment;
  /**
   * Of a run, which may be somebody else's: its file is not run, nor Python started, unless the user names it.
   * @param said what `--env` says
   * @throws UserError where the run has code and none is named, or the other way round
   */
  ofRun(run: RunOfEnvironment, said?: string): Promise<EnvironmentOfRun>;
}

/** What is read of a run. */
export interface RunOfEnvironment {
  readonly path: string;
  readonly config: { readonly environment: WrappedEnvironment };
  readonly record: {
    readonly module?: RecordedModule | undefined;
    readonly versions?: Readonly<Record<string, string>> | undefined;
  };
}

/** Where a run is played on. */
export interface EnvironmentOfRun {
  readonly definition: EnvironmentDefinition;
  /** That its file, or what runs it, is not what the run was made with, one line; undefined: it is. */
  readonly changed: string | undefined;
}

/** The config of a run with the file that was named, which may stand elsewhere than when the run was made. */
export function withModule(config: Config, { module }: EnvironmentDefinition): Config {
  if (module === undefined) return config;
  const path = isAbsolute(module.path) ? module.path : relative('', module.path);
  return { ...config, environment: { ...config.environment, id: undefined, module: path } };
}

function isPython({ config }: RunOfEnvironment): boolean {
  return gymnasiumId(config.environment) !== undefined;
}

/** Thrown through what reads, to be caught by what loads. */
class NotLoaded extends Error {
  readonly path: string;
  readonly place: string;
  constructor(path: string, place: string) {
    super(`${path} is not loaded`);
    this.path = path;
    this.place = place;
  }
}

/** Nothing is loaded yet. */
export function openEnvironments(): Environments {
  const loaded = new Map<string, EnvironmentDefinition>();
  const find = (named: NamedEnvironment, place: string): EnvironmentDefinition => {
    if (named.module === undefined) return findBuiltIn(named, place);
    const found = loaded.get(named.module);
    if (found === undefined) throw new NotLoaded(named.module, place);
    return found;
  };
  const options = optionsOf(find);
  const load = async (path: string, place: string): Promise<void> => {
    // Loaded when it is needed: it takes a stripper of types along.
    const { importEnvironment } = await import('./environment-module.ts');
    loaded.set(path, await importEnvironment(path, place));
  };
  const definitionOf = async (named: NamedEnvironment, place: string): Promise<EnvironmentDefinition> => {
    if (gymnasiumId(named) !== undefined) {
      const { gymnasiumEnvironment } = await import('./gymnasium.ts');
      return await gymnasiumEnvironment(named.id as string, place);
    }
    if (named.module !== undefined && !loaded.has(named.module)) await load(named.module, place);
    return find(named, '');
  };
  const resolve: ResolveEnvironment = async (named, place = environmentName(named)) =>
    wrap(await definitionOf(named, place), named.wrappers);
  return {
    resolve,
    async ofRun(run, said) {
      const { wrappers } = run.config.environment;
      const code = codeOf(run.config.environment);
      if (code === undefined) {
        if (said !== undefined)
          throw new UserError(`--env is not for ${run.path}, which has its environment`);
        return { definition: await resolve(run.config.environment), changed: undefined };
      }
      if (said === undefined)
        throw new UserError(
          `${run.path} was made with ${code}, which ${isPython(run) ? 'runs Python' : 'is code'}: --env ${shellWord(code)} runs it, where you trust it`,
        );
      const named = namedBy(said);
      if ((isPython(run) || named.module === undefined) && said !== code)
        throw new UserError(`--env ${shellWord(said)} is not for ${run.path}, which was made with ${code}`);
      const definition = await resolve({ ...named, ...(wrappers && { wrappers }) }, '--env');
      const changed =
        changedModule(run.path, run.record.module, definition) ??
        changedVersions(run.path, run.record.versions, definition);
      return { definition, changed };
    },
    async reading(read) {
      for (;;) {
        try {
          return read(options);
        } catch (cause) {
          if (!(cause instanceof NotLoaded)) throw cause;
          await load(cause.path, cause.place);
        }
      }
    },
  };
}
