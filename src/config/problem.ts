import { z } from 'zod';
import { nearest } from './nearest.ts';

/** The part of a JSON Schema that messages need. */
interface JsonSchema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
}

/**
 * One line for the first thing zod found wrong, in the words of a user:
 * `environment.options.slip must be in [0, 1], got 1.5` or
 * `environment.options.slipp is not a known key; did you mean slip?`
 *
 * @param schema what `raw` was parsed with
 * @param prefix path of `raw` itself: `environment.options`, or '' for a whole file
 */
export function describeProblem(schema: z.ZodType, raw: unknown, error: z.ZodError, prefix: string): string {
  const issue = error.issues[0];
  const root = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  const path = pathName(prefix, issue.path);
  const nodes = nodesAt(root, issue.path);
  if (issue.code === 'unrecognized_keys') {
    const known = nodes.flatMap((node) => Object.keys(node.properties ?? {}));
    const meant = nearest(issue.keys[0], known);
    const hint = meant ? `did you mean ${meant}?` : `known are ${known.join(', ') || 'none'}`;
    return `${pathName(prefix, [...issue.path, issue.keys[0]])} is not a known key; ${hint}`;
  }
  // The schema's own checks of several fields together bring their own words.
  if (issue.code === 'custom') return `${path} ${issue.message}`;
  const value = valueAt(raw, issue.path);
  const expected = nodes.map(expectation).join(' or ') || issue.message;
  return value === undefined
    ? `${path} is missing; it must be ${expected}`
    : `${path} must be ${expected}, got ${shortJson(value)}`;
}

function pathName(prefix: string, path: readonly PropertyKey[]): string {
  let name = prefix;
  for (const key of path) name += typeof key === 'number' ? `[${key}]` : `${name && '.'}${String(key)}`;
  return name || 'the file';
}

function nodesAt(root: JsonSchema, path: readonly PropertyKey[]): readonly JsonSchema[] {
  let nodes: readonly JsonSchema[] = [root];
  for (const key of path) {
    nodes = nodes
      .flatMap((node) => node.anyOf ?? [node])
      .flatMap((node) => {
        if (typeof key === 'number') return node.items ?? [];
        const other = typeof node.additionalProperties === 'object' ? node.additionalProperties : [];
        return node.properties?.[String(key)] ?? other;
      });
  }
  return nodes;
}

function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  let value = raw;
  for (const key of path) value = (value as Record<PropertyKey, unknown> | null | undefined)?.[key];
  return value;
}

function expectation(node: JsonSchema): string {
  if (node.anyOf) return node.anyOf.map(expectation).join(' or ');
  if (node.enum) return `one of ${node.enum.map((value) => JSON.stringify(value)).join(', ')}`;
  if (node.const !== undefined) return JSON.stringify(node.const);
  if (node.type === 'number' || node.type === 'integer') return numberExpectation(node);
  if (node.type === 'array') return arrayExpectation(node);
  if (node.type === 'string') return node.minLength ? 'a non-empty string' : 'a string';
  if (node.type === 'boolean') return 'true or false';
  if (node.type === 'object') return 'an object';
  return node.type ?? 'something else';
}

function numberExpectation(node: JsonSchema): string {
  // zod bounds every integer by ±(2⁵³ − 1): not a bound anyone set.
  const minimum = node.minimum === Number.MIN_SAFE_INTEGER ? undefined : node.minimum;
  const maximum = node.maximum === Number.MAX_SAFE_INTEGER ? undefined : node.maximum;
  const low = node.exclusiveMinimum ?? minimum;
  const high = node.exclusiveMaximum ?? maximum;
  const noun = node.type === 'integer' ? 'an integer ' : '';
  if (low !== undefined && high !== undefined) {
    const opening = node.exclusiveMinimum === undefined ? '[' : '(';
    const closing = node.exclusiveMaximum === undefined ? ']' : ')';
    return `${noun}in ${opening}${low}, ${high}${closing}`;
  }
  if (low !== undefined) return `${noun}${node.exclusiveMinimum === undefined ? '≥' : '>'} ${low}`;
  if (high !== undefined) return `${noun}${node.exclusiveMaximum === undefined ? '≤' : '<'} ${high}`;
  return noun ? 'an integer' : 'a number';
}

function arrayExpectation(node: JsonSchema): string {
  const { minItems, maxItems } = node;
  const count =
    minItems !== undefined && maxItems !== undefined
      ? ` of ${minItems} to ${maxItems}`
      : minItems !== undefined
        ? ` of at least ${minItems}`
        : maxItems !== undefined
          ? ` of at most ${maxItems}`
          : '';
  return `an array${count}${node.items ? ` (each ${expectation(node.items)})` : ''}`;
}

function shortJson(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
