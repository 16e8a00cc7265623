import { isAbsolute, relative } from 'node:path';
import { findBuiltIn, optionsOf } from '../../envs/environment-options.ts';
import type { NamedEnvironment, WrappedEnvironment } from '../config/environment-name.ts';
import type { Config } from '../config/schema.ts';
import type { EnvironmentOptions } from '../config/load.ts';
import { changedModule, type RecordedModule } from '../run/changed-module.ts';
import { shellWord } from '../run/run-name.ts';
import { UserError } from '../user-error.ts';
import { type ResolveEnvironment, wrap } from '../wrapper/wrappers.ts';
import type { EnvironmentDefinition } from '../rollout/environment.ts';

/** The environments that a user's own configs name: the built-in ones, and files, which are run to load them. */
export interface Environments {
  /**
   * What `read` reads, with the options of the environments that it comes upon: where that is one of a file that is not
   * loaded yet, it is loaded and `read` called again.
   */
  reading<T>(read: (options: EnvironmentOptions) => T): Promise<T>;
  /** Of a config that was read, the user's own. */
  readonly resolve: ResolveEnvironment;
  /**
   * Of a run, which may be somebody else's: its file is not run unless the user names it.
   * @param file what `--env` says
   * @throws UserError where the run has a file and none is named, or the other way round
   */
  ofRun(run: RunOfEnvironment, file?: string): Promise<EnvironmentOfRun>;
}

/** What is read of a run. */
export interface RunOfEnvironment {
  readonly path: string;
  readonly config: { readonly environment: WrappedEnvironment };
  readonly record: { readonly module?: RecordedModule | undefined };
}

/** Where a run is played on. */
export interface EnvironmentOfRun {
  readonly definition: EnvironmentDefinition;
  /** That its file is not what the run was made with, one line; undefined: it is. */
  readonly changed: string | undefined;
}

/** The config of a run with the file that was named, which may stand elsewhere than when the run was made. */
export function withModule(config: Config, { module }: EnvironmentDefinition): Config {
  if (module === undefined) return config;
  const path = isAbsolute(module.path) ? module.path : relative('', module.path);
  return { ...config, environment: { ...config.environment, id: undefined, module: path } };
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
  const resolve: ResolveEnvironment = async (named) => {
    if (named.module !== undefined && !loaded.has(named.module)) await load(named.module, named.module);
    return wrap(find(named, ''), named.wrappers);
  };
  return {
    resolve,
    async ofRun(run, file) {
      const { module, wrappers } = run.config.environment;
      if (module === undefined) {
        if (file !== undefined)
          throw new UserError(`--env is not for ${run.path}, which has its environment`);
        return { definition: await resolve(run.config.environment), changed: undefined };
      }
      if (file === undefined)
        throw new UserError(
          `${run.path} was made with ${module}, which is code: --env ${shellWord(module)} runs it, where you trust it`,
        );
      const definition = await resolve({ module: file, ...(wrappers && { wrappers }) });
      return { definition, changed: changedModule(run.path, run.record.module, definition) };
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
