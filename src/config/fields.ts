import * as z from '../packages/zod.ts';
import { configSchema } from './schema.ts';

/** The part of JSON Schema that zod writes for our schemas. */
export interface JsonSchema {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: readonly unknown[];
  const?: unknown;
  anyOf?: readonly JsonSchema[];
  oneOf?: readonly JsonSchema[];
  properties?: Record<string, JsonSchema>;
  required?: readonly string[];
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minLength?: number;
  minItems?: number;
  maxItems?: number;
}

/** One setting: a leaf of the config's tree. A schedule is one leaf. */
export interface Field {
  /** `optimizer.learningRate` */
  readonly path: string;
  readonly schema: JsonSchema;
}

/** Those made so far: a sweep asks for the same one for each of its points, and making it takes 20 times its use. */
const made = new WeakMap<z.ZodType, JsonSchema>();

/** A zod schema as the JSON Schema of what a user may write; not to be changed. */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  const found =
    made.get(schema) ?? (z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema);
  made.set(schema, found);
  return found;
}

/**
 * The JSON Schema of a config.
 *
 * @param options the schema of `environment.options`, where the environment is known
 */
export function configJsonSchema(options?: JsonSchema): JsonSchema {
  const root = jsonSchemaOf(configSchema);
  const environment = root.properties?.environment;
  if (options === undefined || environment === undefined) return root;
  const { $schema: _, ...own } = options as JsonSchema & { $schema?: string };
  const description = environment.properties?.options?.description ?? '';
  const properties = { ...environment.properties, options: { ...own, default: {}, description } };
  return { ...root, properties: { ...root.properties, environment: { ...environment, properties } } };
}

/** The schemas of which a value has to satisfy one. */
export function alternatives(schema: JsonSchema): readonly JsonSchema[] {
  const { type } = schema as { readonly type?: string | readonly string[] };
  // zod says of a text or null without more `"type": ["string", "null"]`.
  if (Array.isArray(type)) return type.map((each: string) => ({ ...schema, type: each }));
  return (schema.anyOf ?? schema.oneOf)?.flatMap(alternatives) ?? [schema];
}

/** Every setting of a schema, in its order. */
export function listFields(schema: JsonSchema, prefix = ''): Field[] {
  const fields: Field[] = [];
  for (const [key, child] of Object.entries(schema.properties ?? {})) {
    if (key === '$schema') continue;
    const path = prefix + key;
    const section = sectionOf(child);
    if (section === undefined) fields.push({ path, schema: child });
    else fields.push(...listFields(section, `${path}.`));
  }
  return fields;
}

/** The object schema whose properties are settings of their own: none for a schedule or a free record. */
function sectionOf(schema: JsonSchema): JsonSchema | undefined {
  const [first, ...others] = alternatives(schema).filter((each) => each.type !== 'null');
  return others.length === 0 && first?.properties !== undefined ? first : undefined;
}

/** What the schema says about the value at a path: undefined where there is no such setting. */
export function schemaAt(schema: JsonSchema, path: readonly PropertyKey[]): JsonSchema | undefined {
  let here: JsonSchema | undefined = schema;
  for (const key of path) {
    if (here === undefined) return undefined;
    here = childOf(here, key);
  }
  return here;
}

function childOf(schema: JsonSchema, key: PropertyKey): JsonSchema | undefined {
  const found = alternatives(schema).flatMap((each): JsonSchema[] => {
    const child =
      typeof key === 'number'
        ? each.items
        : each.properties !== undefined && Object.hasOwn(each.properties, key)
          ? each.properties[String(key)]
          : each.additionalProperties;
    return typeof child === 'object' ? [child] : [];
  });
  // Kinds of an object may have a key alike.
  return found.length > 1 ? { ...found[0], anyOf: found } : found[0];
}

/** The keys that an object there may have. */
export function keysOf(schema: JsonSchema): string[] {
  return alternatives(schema).flatMap((each) => Object.keys(each.properties ?? {}));
}

/** The allowed values in words, to stand after "must be": `in [0, 1]`, `"tanh" or "relu"`. */
export function allowedValues(schema: JsonSchema): string {
  return either([...new Set(alternatives(schema).map(allowedValue))]);
}

function allowedValue(schema: JsonSchema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return either(schema.enum.map((value) => JSON.stringify(value)));
  switch (schema.type) {
    case 'integer':
      return `an integer${rangeOf(schema)}`;
    case 'number':
      return rangeOf(schema).trim() || 'a number';
    case 'string':
      return schema.minLength === 1 ? 'a text that is not empty' : 'a text';
    case 'boolean':
      return 'true or false';
    case 'null':
      return 'null';
    case 'array':
      return `an array${lengthOf(schema)}${schema.items?.type ? ` whose items are ${allowedValues(schema.items)}` : ''}`;
    case 'object':
      if (schema.properties?.schedule === undefined) return 'an object';
      return `a schedule {"schedule": ${allowedValues(schema.properties.schedule)}, ${schema.properties.to ? '"from", "to"' : '…'}}`;
    default:
      return 'something else';
  }
}

function rangeOf(schema: JsonSchema): string {
  const low = schema.exclusiveMinimum ?? schema.minimum ?? Number.NEGATIVE_INFINITY;
  const high = schema.exclusiveMaximum ?? schema.maximum ?? Number.POSITIVE_INFINITY;
  const isLow = low > Number.MIN_SAFE_INTEGER;
  const isHigh = high < Number.MAX_SAFE_INTEGER;
  const open = schema.exclusiveMinimum === undefined ? '[' : '(';
  const close = schema.exclusiveMaximum === undefined ? ']' : ')';
  if (isLow && isHigh) return ` in ${open}${low}, ${high}${close}`;
  if (isLow) return ` ${open === '(' ? '>' : '≥'} ${low}`;
  if (isHigh) return ` ${close === ')' ? '<' : '≤'} ${high}`;
  return '';
}

function lengthOf(schema: JsonSchema): string {
  if (schema.minItems === undefined && schema.maxItems === undefined) return '';
  if (schema.minItems === undefined) return ` of at most ${schema.maxItems}`;
  if (schema.maxItems === undefined) return ` of at least ${schema.minItems}`;
  return schema.minItems === schema.maxItems
    ? ` of ${schema.minItems}`
    : ` of ${schema.minItems} to ${schema.maxItems}`;
}

function either(words: readonly string[]): string {
  if (words.length < 2) return words[0] ?? '';
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
