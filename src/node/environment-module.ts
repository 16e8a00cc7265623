import { statSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { pathToFileURL } from 'node:url';
import { defineEnvironment, type OwnEnvironment } from '../../envs/own-environment.ts';
import { MODULE_NAME } from '../config/environment-name.ts';
import { nearest } from '../config/nearest.ts';
import { show } from '../config/problem.ts';
import { thrownBy } from '../rollout/contract.ts';
import type { EnvironmentDefinition } from '../rollout/environment.ts';
import { guardDefinition } from '../rollout/own-definition.ts';
import { UserError } from '../user-error.ts';
import * as hooks from './module-hooks.ts';
import { requireKind } from './file-kind.ts';
import { sourceHash } from './module-source.ts';

/** Parts of a definition, and what each has to be; `id` and `create` must be there. */
const PARTS: Readonly<Record<keyof OwnEnvironment<unknown>, 'string' | 'function' | 'object'>> = {
  id: 'string',
  create: 'function',
  summary: 'string',
  source: 'string',
  options: 'object',
  timeLimit: 'function',
  bestReturn: 'function',
  returnBounds: 'function',
  bytesPerCopy: 'function',
  enumerate: 'function',
  episodeLength: 'function',
  example: 'object',
};

/** How a part is written that somebody gave as a value. */
const INSTEAD: Readonly<Partial<Record<string, (value: unknown) => string>>> = {
  timeLimit: (value) => `: write timeLimit: () => ${show(value)}`,
};

/**
 * Loads the environment that a file exports. The file is run: only what a user names, in a config of theirs or by a flag,
 * comes here.
 * @param path from the working folder
 * @param place where it is named
 * @throws UserError in one line for a file that is not there, cannot be loaded, throws or exports no environment
 */
export async function importEnvironment(path: string, place: string): Promise<EnvironmentDefinition> {
  // What else it is says more than how it must end.
  requireKind(path, ['code', 'text', 'binary', 'folder']);
  if (!MODULE_NAME.test(path))
    throw new UserError(
      `environment.module must name a file that ends in .ts, .mts, .js or .mjs, got ${show(path)} (${place})`,
    );
  if (!statSync(path, { throwIfNoEntry: false })?.isFile())
    throw new UserError(`environment.module must name a file that is there, got ${show(path)} (${place})`);
  const sha256 = sourceHash(path);
  registerHooks();
  const exported = await run(path);
  return definitionOf(exported, path, sha256);
}

let isRegistered = false;

/** Once a thread. Node.js before 22.15 has the older kind of hooks alone, and 26 warns of that. */
function registerHooks(): void {
  if (isRegistered) return;
  isRegistered = true;
  const { registerHooks: ofThisThread } = nodeModule as { registerHooks?: (given: typeof hooks) => void };
  if (ofThisThread !== undefined) ofThisThread(hooks);
  else nodeModule.register(new URL(`./module-hooks${import.meta.url.slice(-3)}`, import.meta.url));
}

async function run(path: string): Promise<Record<string, unknown>> {
  const { href } = pathToFileURL(path);
  let onIdle = (): void => undefined;
  // Where nothing is left to wait for.
  const stuck = new Promise<never>((_, reject) => {
    onIdle = () => reject(new UserError(`${path} does not end to load: it awaits what never comes`));
    process.once('beforeExit', onIdle);
  });
  try {
    return (await Promise.race([import(href), stuck])) as Record<string, unknown>;
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    // A mistake in the grammar says where only in its stack.
    const line = cause instanceof SyntaxError ? /:(\d+)\n/.exec(cause.stack ?? '')?.[1] : undefined;
    const at = line === undefined ? path : `${path}:${line}`;
    if (line !== undefined) throw new UserError(`${(cause as Error).message} (${at})`);
    const { message } = thrownBy(`${path}, when it was loaded,`, cause);
    throw new UserError(message, 2, cause instanceof Error ? { cause } : undefined);
  } finally {
    process.off('beforeExit', onIdle);
  }
}

function definitionOf(module: Record<string, unknown>, path: string, sha256: string): EnvironmentDefinition {
  const { default: exported } = module;
  const refuse = (why: string): UserError => new UserError(`${path} ${why}`);
  const how = 'export default defineEnvironment({ id, create })';
  if (exported === undefined) throw refuse(`has no default export; it needs ${how}`);
  if (typeof exported !== 'object' || exported === null)
    throw refuse(`must export an environment, got ${show(exported)}; it needs ${how}`);
  const parts = exported as Record<string, unknown>;
  for (const key of Object.keys(parts)) {
    if (Object.hasOwn(PARTS, key) || key === 'module') continue;
    const meant = nearest(key, Object.keys(PARTS));
    throw refuse(
      `exports an environment with ${key}, which none has; ${meant ? `did you mean ${meant}?` : `it may have ${Object.keys(PARTS).join(', ')}`}`,
    );
  }
  for (const [key, type] of Object.entries(PARTS)) {
    const value = parts[key];
    if (value === undefined && key !== 'id' && key !== 'create') continue;
    if (typeof value === type && value !== null && !(key === 'id' && value === '')) continue;
    const got =
      value === undefined
        ? 'but is missing'
        : `got ${typeof value === 'function' ? 'a function' : show(value)}`;
    const words = { string: 'a text', function: 'a function', object: 'an object' }[type];
    throw refuse(
      `exports an environment whose ${key} must be ${words}, ${got}${INSTEAD[key]?.(value) ?? ''}`,
    );
  }
  const own = defineEnvironment(parts as unknown as OwnEnvironment<unknown>);
  if (typeof own.options.safeParse !== 'function' || !('_zod' in own.options))
    throw refuse('exports an environment whose options are no schema of zod 4: z.strictObject({ … })');
  return { ...guardDefinition(own, `${own.id} (${path})`), module: { path, sha256 } };
}
