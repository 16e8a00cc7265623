import type { EnvironmentDefinition } from '../rollout/environment.ts';
import { shortHash } from './short-hash.ts';

/** What a run keeps of the file that its environment was loaded from; its config has the path. */
export interface RecordedModule {
  /** Of the environment that it exported. */
  readonly id: string;
  /** As of `ModuleSource`. */
  readonly sha256: string;
}

/** What is to be kept of it; undefined of an environment that is no file's. */
export function recordedModule({ id, module }: EnvironmentDefinition): RecordedModule | undefined {
  return module && { id, sha256: module.sha256 };
}

/** That the file is not what a run was made with, one line; undefined where it is. @param path the run */
export function changedModule(
  path: string,
  was: RecordedModule | undefined,
  { module: is }: EnvironmentDefinition,
): string | undefined {
  if (was === undefined || is === undefined || was.sha256 === is.sha256) return undefined;
  return `${is.path}, or a file that it imports, is not what ${path} was made with: SHA-256 ${shortHash(is.sha256)} now, ${shortHash(was.sha256)} then`;
}

/**
 * That what runs the environment beside leash is not what a run was made with, one line; undefined where it is, or there is
 * none. @param path the run @param was `versions` of its record
 */
export function changedVersions(
  path: string,
  was: Readonly<Record<string, string>> | undefined,
  { id, versions = {} }: EnvironmentDefinition,
): string | undefined {
  if (was === undefined) return undefined;
  const others = Object.entries(versions).filter(([name, version]) => (was[name] ?? version) !== version);
  if (others.length === 0) return undefined;
  const now = others.map(([name, version]) => `${name} ${version}`).join(', ');
  const then = others.map(([name]) => was[name]).join(', ');
  return `${id} runs in ${now} now, ${path} was made with ${then}: the same bytes are promised for the same versions alone`;
}
