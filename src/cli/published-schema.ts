import { isDiscrete } from '../../envs/environment-options.ts';
import { environments } from '../../envs/registry.ts';
import { ignoredBy } from '../config/algorithm.ts';
import {
  alternatives,
  configJsonSchema,
  type JsonSchema,
  jsonSchemaOf,
  listFields,
} from '../config/fields.ts';
import { schemaAt } from '../config/fields.ts';
import { configSchema } from '../config/schema.ts';
import { studySchema, TAKEN_LABELS } from '../experiment/study-file.ts';
import { sweepSchema } from '../experiment/sweep-file.ts';
import { MOST_HALTON } from '../experiment/sweep-points.ts';
import { fitSchema } from '../fit/schema.ts';
import { objectives } from '../objective/objective.ts';
import { objectiveSettings } from '../objective/settings.ts';
import { type WrapperSettingName, wrapperSettings } from '../wrapper/settings.ts';
import { wrappers } from '../wrapper/wrappers.ts';

/*
 * The schemas that editors read: what the commands check by, and of what they check beyond it all that JSON Schema can
 * say. What compares two numbers (a minibatch and a rollout, the ends of a range) it cannot.
 */

/** JSON Schema with the words that zod writes none of. */
interface Published
  extends Omit<JsonSchema, 'properties' | 'items' | 'anyOf' | 'oneOf' | 'additionalProperties'> {
  $ref?: string;
  $defs?: Record<string, Schema>;
  allOf?: readonly Schema[];
  anyOf?: readonly Schema[];
  oneOf?: readonly Schema[];
  not?: Schema;
  if?: Schema;
  then?: Schema;
  else?: Schema;
  properties?: Record<string, Schema>;
  patternProperties?: Record<string, Schema>;
  propertyNames?: Schema;
  additionalProperties?: Schema;
  items?: Schema;
  minProperties?: number;
  maxProperties?: number;
  pattern?: string;
}
type Schema = Published | boolean;

const copyOf = (schema: JsonSchema): Published => structuredClone(schema) as Published;

/** Kind of file → its schema, as `leash config schema --kind` prints it and `configs/` has it. */
export const publishedSchemas = {
  config: configSchemaPublished,
  fit: fitSchemaPublished,
  study: studySchemaPublished,
  sweep: sweepSchemaPublished,
} as const satisfies Record<string, () => Published>;

export type PublishedKind = keyof typeof publishedSchemas;
export const publishedKinds = Object.keys(publishedSchemas) as PublishedKind[];

/** The file of `configs/` that holds it. */
export function publishedFile(kind: PublishedKind): string {
  return kind === 'config' ? 'schema.json' : `${kind}-schema.json`;
}

/** Where a property has that value; without `required` also where it is not given, since it is the default. */
function where(property: string, value: unknown, isDefault: boolean): Published {
  return { properties: { [property]: { const: value } }, ...(!isDefault && { required: [property] }) };
}

function configSchemaPublished(): Published {
  const root = copyOf(configJsonSchema());
  const { environment, objective, reference, trustRegion, checkpoint } = root.properties as Record<
    string,
    Published
  >;
  withEnvironments(environment as Published);
  withWrappers(itemsAt(environment as Published, 'wrappers'));
  withObjectives(objective as Published);
  withHorizons(choicesOf(reference as Published)[0] as Published);
  withExactStates(trustRegion as Published);
  withOneInterval(choicesOf(checkpoint)[0] as Published);
  const needsTfjs: Published = {
    if: where('engine', 'tfjs', false),
    // biome-ignore lint/suspicious/noThenProperty: JSON Schema's own word.
    then: {},
    else: {
      properties: {
        tfjsBackend: { const: 'auto' },
        network: { properties: { tfjs: { type: 'null' } } },
      },
    },
  };
  root.allOf = [needsTfjs, ...(['ppo', 'trpo', 'npg'] as const).map((name) => withoutIgnored(name))];
  return root;
}

/** `environment.options` by `environment.id`, and no standardisation of what is discrete. */
function withEnvironments(environment: Published): void {
  const id = environment.properties?.id as Published;
  id.enum = environments.map((each) => each.id);
  const byId = environments.map((each): Published => {
    const { $schema: _, ...options } = jsonSchemaOf(each.options) as JsonSchema & { $schema?: string };
    const some = each.options.parse(each.example ?? {}) as Record<string, unknown>;
    return {
      if: where('id', each.id, false),
      // biome-ignore lint/suspicious/noThenProperty: JSON Schema's own word.
      then: {
        properties: {
          options: options as Published,
          ...(isDiscrete(each, some, 'observationSpace') && { normalizeObservations: { const: false } }),
        },
        ...((options.required?.length ?? 0) > 0 && { required: ['options'] }),
      },
    };
  });
  // Not beside its properties: there it would be a choice of two kinds of environment.
  environment.allOf = [{ oneOf: [{ required: ['id'] }, { required: ['module'] }] }, ...byId];
}

function itemsAt(section: Published, name: string): Published {
  const list = section.properties?.[name] as Published;
  return list.items as Published;
}

/** Of each kind of wrapper its own settings, those that have no default said. */
function withWrappers(wrapper: Published): void {
  const names = Object.keys(wrapperSettings) as WrapperSettingName[];
  const { kind: choice } = wrapper.properties as Record<string, Published>;
  const kinds = (choice?.enum ?? []) as readonly string[];
  wrapper.allOf = kinds.map((kind) => {
    const own: readonly WrapperSettingName[] = wrappers.find((each) => each.kind === kind)?.settings ?? [];
    const foreign = names.filter((name) => !own.includes(name));
    const required = own.filter((name) => wrapperSettings[name].default === undefined);
    return {
      if: where('kind', kind, false),
      // biome-ignore lint/suspicious/noThenProperty: JSON Schema's own word.
      then: {
        properties: Object.fromEntries(foreign.map((name) => [name, false])),
        ...(required.length > 0 && { required }),
      },
    };
  });
}

/** No keys of another kind. */
function withObjectives(objective: Published): void {
  const names = Object.keys(objectiveSettings);
  objective.allOf = objectives.map(({ kind, settings }) => {
    const foreign = names.filter((name) => !(settings as readonly string[]).includes(name));
    return {
      if: where('kind', kind, objective.properties !== undefined && isDefaultOf(objective, 'kind', kind)),
      // biome-ignore lint/suspicious/noThenProperty: JSON Schema's own word.
      then: { properties: Object.fromEntries(foreign.map((name) => [name, false])) },
    };
  });
  withHorizons(objective);
}

/** No horizon of a rule that has none. */
function withHorizons(section: Published): void {
  const [object] = choicesOf(section.properties?.adapt as Published);
  if (object === undefined) throw new Error('adapt is an object or null');
  Object.assign(object, {
    if: where('rule', 'ziegler', false),
    // biome-ignore lint/suspicious/noThenProperty: JSON Schema's own word.
    then: {},
    else: { properties: { horizon: { type: 'null' } } },
  });
}

/** No estimator where each state counts. */
function withExactStates(trustRegion: Published): void {
  Object.assign(trustRegion, {
    if: where('over', 'mean', true),
    // biome-ignore lint/suspicious/noThenProperty: JSON Schema's own word.
    then: {},
    else: { properties: { stop: { properties: { measure: { const: 'exact' } } } } },
  });
}

/** By updates or by seconds, not both. */
function withOneInterval(checkpoint: Published): void {
  const both = ['everyUpdates', 'everySeconds'];
  const numbers = Object.fromEntries(both.map((name) => [name, { type: 'number' }]));
  checkpoint.not = { properties: numbers, required: both };
}

function isDefaultOf(schema: Published, property: string, value: unknown): boolean {
  const field = schema.properties?.[property];
  return typeof field === 'object' && field.default === value;
}

/** What an algorithm does not read may state its default alone. */
function withoutIgnored(algorithm: Parameters<typeof ignoredBy>[0]): Published {
  const root = configJsonSchema();
  const fields = listFields(root);
  const defaults = configSchema.parse({ environment: { id: '-' } });
  const parts = ignoredBy(algorithm).flatMap((path) => {
    const leaves = fields.filter((each) => each.path === path || each.path.startsWith(`${path}.`));
    const isSection = leaves.some((each) => each.path !== path);
    return [
      ...leaves.map((each) => nested(each.path, { const: defaultAt(defaults, each.path) })),
      ...(isSection ? [nested(path, { type: 'object' })] : []),
    ];
  });
  return {
    if: where('algorithm', algorithm, algorithm === 'ppo'),
    // biome-ignore lint/suspicious/noThenProperty: JSON Schema's own word.
    then: { allOf: parts },
  };
}

function defaultAt(config: unknown, path: string): unknown {
  const value = path
    .split('.')
    .reduce<unknown>((at, key) => (at as Record<string, unknown> | null)?.[key], config);
  return value ?? null;
}

/** A schema of what stands at a path, where something does. */
function nested(path: string, schema: Published): Published {
  return path.split('.').reduceRight<Published>((inner, key) => ({ properties: { [key]: inner } }), schema);
}

function fitSchemaPublished(): Published {
  const root = copyOf(jsonSchemaOf(fitSchema));
  const data = root.properties?.data as Published;
  const has = (key: string): Published => ({
    required: [key],
    properties: { [key]: { type: 'object' } },
  });
  data.oneOf = [has('table'), has('text'), has('preferences')];
  return root;
}

/** `10`, `0-9`, `1,4,7`. */
const SEEDS = '^\\s*\\d+(\\s*-\\s*\\d+)?\\s*(,\\s*\\d+(\\s*-\\s*\\d+)?\\s*)*$';

/** The schemas of which a value has to satisfy one. */
function choicesOf(schema: Schema | undefined): Published[] {
  return typeof schema === 'object' ? ((schema.anyOf ?? []) as Published[]) : [];
}

function withSeeds(root: Published): void {
  const [text, count] = choicesOf(root.properties?.seeds);
  if (text === undefined || count === undefined) throw new Error('seeds are a text or a count');
  text.pattern = SEEDS;
  count.maximum = 10_000;
}

/** Every path of a config, sections too, with what may stand there: the definitions that others refer to. */
function settingDefinitions(): Record<string, Published> {
  const root = configSchemaPublished() as JsonSchema;
  const paths = listFields(root).flatMap(({ path }) => {
    const keys = path.split('.');
    return keys.map((_, at) => keys.slice(0, at + 1).join('.'));
  });
  const of = (path: string): Published => {
    const { allOf: _, ...field } = schemaAt(root, path.split('.')) as Published;
    // Options by environment would be a third of the file, for what hardly anybody writes as a whole.
    return path === 'environment' ? { type: 'object' } : field;
  };
  // The seed is each run's own.
  const settable = [...new Set(paths)].filter((path) => path !== 'seed');
  return Object.fromEntries(settable.map((path) => [path, of(path)]));
}

const referenceTo = (path: string): Published => ({ $ref: `#/$defs/${path}` });

/** Paths that reach further than to a setting: options of an environment, parts of a schedule. */
const FURTHER: Record<string, Schema> = {
  '^environment\\.options\\.[^.]': true,
  '\\.(schedule|from|to)$': { type: ['string', 'number'] as never },
};

/** Settings over a config, by path. */
function settings(paths: readonly string[]): Published {
  return {
    type: 'object',
    properties: Object.fromEntries(paths.map((path) => [path, referenceTo(path)])),
    patternProperties: FURTHER,
    additionalProperties: false,
  };
}

function studySchemaPublished(): Published {
  const root = copyOf(jsonSchemaOf(studySchema));
  const { set, configs, base } = root.properties as Record<string, Published>;
  withSeeds(root);
  const definitions = settingDefinitions();
  const own = settings(Object.keys(definitions));
  root.$defs = {
    ...definitions,
    settings: own,
    config: { ...own, properties: { base: base as Published, ...own.properties } },
  };
  replace(set as Published, { $ref: '#/$defs/settings' });
  replace(configs as Published, {
    type: 'object',
    minProperties: 1,
    propertyNames: { pattern: '^[\\p{L}\\p{N}][\\p{L}\\p{N}_.+=-]*$', not: { enum: [...TAKEN_LABELS] } },
    additionalProperties: { $ref: '#/$defs/config' },
  });
  root.anyOf = [
    { required: ['base'] },
    { properties: { configs: { additionalProperties: { required: ['base'] } } } },
  ];
  return root;
}

function sweepSchemaPublished(): Published {
  const root = copyOf(jsonSchemaOf(sweepSchema));
  const { set, parameters } = root.properties as Record<string, Published>;
  withSeeds(root);
  const [list, range] = choicesOf((parameters as Published).additionalProperties);
  if (list === undefined || range === undefined) throw new Error('a parameter is a list or a range');
  const positive = { exclusiveMinimum: 0 };
  const definitions = settingDefinitions();
  root.$defs = {
    ...definitions,
    settings: settings(Object.keys(definitions)),
    range: {
      ...range,
      if: where('scale', 'log', false),
      // biome-ignore lint/suspicious/noThenProperty: JSON Schema's own word.
      then: { properties: { min: positive, max: positive } },
    },
  };
  replace(set as Published, { $ref: '#/$defs/settings' });
  const listOf = (items: Schema): Published => ({ ...list, items });
  const parameterOf = ([path, field]: [string, Published]): [string, Published] => {
    const isNumeric = alternatives(field as JsonSchema).some(
      ({ type }) => type === 'number' || type === 'integer',
    );
    const values = listOf(referenceTo(path));
    return [path, isNumeric ? { anyOf: [values, { $ref: '#/$defs/range' }] } : values];
  };
  replace(parameters as Published, {
    type: 'object',
    minProperties: 1,
    // Another description changes no run.
    properties: Object.fromEntries(
      Object.entries(definitions)
        .filter(([path]) => path !== 'description')
        .map(parameterOf),
    ),
    patternProperties: Object.fromEntries(
      Object.keys(FURTHER).map((pattern) => [pattern, { anyOf: [list, { $ref: '#/$defs/range' }] }]),
    ),
    additionalProperties: false,
  });
  root.allOf = [
    {
      if: where('method', 'grid', true),
      // biome-ignore lint/suspicious/noThenProperty: JSON Schema's own word.
      then: { properties: { samples: false, seed: false } },
      else: { properties: { parameters: { additionalProperties: { not: { required: ['points'] } } } } },
    },
    {
      if: where('method', 'halton', false),
      // biome-ignore lint/suspicious/noThenProperty: JSON Schema's own word.
      then: { properties: { parameters: { maxProperties: MOST_HALTON } } },
    },
  ];
  return root;
}

/** Other words in the place of what zod wrote; what it is and its default stay. */
function replace(schema: Published, words: Published): void {
  const { description, default: usual } = schema;
  for (const key of Object.keys(schema)) delete schema[key as keyof Published];
  Object.assign(schema, {
    ...(description !== undefined && { description }),
    ...(usual !== undefined && { default: usual }),
    ...words,
  });
}
