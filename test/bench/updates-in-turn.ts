import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Training } from '../../src/train/training.ts';

/** Steps that no measurement comes to the end of. */
const ENDLESS = 1e9;

/** The modules of a checkout that was built, each of its own, whatever another checkout has loaded. */
async function moduleOf<Module>(checkout: string, path: string): Promise<Module> {
  return (await import(pathToFileURL(join(checkout, 'dist', path)).href)) as Module;
}

async function trainingOf(checkout: string, file: string): Promise<Training> {
  const { createTraining } = await moduleOf<typeof import('../../src/train/training.ts')>(
    checkout,
    'src/train/training.js',
  );
  const { loadConfig } = await moduleOf<typeof import('../../src/node/load-config.ts')>(
    checkout,
    'src/node/load-config.js',
  );
  const { loadEngine } = await moduleOf<typeof import('../../src/node/load-engine.ts')>(
    checkout,
    'src/node/load-engine.js',
  );
  const { findEnvironment } = await moduleOf<typeof import('../../envs/registry.ts')>(
    checkout,
    'envs/registry.js',
  );
  const { environmentOptions } = await moduleOf<typeof import('../../envs/environment-options.ts')>(
    checkout,
    'envs/environment-options.js',
  );
  const { config } = loadConfig(file, [], environmentOptions);
  const engine = await loadEngine(config.engine);
  return createTraining(
    { ...config, steps: ENDLESS },
    findEnvironment(config.environment.id as string),
    engine,
  );
}

/**
 * Milliseconds of updates of two checkouts in one process, A B B A …, on one thread, the first quarter left out, in which
 * V8 compiles. What slows the machine for a second slows a pair of neighbours alike: the median of 150 pairs moves by less
 * than 1% from one process to the next where the median of whole runs moves by 20%.
 */
export async function updatesInTurn(
  checkouts: readonly [string, string],
  file: string,
  updates = 200,
): Promise<[number, number][]> {
  const [a, b] = [await trainingOf(checkouts[0], file), await trainingOf(checkouts[1], file)];
  const milliseconds = (training: Training): number => {
    const begun = performance.now();
    training.update();
    return performance.now() - begun;
  };
  const pairs: [number, number][] = [];
  for (let i = 0; i < updates; i++) {
    // Who is second finds the caches warm: each is as often.
    const first = [milliseconds(a), milliseconds(b)];
    const second = [milliseconds(b), milliseconds(a)].reverse();
    if (i >= updates / 4) pairs.push([first[0] + second[0], first[1] + second[1]]);
  }
  a.dispose();
  b.dispose();
  return pairs;
}
