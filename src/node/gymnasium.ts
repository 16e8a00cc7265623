import { gymnasiumId, PYTHON } from '../config/environment-name.ts';
import * as z from '../packages/zod.ts';
import type { BatchedDefinition } from '../rollout/vector-environment.ts';
import { GymnasiumCopies } from './gymnasium-copies.ts';
import { GymnasiumCopy } from './gymnasium-copy.ts';
import { GymnasiumWorld, type GymnasiumOptions, type Made } from './gymnasium-world.ts';
import { openPython, type Python } from './python.ts';

/** One child for all environments of an id that one Python runs in this thread. */
const opened = new Map<string, Promise<Python>>();

/**
 * An environment of Gymnasium's, run by the user's Python.
 * @param id `gym:CartPole-v1`, or with the module that registers it: `gym:my_module:MyEnv-v0`
 * @param place where it is named
 * @throws UserError in one line where there is no Python, no Gymnasium in it, or no such environment
 */
export async function gymnasiumEnvironment(
  id: string,
  place: string,
): Promise<BatchedDefinition<GymnasiumOptions>> {
  const own = gymnasiumId({ id }) as string;
  const key = `${process.env[PYTHON] ?? ''} ${own}`;
  const opening = opened.get(key) ?? openPython(own, place);
  // At once: who asks meanwhile waits for the same child.
  opened.set(key, opening);
  try {
    const python = await opening;
    if (!python.isOver) return definitionOf(id, python);
  } catch (cause) {
    forget(key, opening);
    throw cause;
  }
  forget(key, opening);
  return await gymnasiumEnvironment(id, place);
}

/** One that ended, or never began; another that came in its place stays. */
function forget(key: string, opening: Promise<Python>): void {
  if (opened.get(key) === opening) opened.delete(key);
}

function definitionOf(id: string, python: Python): BatchedDefinition<GymnasiumOptions> {
  const known = new Map<string, Made>();
  // Asked once for each options: what they are is asked more often than one would think.
  const describe = (options: GymnasiumOptions): Made => {
    const key = JSON.stringify(options);
    const found = known.get(key);
    if (found !== undefined) return found;
    const world = new GymnasiumWorld(id, python, options, 1, false);
    world.close();
    known.set(key, world.made);
    return world.made;
  };
  return {
    id,
    summary: '',
    source: `Gymnasium ${python.versions.gymnasium}, run by ${python.python}`,
    options: z.record(z.string(), z.unknown()),
    versions: python.versions,
    timeLimit: (options) => describe(options).timeLimit,
    bestReturn: () => undefined,
    create: (options) => new GymnasiumCopy(id, python, options, describe(options)),
    createBatch: (options, streams) => new GymnasiumCopies(id, python, options, streams),
  };
}
