import type { Wrapper } from '../wrapper/wrappers.ts';

/** How a config names its environment: a built-in one by its id, or a file that exports one. */
export type NamedEnvironment =
  | { readonly id: string; readonly module?: undefined }
  | {
      readonly id?: undefined;
      /** A path from the working folder, once the config is loaded. */
      readonly module: string;
    };

/** The same with what stands around it. */
export type WrappedEnvironment = NamedEnvironment & {
  /** The first innermost; absent: none. */
  readonly wrappers?: readonly Wrapper[];
};

/** The settings that name an environment: a config has exactly one of them. */
export const ENVIRONMENT_NAMES: readonly string[] = ['environment.id', 'environment.module'];

/** What an environment is called where nothing of it is loaded: its id, or the path of its file. */
export function environmentName({ id, module }: NamedEnvironment): string {
  return id ?? module;
}

/** That episodes end when they like, and what would change that where an option does. */
export function withoutLength(
  environment: NamedEnvironment & { readonly options: Readonly<Record<string, unknown>> },
): string {
  const hint = environment.options.padded === false ? '; environment.options.padded true pads them' : '';
  return `those of ${environmentName(environment)} have no fixed length${hint}`;
}

/** How the ids of Gymnasium's environments begin, which Python runs. */
const GYMNASIUM = 'gym:';

/** The variable that names the Python that does; `--python` is said by it to threads, too. */
export const PYTHON = 'LEASH_PYTHON';

/** Gymnasium's own id of such an environment; undefined of another. */
export function gymnasiumId({ id }: { readonly id?: string | undefined }): string | undefined {
  return id?.startsWith(GYMNASIUM) ? id.slice(GYMNASIUM.length) : undefined;
}

/**
 * What of it is not leash's: the path of a file, or the id of an environment that Python runs; undefined of a built-in one.
 * What a run names so is code, and only runs where the user names it too.
 */
export function codeOf(named: NamedEnvironment): string | undefined {
  return named.module ?? (gymnasiumId(named) === undefined ? undefined : named.id);
}

/** Of a file that exports an environment. */
export const MODULE_NAME = /\.m?[jt]s$/;

/** A word of the command line that is a file's, not an id: it ends as code does, or has a folder. */
export function namedBy(word: string): NamedEnvironment {
  if (gymnasiumId({ id: word }) !== undefined) return { id: word };
  const isFile = /[/\\]/.test(word) || MODULE_NAME.test(word) || word.endsWith('.json');
  return isFile ? { module: word } : { id: word };
}
