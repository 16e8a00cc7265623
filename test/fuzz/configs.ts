import { isDeepStrictEqual } from 'node:util';
import { environmentOptions } from '../../envs/environment-options.ts';
import { environments, findEnvironment } from '../../envs/registry.ts';
import { ignoredBy } from '../../src/config/algorithm.ts';
import { alternatives, configJsonSchema, type JsonSchema } from '../../src/config/fields.ts';
import { resolveConfig } from '../../src/config/load.ts';
import { describeConfig } from '../../src/cli/print/config.ts';
import { isTree } from '../../src/config/problem.ts';
import type { Config } from '../../src/config/schema.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { objectives } from '../../src/objective/objective.ts';
import { type Random, randomStream } from '../../src/random/random.ts';
import { NonFiniteError } from '../../src/rollout/environment.ts';
import { encodeRow } from '../../src/row/encode.ts';
import { createTraining } from '../../src/train/training.ts';
import { UserError } from '../../src/user-error.ts';

/* Random configs, drawn from the schema: each is checked, shown and makes two updates, or is refused in words. */

/** Settings that lead to files, or to TensorFlow.js, whose start takes seconds. */
const LEFT_OUT = ['$schema', 'network.tfjs', 'network.initialWeights', 'reference', 'engine', 'tfjsBackend'];
/** Greatest integers that cost no time. */
const MOST: Readonly<Record<string, number>> = {
  'environment.copies': 6,
  'rollout.steps': 24,
  'network.policy.hidden.#': 24,
  'network.value.hidden.#': 24,
  'ppo.epochs': 3,
  'ppo.minibatchSize': 160,
  'trpo.cgIterations': 8,
  'trpo.lineSearch.tries': 6,
  'trpo.value.epochs': 3,
  'trpo.value.minibatchSize': 160,
  'evaluation.episodes': 2,
};

/** How a value is wrong, where it is: one in so many values. */
const WRONG = 400;
const JUNK: readonly unknown[] = [
  ...[
    null,
    true,
    -1,
    0,
    1e308,
    -0,
    0.5,
    Number.MAX_SAFE_INTEGER,
    '',
    'NaN',
    'Infinity',
    '\u0000',
    '\u202e',
    '💧',
  ],
  ...[
    [],
    {},
    [[]],
    { schedule: 'linear' },
    { from: 1 },
    ['S.G'],
    'x'.repeat(2000),
    { __proto__: null, constructor: 1 },
  ],
];

const isOneIn = (random: Random, n: number): boolean => random.integer(n) === 0;
const oneOf = <T>(random: Random, values: readonly T[]): T => values[random.integer(values.length)] as T;

function numberOf(schema: JsonSchema, random: Random, path: string): number {
  const least = schema.minimum ?? schema.exclusiveMinimum ?? -1e3;
  const most = Math.min(
    schema.maximum ?? schema.exclusiveMaximum ?? 1e6,
    MOST[path] ?? Number.POSITIVE_INFINITY,
  );
  if (schema.type === 'integer') {
    const range = Math.min(most - least, 1e6);
    return least + (isOneIn(random, 2) ? random.integer(Math.min(range, 8) + 1) : random.integer(range + 1));
  }
  if (isOneIn(random, 8)) return least;
  if (isOneIn(random, 8)) return most;
  // From tiny to great, as such settings are.
  const log = -9 + 12 * random.uniform();
  return Math.min(most, Math.max(least, least + 10 ** log));
}

function drawn(schema: JsonSchema, random: Random, path: string): unknown {
  if (isOneIn(random, WRONG)) return oneOf(random, JUNK);
  const one = oneOf(random, alternatives(schema));
  if (one.const !== undefined) return one.const;
  if (one.enum !== undefined) return oneOf(random, one.enum);
  switch (one.type) {
    case 'null':
      return null;
    case 'boolean':
      return isOneIn(random, 2);
    case 'integer':
    case 'number':
      return numberOf(one, random, path);
    case 'string':
      return oneOf(random, ['', 'a', 'was für ein Lärm', '0']);
    case 'array': {
      const count = (one.minItems ?? 0) + random.integer(3);
      return Array.from({ length: count }, () => drawn(one.items ?? {}, random, `${path}.#`));
    }
    case 'object':
      return one.properties === undefined ? {} : objectOf(one, random, `${path}.`);
    default:
      return oneOf(random, JUNK);
  }
}

function objectOf(schema: JsonSchema, random: Random, prefix: string): Record<string, unknown> {
  const members: Record<string, unknown> = {};
  for (const [key, child] of Object.entries(schema.properties ?? {})) {
    const path = prefix + key;
    const isSection = alternatives(child).some(
      ({ properties }) => properties !== undefined && !properties.schedule,
    );
    const isWanted = schema.required?.includes(key)
      ? !isOneIn(random, 500)
      : isOneIn(random, isSection ? 2 : 5);
    if (!LEFT_OUT.includes(path) && isWanted) members[key] = drawn(child, random, path);
  }
  if (isOneIn(random, 300)) members[oneOf(random, ['lr', 'gama', '', 'toString', 'ε'])] = 1;
  return members;
}

/** Rows of cells as maps have them, some of which no map has. */
export function randomMap(random: Random): unknown {
  const width = 1 + random.integer(6);
  const letters = oneOf(random, ['S.G#', 'SFHG', 'S.GH#C', 'S..........G', 'SG\u0000 x', '💧S.G']);
  const row = (): string => {
    const own = isOneIn(random, 12) ? 1 + random.integer(6) : width;
    return Array.from({ length: own }, () => oneOf(random, [...letters])).join('');
  };
  const rows = Array.from({ length: 1 + random.integer(6) }, row);
  if (isOneIn(random, 2)) rows[0] = `S${rows[0]?.slice(1) ?? ''}`;
  if (isOneIn(random, 2)) rows.push(`${'.'.repeat(width - 1)}G`);
  return isOneIn(random, 10) ? rows.join('\n') : isOneIn(random, 20) ? [] : rows;
}

/** A config that somebody might have written. */
export function randomConfig(random: Random): Record<string, unknown> {
  const { id } = oneOf(random, environments);
  const isMap = isOneIn(random, 6);
  const name = isMap ? 'GridWorld' : id;
  const schema = configJsonSchema(environmentOptions.schema({ id: name }, 'fuzz')());
  const config = objectOf(schema, random, '');
  const given = config.environment;
  const environment = typeof given === 'object' && given !== null && !Array.isArray(given) ? given : {};
  const { options } = environment as { options?: object };
  const required = findEnvironment(name).example ?? {};
  const own = isMap ? { ...options, map: randomMap(random) } : { ...required, ...options };
  config.environment = { ...environment, id: isOneIn(random, 100) ? 'Nowhere-v1' : name, options: own };
  config.seed = random.integer(2 ** 31);
  // The usual length of a rollout takes time and shows no more.
  const { rollout = {} } = config;
  if (isTree(rollout)) config.rollout = { steps: 8 + random.integer(16), ...rollout };
  const { ppo = {}, trpo = {}, algorithm = 'ppo' } = config;
  const minibatchSize = 1 + random.integer(8);
  if (algorithm === 'ppo' && isTree(ppo)) config.ppo = { epochs: 2, ...ppo, minibatchSize };
  if (algorithm !== 'ppo' && isTree(trpo)) config.trpo = { ...trpo, value: { epochs: 2, minibatchSize } };
  // What another objective or algorithm reads is refused, and most configs would be.
  if (!isOneIn(random, 10)) removeForeign(config);
  return config;
}

function removeForeign(config: Record<string, unknown>): void {
  const { objective, algorithm } = config;
  const kind = (objective as { kind?: unknown } | undefined)?.kind ?? 'clip';
  const own: readonly string[] | undefined = objectives.find((each) => each.kind === kind)?.settings;
  if (isTree(objective) && own !== undefined)
    config.objective = Object.fromEntries(
      Object.entries(objective).filter(([name]) => name === 'kind' || own.includes(name)),
    );
  const known = (['ppo', 'trpo', 'npg'] as const).find((each) => each === (algorithm ?? 'ppo'));
  for (const path of known === undefined ? [] : ignoredBy(known)) {
    const [section, name] = path.split('.') as [string, string | undefined];
    if (name === undefined) delete config[section];
    else if (isTree(config[section])) delete (config[section] as Record<string, unknown>)[name];
  }
}

/** What a config came to. */
export type Outcome = 'trained' | 'refused' | 'refused in training' | 'not finite';

const wasm = await loadEngine('wasm');
const reference = await loadEngine('reference');

/** @throws Error where anything happens that is no answer to a user */
export function tryConfig(written: Record<string, unknown>, random: Random): Outcome {
  const { loaded, problems } = resolveConfig(written, 'fuzz.json', [], environmentOptions);
  if (loaded === undefined) {
    const bad = problems.find((line) => !/^[ -~\u00a0-\uffff]{10,2000}$/s.test(line) || line.includes('\n'));
    if (problems.length === 0 || bad !== undefined)
      throw new Error(`no problem in words: ${JSON.stringify(bad)}`);
    return 'refused';
  }
  const { config } = loaded;
  const shown = describeConfig(loaded, isOneIn(random, 4));
  if (shown.length < 10) throw new Error('nothing is shown');
  const again = resolveConfig(JSON.parse(JSON.stringify(config)), 'fuzz.json', [], environmentOptions);
  if (
    !isDeepStrictEqual(
      JSON.parse(JSON.stringify(again.loaded?.config ?? null)),
      JSON.parse(JSON.stringify(config)),
    )
  )
    throw new Error(`what is shown is another config: ${again.problems?.[0]}`);
  return makeTwoUpdates(config, isOneIn(random, 6));
}

function makeTwoUpdates(config: Config, isReference: boolean): Outcome {
  const samples = config.rollout.steps * config.environment.copies;
  let training: ReturnType<typeof createTraining> | undefined;
  try {
    const { options } = config.environment;
    const short = { ...config, steps: 2 * samples, environment: { ...config.environment, options } };
    const definition = findEnvironment(config.environment.id as string);
    training = createTraining(short, definition, isReference ? reference : wasm);
    for (let update = 1; update <= 2; update++) {
      const row = training.update();
      if (row.update !== update || row.steps !== update * samples) throw new Error('the row is another');
      JSON.parse(encodeRow(row));
      training.drainLedger();
    }
    return 'trained';
  } catch (cause) {
    if (cause instanceof NonFiniteError) return 'not finite';
    if (cause instanceof UserError) return 'refused in training';
    throw cause;
  } finally {
    training?.dispose();
  }
}

/** @throws Error with the config that failed, and its number */
export function fuzzConfigs(count: number, seed: number, from = 0): Record<Outcome, number> {
  const counts: Record<Outcome, number> = {
    trained: 0,
    refused: 0,
    'refused in training': 0,
    'not finite': 0,
  };
  for (let i = from; i < from + count; i++) {
    const random = randomStream(seed, `config/${i}`);
    const config = randomConfig(random);
    try {
      counts[tryConfig(config, random)] += 1;
    } catch (cause) {
      const text = JSON.stringify(config);
      throw new Error(`config ${i} of seed ${seed} (${text}): ${(cause as Error).stack}`);
    }
  }
  return counts;
}
