import { UserError } from '../user-error.ts';

/**
 * `JSON.parse` whose error says where: `FILE:LINE:COLUMN: expected …, found …` (V8's message names no place
 * for short texts, and differs between versions).
 *
 * @param place how errors call the text: a path, a flag
 * @throws UserError when the text is not JSON or an object in it has the same key twice
 */
export function parseJson(text: string, place: string): unknown {
  const source = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  const mistake = findMistake(source);
  if (mistake !== undefined) {
    const before = source.slice(0, mistake.offset).split('\n');
    const column = (before.at(-1) as string).length + 1;
    throw new UserError(`${place}:${before.length}:${column}: not valid JSON: ${mistake.message}`);
  }
  return JSON.parse(source) as unknown;
}

interface Mistake {
  offset: number;
  message: string;
}

const SPACE = /[ \t\n\r]*/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them in strings, so they must be named.
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;

/** The first place where the text leaves the grammar of RFC 8259, or repeats a key. */
function findMistake(text: string): Mistake | undefined {
  let offset = 0;
  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = offset;
    if (!pattern.test(text)) return false;
    offset = pattern.lastIndex;
    return true;
  };
  const found = (): string => {
    if (offset >= text.length) return 'the end';
    if (text.startsWith('//', offset) || text.startsWith('/*', offset)) return 'a comment';
    return `'${String.fromCodePoint(text.codePointAt(offset) as number)}'`;
  };
  const expected = (what: string): Mistake => ({ offset, message: `expected ${what}, found ${found()}` });
  const isNext = (character: string): boolean => {
    skip(SPACE);
    if (text[offset] !== character) return false;
    offset++;
    return true;
  };
  const members = (close: string, member: () => Mistake | undefined): Mistake | undefined => {
    if (isNext(close)) return undefined;
    for (;;) {
      const mistake = member();
      if (mistake !== undefined) return mistake;
      if (isNext(close)) return undefined;
      if (!isNext(',')) return expected(`',' or '${close}'`);
    }
  };
  const object = (): Mistake | undefined => {
    const keys = new Set<string>();
    return members('}', () => {
      skip(SPACE);
      const start = offset;
      if (!skip(STRING)) return expected('a key in double quotes');
      const key = text.slice(start, offset);
      if (keys.has(key)) return { offset: start, message: `the key ${key} stands there twice` };
      keys.add(key);
      return isNext(':') ? value() : expected("':'");
    });
  };
  const value = (): Mistake | undefined => {
    if (isNext('{')) return object();
    if (isNext('[')) return members(']', value);
    return skip(text[offset] === '"' ? STRING : SCALAR) ? undefined : expected('a value');
  };
  const mistake = value();
  if (mistake !== undefined) return mistake;
  skip(SPACE);
  return offset < text.length ? expected('the end') : undefined;
}
