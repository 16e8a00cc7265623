import { shorten, UserError } from '../user-error.ts';

/** Objects and arrays inside each other; beyond it recursion over the value would run out of stack. */
export const MOST_LEVELS = 200;

/**
 * `JSON.parse` whose error says where: `FILE:LINE:COLUMN: expected …, found …` (V8's message names no place
 * for short texts, and differs between versions).
 *
 * @param place how errors call the text: a path, a flag
 * @throws UserError when the text is not JSON, an object in it has the same key twice or the key `__proto__`
 *   (which would be lost on the way), or it is nested more than 200 deep
 */
export function parseJson(text: string, place: string): unknown {
  const source = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  const orders: Set<string>[] = [];
  const mistake = findMistake(source, orders);
  if (mistake !== undefined) {
    const before = source.slice(0, mistake.offset).split('\n');
    const column = (before.at(-1) as string).length + 1;
    throw new UserError(`${place}:${before.length}:${column}: not valid JSON: ${mistake.message}`);
  }
  const value = JSON.parse(source) as unknown;
  if (orders.some((keys) => [...keys].some((key) => WHOLE.test(key)))) remember(value, orders);
  return value;
}

/** Keys that every engine puts before all others, by size. */
const WHOLE = /^(0|[1-9]\d*)$/;

/** Object → its keys as its text has them, where an engine has them otherwise. */
const written = new WeakMap<object, readonly string[]>();

/** The keys of an object that `parseJson` read, in the order of its text: `{"2": …, "1": …}` begins with 2. */
export function keysAsWritten(value: object): readonly string[] {
  return written.get(value) ?? Object.keys(value);
}

/** @param orders keys of every object, each before those within it */
function remember(value: unknown, orders: readonly ReadonlySet<string>[]): void {
  let next = 0;
  const visit = (each: unknown): void => {
    if (Array.isArray(each)) each.forEach(visit);
    else if (typeof each === 'object' && each !== null) {
      const keys = [...orders[next++]];
      written.set(each, keys);
      for (const key of keys) visit((each as Readonly<Record<string, unknown>>)[key]);
    }
  };
  visit(value);
}

interface Mistake {
  offset: number;
  message: string;
}

const SPACE = /[ \t\n\r]*/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/**
 * The first place where the text leaves the grammar of RFC 8259, or repeats a key.
 * @param orders takes the keys of every object
 */
function findMistake(text: string, orders: Set<string>[]): Mistake | undefined {
  let offset = 0;
  let level = 0;
  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = offset;
    if (!pattern.test(text)) return false;
    offset = pattern.lastIndex;
    return true;
  };
  const expected = (what: string): Mistake => ({
    offset,
    message: `expected ${what}, found ${describeAt(text, offset)}`,
  });
  const isNext = (character: string): boolean => {
    skip(SPACE);
    if (text[offset] !== character) return false;
    offset++;
    return true;
  };
  /** A whole string. By hand: a pattern that matches one of megabytes runs out of stack. */
  const string = (): boolean => {
    if (text[offset] !== '"') return false;
    const start = offset++;
    for (;;) {
      const code = text.charCodeAt(offset);
      if (code === 0x22) break;
      if (code === 0x5c ? !skip(ESCAPE) : !(code >= 0x20)) {
        offset = start;
        return false;
      }
      if (code !== 0x5c) offset++;
    }
    offset++;
    return true;
  };
  const members = (close: string, member: () => Mistake | undefined): Mistake | undefined => {
    if (isNext(close)) return undefined;
    if (++level > MOST_LEVELS) return { offset, message: `nested more than ${MOST_LEVELS} deep` };
    for (;;) {
      const mistake = member();
      if (mistake !== undefined) return mistake;
      if (isNext(close)) break;
      if (!isNext(',')) return expected(`',' or '${close}'`);
    }
    level--;
    return undefined;
  };
  const object = (): Mistake | undefined => {
    const keys = new Set<string>();
    orders.push(keys);
    return members('}', () => {
      skip(SPACE);
      const start = offset;
      if (!string()) return expected('a key in double quotes');
      const written = text.slice(start, offset);
      const key = JSON.parse(written) as string;
      const complaint = keys.has(key) ? 'stands there twice' : key === '__proto__' ? 'has no meaning' : '';
      if (complaint !== '') return { offset: start, message: `the key ${shorten(written, 60)} ${complaint}` };
      keys.add(key);
      return isNext(':') ? value() : expected("':'");
    });
  };
  const value = (): Mistake | undefined => {
    if (isNext('{')) return object();
    if (isNext('[')) return members(']', value);
    return string() || skip(SCALAR) ? undefined : expected('a value');
  };
  const mistake = value();
  if (mistake !== undefined) return mistake;
  skip(SPACE);
  return offset < text.length ? expected('the end') : undefined;
}

function describeAt(text: string, offset: number): string {
  if (offset >= text.length) return 'the end';
  if (text.startsWith('//', offset) || text.startsWith('/*', offset)) return 'a comment';
  return `'${String.fromCodePoint(text.codePointAt(offset) as number)}'`;
}
