import { shorten, UserError } from '../user-error.ts';

/** Bytes that file systems leave for a name, less what is put around ours. */
const MOST_BYTES = 200;

/** Names of devices on Windows, with any ending: a folder of runs may be copied there. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/**
 * @param isThere whether a folder of that name is there already: one of before 0.2.0 may end in @ and an update, or begin with a dot
 * @throws UserError for what is no name of a folder on every system, would not be printed as it stands, or is read as
 *   `RUN@UPDATE`
 */
export function requireName(name: string, isThere = false): void {
  const problem =
    name === '' || name === '.' || name === '..' || /[/\\]/.test(name)
      ? 'without slashes'
      : // Control and format characters (\p{Cf}: those that turn the direction of a text) and halves of pairs.
        /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(name)
        ? 'without control characters'
        : Buffer.byteLength(name) > MOST_BYTES
          ? `of at most ${MOST_BYTES} bytes`
          : /[. ]$|^ /.test(name) || DEVICE.test(name)
            ? 'that every system takes (no space at its start, no space or dot at its end, not con, nul, …)'
            : isThere
              ? undefined
              : /@\d+$/.test(name)
                ? 'without @ and a number at its end (RUN@UPDATE is a run after an update)'
                : name.startsWith('.')
                  ? 'without a dot at its start (hidden folders are not looked into for runs)'
                  : undefined;
  if (problem === undefined) return;
  throw new UserError(`--name must be a folder name ${problem}, got ${JSON.stringify(shorten(name, 61))}`);
}

/** @throws UserError for the path of what is to be made, with characters that a terminal does something at */
export function requirePrintable(flag: string, path: string): void {
  if (!/[\p{Cc}\p{Zl}\p{Zp}]/u.test(path)) return;
  throw new UserError(
    `${flag} must be a path without control characters, got ${JSON.stringify(shorten(path, 61))}`,
  );
}

/** A word of a command line as a shell (bash, zsh) reads it again, control characters written out. */
export function shellWord(text: string): string {
  if (/\p{Cc}/u.test(text)) {
    const escaped = text.replaceAll(/[\\']/g, '\\$&').replaceAll(/\p{Cc}/gu, (character) => {
      return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
    });
    return `$'${escaped}'`;
  }
  return /^[\w./=:,+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
