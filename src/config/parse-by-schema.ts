import type { z } from 'zod';
import { UserError } from '../user-error.ts';
import { jsonSchemaOf } from './fields.ts';
import { explainIssues, isTree, show } from './problem.ts';

/** What a file holds as the schema of its format has it, or all that is wrong with it. */
export type Parsed<T> =
  | { readonly data: T; readonly problems?: never }
  | { readonly data?: never; readonly problems: readonly string[] };

/** As `parseBySchema`, but returns every problem. */
export function inspectBySchema<T extends z.ZodType>(
  schema: T,
  written: unknown,
  place: string,
): Parsed<z.output<T>> {
  const parsed = schema.safeParse(written);
  if (parsed.success) return { data: parsed.data };
  if (!isTree(written)) return { problems: [`${place} must hold a JSON object, got ${show(written)}`] };
  return { problems: explainIssues(parsed.error.issues, written, jsonSchemaOf(schema), () => place) };
}

/**
 * What a file holds, as the schema of its format has it.
 * @param written the file's JSON
 * @param place how errors name the file
 * @throws UserError with the first problem in the words of config errors, and how many more there are
 */
export function parseBySchema<T extends z.ZodType>(schema: T, written: unknown, place: string): z.output<T> {
  const { data, problems } = inspectBySchema(schema, written, place);
  if (problems === undefined) return data;
  throw new UserError(`${problems[0]}${problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''}`);
}
