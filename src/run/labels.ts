import { UserError } from '../user-error.ts';

/** What somebody said of a run: nothing depends on it. */
export interface RunLabels {
  /** Words to find it by. */
  readonly tags?: readonly string[] | undefined;
  readonly note?: string | undefined;
}

const LONGEST_TAG = 60;
const LONGEST_NOTE = 500;

/**
 * The labels that `--tag` and `--note` say.
 * @throws UserError for a tag that is no word, and an empty or long note
 */
export function labelsOf({
  tag,
  note,
}: {
  readonly tag?: string | string[] | undefined;
  readonly note?: string | undefined;
}): RunLabels {
  const tags = [...new Set(tag === undefined ? [] : [tag].flat())];
  for (const each of tags) requireTag(each);
  if (note !== undefined && (note.trim() === '' || note.length > LONGEST_NOTE))
    throw new UserError(
      `--note must be a text of 1 to ${LONGEST_NOTE} characters, got ${note.trim() === '' ? JSON.stringify(note) : note.length}`,
    );
  return { ...(tags.length > 0 && { tags }), ...(note !== undefined && { note }) };
}

/** @throws UserError */
export function requireTag(tag: string): void {
  if (/^[\p{L}\p{N}_.:/@+=-]+$/u.test(tag) && tag.length <= LONGEST_TAG) return;
  throw new UserError(
    `--tag must be a word of at most ${LONGEST_TAG} letters, digits and _ . : / @ + = -, got ${JSON.stringify(tag.slice(0, LONGEST_TAG + 1))}`,
  );
}

/** The labels that a record or a marker has; none where it is damaged. */
export function writtenLabels(written: unknown): RunLabels {
  const { tags, note } = (written ?? {}) as Record<string, unknown>;
  const areTags = Array.isArray(tags) && tags.every((each) => typeof each === 'string');
  return { ...(areTags && { tags }), ...(typeof note === 'string' && { note }) };
}
