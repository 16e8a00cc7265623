import type { z } from 'zod';
import { allowedValues, alternatives, type JsonSchema, keysOf, listFields, schemaAt } from './fields.ts';
import { settingMeantBy } from './foreign-names.ts';
import { nearest } from './nearest.ts';
import { shorten, UserError } from '../user-error.ts';

/** Of a setting's path, and of what `--set` was given: so many characters are shown. */
export const MOST_OF_PATH = 100;

/** A JSON object. */
export type Tree = Record<string, unknown>;

/**
 * One line for every issue that zod found: field, what it may be, what it is, and where it was given.
 *
 * @param raw the whole config, as far as it goes
 * @param schema the JSON Schema of the same
 * @param place where the value at a path was given: the file's name, `--set`
 */
export function explainIssues(
  issues: readonly z.core.$ZodIssue[],
  raw: Tree,
  schema: JsonSchema,
  place: (path: string) => string,
): string[] {
  const lines: string[] = [];
  for (const issue of issues) {
    const path = issue.path.join('.');
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) {
        const keys = [...issue.path.map(String), key];
        lines.push(`${unknownSetting(keys, schema)} (${place(keys.join('.'))})`);
      }
      continue;
    }
    // A check of several fields together brings its own words.
    if (issue.code === 'custom') {
      lines.push(`${path} ${issue.message} (${place(path)})`);
      continue;
    }
    const value = valueAt(raw, issue.path);
    if (issue.code === 'invalid_union') {
      // The branch that the value means to be, the one it is nearest to: what its own issues say is more than that none fits.
      const [branch] = issue.errors
        .filter((each) => each.every((inner) => inner.path.length > 0 || hasKeys(inner)))
        .sort((a, b) => issuesIn(a) - issuesIn(b));
      if (branch !== undefined && isTree(value)) {
        const inner = branch.map((each) => ({ ...each, path: [...issue.path, ...each.path] }));
        lines.push(...explainIssues(inner, raw, schema, place));
        continue;
      }
    }
    const field = schemaAt(schema, issue.path);
    const wanted = field === undefined ? issue.message : `must be ${allowedValues(field)}`;
    const got = value === undefined ? 'but is missing' : `got ${show(value)}`;
    lines.push(`${path} ${wanted}, ${got}${nearestWord(value, field)} (${place(path)})`);
  }
  return lines;
}

/** The word that was meant, where a text had to be one of some. */
function nearestWord(value: unknown, field: JsonSchema | undefined): string {
  if (typeof value !== 'string' || field === undefined) return '';
  const words = alternatives(field).flatMap((each) => each.enum ?? [each.const]);
  const guess = nearest(
    value,
    words.filter((each) => typeof each === 'string'),
  );
  return guess === undefined ? '' : `; did you mean ${show(guess)}?`;
}

function issuesIn(branch: readonly z.core.$ZodIssue[]): number {
  return branch.reduce((sum, each) => sum + (each.code === 'unrecognized_keys' ? each.keys.length : 1), 0);
}

function hasKeys(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'unrecognized_keys';
}

/** That there is no such setting, and which one may have been meant. */
export function unknownSetting(keys: readonly string[], schema: JsonSchema): string {
  const path = shorten(keys.join('.'), MOST_OF_PATH);
  let depth = 0;
  while (depth < keys.length && schemaAt(schema, keys.slice(0, depth + 1)) !== undefined) depth++;
  const parents = keys.slice(0, depth);
  if (depth === keys.length)
    return `${path} is of another kind of ${parents.slice(0, -1).join('.')} than this one`;
  const siblings = keysOf(schemaAt(schema, parents) ?? {}).filter((key) => key !== '$schema');
  const all = listFields(schema).map((field) => field.path);
  const last = keys.at(-1) as string;
  const sibling = nearest(keys[depth] ?? last, siblings);
  const lasts = new Map(all.map((each) => [each.split('.').at(-1) as string, each]));
  const elsewhere =
    lasts.get(last) ?? settingMeantBy(last, schema) ?? lasts.get(nearest(last, [...lasts.keys()]) ?? '');
  const isSure = lasts.has(last) || settingMeantBy(last, schema) !== undefined;
  const guess = isSure || sibling === undefined ? elsewhere : [...parents, sibling].join('.');
  if (siblings.length === 0 && !isSure) {
    return `${path} is not a setting; set ${shorten(parents.join('.'), MOST_OF_PATH)} as a whole`;
  }
  if (guess !== undefined) return `${path} is not a setting; did you mean ${guess}?`;
  return `${path} is not a setting; ${shorten(parents.join('.'), MOST_OF_PATH) || 'a config'} has ${siblings.join(', ')}`;
}

/** What stands at a path; undefined where the path leads nowhere. */
export function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  let here: unknown = raw;
  for (const key of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, key)) return undefined;
    here = (here as Record<PropertyKey, unknown>)[key];
  }
  return here;
}

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The first of some problems as an error, with how many more there are and what lists them.
 * @param file what `leash config check` is to be given
 */
export function firstOf(problems: readonly string[], file: string, isOverridden = false): UserError {
  const [first = '', ...others] = problems;
  if (others.length === 0) return new UserError(first);
  const how = isOverridden
    ? `leash config check ${file}, with the same --set and --like,`
    : `leash config check ${file}`;
  return new UserError(`${first} (and ${others.length} more: ${how} lists all)`);
}

/** A value as a message shows it, at most about 60 characters. */
export function show(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
  return shorten(text, 60);
}
