/**
 * A mistake of the user's (flag, config, file, environment): the command line prints its one-line message,
 * which names field, value, allowed range and place, and exits with `exitCode`. Anything else is a bug and
 * prints its stack.
 */
export class UserError extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode = 2) {
    super(oneLine(message));
    this.name = 'UserError';
    this.exitCode = exitCode;
  }
}

/** A longer message says no more: what fills it came from a file. */
const MOST_CHARACTERS = 1200;

/** A text as one line of at most 1,200 characters, control characters as `\x1b`; its end, the place, stays. */
export function oneLine(text: string): string {
  // Cut before, for the sake of megabytes, and after, since an escaped character is four or six.
  const line = cut(text)
    .replaceAll(/[ \t]*[\r\n\u2028\u2029]+[ \t]*/g, ' ')
    // \p{Cc}: the control characters, which no terminal should be sent; those that turn the direction of what
    // follows; halves of surrogate pairs.
    .replaceAll(/[\p{Cc}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (character) => {
      const code = character.charCodeAt(0).toString(16);
      return code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`;
    });
  return cut(line);
}

function cut(text: string): string {
  if (text.length <= MOST_CHARACTERS) return text;
  return `${text.slice(0, MOST_CHARACTERS - 301)}…${text.slice(-300)}`;
}
