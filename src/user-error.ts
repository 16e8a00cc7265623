/**
 * A mistake of the user's (flag, config, file, environment): the command line prints its one-line message,
 * which names field, value, allowed range and place, and exits with `exitCode`. Anything else is a bug and
 * prints its stack.
 */
export class UserError extends Error {
  readonly exitCode: number;
  /** @param options the cause, where it is an error of the user's own code: its stack is printed beneath */
  constructor(message: string, exitCode = 2, options?: ErrorOptions) {
    super(oneLine(message), options);
    this.name = 'UserError';
    this.exitCode = exitCode;
  }
}

/** A longer message says no more: what fills it came from a file. */
const MOST_CHARACTERS = 1200;

/** More of a name tells it from no other, and widens every row of its table. */
const MOST_OF_NAME = 60;

/**
 * What no terminal should be sent: \p{Cc}, the control characters, among them the one that escape sequences begin with;
 * characters that turn the direction of what follows; halves of surrogate pairs; ends of lines and paragraphs.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** A text with what would do something to a terminal written out, as `\x1b` or `\u202e`; new lines stay. */
export function escapeControls(text: string): string {
  return text.replaceAll(UNPRINTABLE, (character) => {
    if (character === '\n') return character;
    const code = character.charCodeAt(0).toString(16);
    return code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`;
  });
}

/** A JSON text likewise, with JSON's own escapes: it stays the same value. */
export function escapeJsonControls(json: string): string {
  return json.replaceAll(UNPRINTABLE, (character) =>
    character === '\n' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A text as one line of at most 1,200 characters, control characters as `\x1b`; its end, the place, stays. */
export function oneLine(text: string): string {
  // Cut before, for the sake of megabytes, and after, since an escaped character is four or six.
  return cut(escapeControls(cut(text).replaceAll(/[ \t]*[\r\n\u2028\u2029]+[ \t]*/g, ' ')));
}

/** A text of at most so many characters, `…` for the rest; no pair of surrogates is halved. */
export function shorten(text: string, most: number): string {
  if (text.length <= most) return text;
  return `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** A name that came from a file (a label, a class, a column) as sentences and tables have it: 60 characters of one line. */
export function shortLine(name: string): string {
  return shorten(oneLine(shorten(name, MOST_OF_NAME)), MOST_OF_NAME);
}

function cut(text: string): string {
  if (text.length <= MOST_CHARACTERS) return text;
  return `${text.slice(0, MOST_CHARACTERS - 301)}…${text.slice(-300)}`;
}
