import { readdirSync } from 'node:fs';
import { environmentOptions } from '../../envs/environment-options.ts';
import { readJsonFile } from '../../src/node/text-file.ts';
import { loadConfig } from '../../src/node/load-config.ts';
import { isTree } from '../../src/config/problem.ts';
import type { Config } from '../../src/config/schema.ts';
import { readStudy } from '../../src/experiment/study-file.ts';
import { readSweep } from '../../src/experiment/sweep-file.ts';
import { loadFit } from '../../src/fit/load.ts';
import type { FitConfig } from '../../src/fit/schema.ts';
import { extraConfigs } from './extra-configs.ts';

export type Threads = 1 | 2;

/** A training or a fit whose bytes are recorded. */
export interface GoldenCase {
  /** Its key in hashes.json. */
  readonly name: string;
  readonly work:
    | { readonly kind: 'train'; readonly config: Config }
    | { readonly kind: 'fit'; readonly config: FitConfig; readonly file: string };
  /** Updates (epochs of a fit) after which it is ended; schedules are those of the whole run. */
  readonly updates: number;
  /** The threads of `npm test`, which leaves the rest to `npm run golden`: none where it takes seconds, and few on two. */
  readonly short: readonly Threads[];
  /** All threads that it can be run on: TensorFlow.js and fits have one. */
  readonly threads: readonly Threads[];
}

/**
 * What `npm test` does without, `npm run golden` alone has it: what takes seconds (of the convolution there is a smaller
 * one among the extra cases, of the quick start its first updates), and what differs from another case in numbers alone
 * (every objective is there on a smaller problem, and of every δ one).
 */
const LONG = new RegExp(
  [
    String.raw`^configs/frozen-lake-4x4-conv\.json$`,
    String.raw`^configs/quickstart\.json whole$`,
    String.raw`^configs/bandit-bernoulli-(?!(clip|kl-penalty|trpo)\.json)[\w-]+\.json whole$`,
    String.raw`^configs/pendulum-(?!(clip|trpo|adaptive-kl)\.json)`,
    String.raw`^configs/studies/(delta-sweep|all-regions-equal-kl)\.json `,
    '^(as (rllib|rsl_rl|rl_games) has it|tfjs backend cpu|npg by the reference)$',
  ].join('|'),
);
/**
 * Starting a thread from source takes as long as the run itself: `npm test` has a few of each algorithm on two, and
 * test/train/critic.test.ts, which compares the two.
 */
const ON_TWO = /^(configs\/quickstart\.json|trpo as they are|both normalised|rollback)$/;
/** Shipped experiments that are run to their end: the quick start, every objective and algorithm on one problem, … */
const WHOLE = /^(quickstart|bandit-bernoulli-.*)\.json$/;
/** … and one of each on a larger one. */
const WHOLE_AND_LONG =
  /^(cart-pole-(clip|kl-penalty|adaptive-kl|npg|trpo)|pendulum-(clip|trpo)|frozen-lake-4x4-trpo)\.json$/;

/** Every golden case, in the order of hashes.json. */
export function goldenCases(): GoldenCase[] {
  return [...shippedCases(), ...wholeCases(), ...fitCases(), ...extraCases()];
}

/** Two updates of every config of `configs/` and of its studies and sweeps; of equals the first. */
function shippedCases(): GoldenCase[] {
  const seen = new Set<string>();
  return [...shippedConfigs(), ...studiedConfigs()].flatMap(([name, config]): GoldenCase[] => {
    const bytes = JSON.stringify({ ...config, $schema: undefined, description: undefined });
    if (seen.has(bytes)) return [];
    seen.add(bytes);
    return [training(name, config, 2)];
  });
}

function wholeCases(): GoldenCase[] {
  return shippedConfigs().flatMap(([name, config]): GoldenCase[] => {
    const file = name.slice('configs/'.length);
    const whole = training(`${name} whole`, config, Number.POSITIVE_INFINITY);
    if (WHOLE_AND_LONG.test(file)) return [{ ...whole, short: [] }];
    return WHOLE.test(file) ? [whole] : [];
  });
}

function fitCases(): GoldenCase[] {
  return jsonFiles('configs')
    .filter((file) => /^configs\/fit-(?!schema)/.test(file))
    .map((file) => ({
      name: file,
      work: { kind: 'fit', config: loadFit(file, []), file },
      updates: Number.POSITIVE_INFINITY,
      threads: [1],
      short: [1],
    }));
}

function extraCases(): GoldenCase[] {
  return extraConfigs().map(([name, config]) => training(name, config, Number.POSITIVE_INFINITY));
}

/** One backend of TensorFlow.js is named: the native one, taken where it is installed, has bytes of its own. */
function training(name: string, config: Config, updates: number): GoldenCase {
  const { engine, tfjsBackend } = config;
  const isOpen = engine === 'tfjs' && tfjsBackend === 'auto';
  const own: Config = isOpen ? { ...config, tfjsBackend: 'wasm' } : config;
  const threads: Threads[] = engine === 'tfjs' ? [1] : [1, 2];
  const short = LONG.test(name) ? [] : ON_TWO.test(name) ? threads : ([1] as const);
  return { name, work: { kind: 'train', config: own }, updates, threads, short };
}

function shippedConfigs(): [string, Config][] {
  return jsonFiles('configs')
    .filter((file) => !/^configs\/(fit-|.*schema\.json)/.test(file))
    .map((file) => [file, loadConfig(file, [], environmentOptions).config]);
}

function studiedConfigs(): [string, Config][] {
  return jsonFiles('configs/studies').flatMap((file) => {
    const written = readJsonFile(file, 'study');
    const read = isTree(written) && 'parameters' in written ? readSweep : readStudy;
    const { contestants } = read(file, [], environmentOptions);
    return contestants.map(({ label, config }): [string, Config] => [`${file} ${label}`, config]);
  });
}

function jsonFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => `${folder}/${file}`);
}
