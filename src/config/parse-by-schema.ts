import type { z } from 'zod';
import { UserError } from '../user-error.ts';
import { jsonSchemaOf } from './fields.ts';
import { explainIssues, isTree, show } from './problem.ts';

/**
 * What a file holds, as the schema of its format has it.
 * @param written the file's JSON
 * @param place how errors name the file
 * @throws UserError with the first problem in the words of config errors, and how many more there are
 */
export function parseBySchema<T extends z.ZodType>(schema: T, written: unknown, place: string): z.output<T> {
  const parsed = schema.safeParse(written);
  if (parsed.success) return parsed.data;
  if (!isTree(written)) throw new UserError(`${place} must hold a JSON object, got ${show(written)}`);
  const lines = explainIssues(parsed.error.issues, written, jsonSchemaOf(schema), () => place);
  throw new UserError(`${lines[0]}${lines.length > 1 ? ` (and ${lines.length - 1} more)` : ''}`);
}
