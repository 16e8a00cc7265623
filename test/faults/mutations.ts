import type { Random } from '../../src/random/random.ts';

/** What a file holds: how it can be damaged beyond its bytes. */
export type Kind = 'json' | 'jsonl' | 'csv' | 'text' | 'binary';

/** A damaged copy. One in five is damaged twice. */
export function damage(bytes: Buffer, kind: Kind, random: Random): Buffer {
  const once = damageOnce(bytes, kind, random);
  return random.uniform() < 0.2 ? damageOnce(once, kind, random) : once;
}

function damageOnce(bytes: Buffer, kind: Kind, random: Random): Buffer {
  const inside = random.uniform() < 0.65;
  if (kind === 'json' && inside) return damageJson(bytes.toString(), random) ?? damageBytes(bytes, random);
  if (kind === 'jsonl' && inside) return damageLine(bytes.toString(), random);
  if (kind === 'csv' && inside) return damageCell(bytes.toString(), random);
  return damageBytes(bytes, random);
}

const below = (random: Random, n: number): number => Math.floor(random.uniform() * n);

export function pick<T>(random: Random, values: readonly T[]): T {
  return values[below(random, values.length)] as T;
}

/** Most are small; one in a hundred has megabytes. */
function longText(random: Random): string {
  return pick(random, ['x', 'é', '\\', ' ', '9']).repeat(random.uniform() < 0.05 ? 8_000_000 : 5_000);
}

const BYTES: readonly ((bytes: Buffer, random: Random) => Buffer)[] = [
  (bytes, random) => bytes.subarray(0, below(random, bytes.length + 1)),
  (bytes, random) => bytes.subarray(below(random, bytes.length + 1)),
  function flip(bytes, random) {
    const copy = Buffer.from(bytes);
    for (let n = 1 + below(random, 8); n > 0 && copy.length > 0; n--) {
      const at = below(random, copy.length);
      copy[at] = (copy[at] as number) ^ (1 << below(random, 8));
    }
    return copy;
  },
  function replace(bytes, random) {
    const copy = Buffer.from(bytes);
    const marks = '"{}[],:\\-+.eE0919#\'\n\r\t \0/*'.split('').map((mark) => mark.charCodeAt(0));
    for (let n = 1 + below(random, 4); n > 0 && copy.length > 0; n--) {
      copy[below(random, copy.length)] = random.uniform() < 0.5 ? pick(random, marks) : below(random, 256);
    }
    return copy;
  },
  function remove(bytes, random) {
    const [from, to] = span(bytes, random);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  function repeat(bytes, random) {
    const [from, to] = span(bytes, random);
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]);
  },
  function swap(bytes, random) {
    const [a, b] = span(bytes, random);
    const [c, d] = span(bytes.subarray(b), random).map((at) => at + b) as [number, number];
    return Buffer.concat([
      bytes.subarray(0, a),
      bytes.subarray(c, d),
      bytes.subarray(b, c),
      bytes.subarray(a, b),
      bytes.subarray(d),
    ]);
  },
  function insert(bytes, random) {
    const at = below(random, bytes.length + 1);
    const inserted = pick<Buffer | string>(random, [
      '\0',
      '\ufeff',
      '\r\n',
      '\n\n\n',
      Buffer.from([0xff, 0xfe, 0x80]),
      Buffer.from([0xc3]),
      '\u2028\u202e',
      '\x1b[31m',
      Buffer.alloc(1 + below(random, 64), below(random, 256)),
      '['.repeat(5_000 + below(random, 5_000)),
      '{"a":'.repeat(5_000),
      longText(random),
    ]);
    return Buffer.concat([bytes.subarray(0, at), Buffer.from(inserted), bytes.subarray(at)]);
  },
  (bytes) => Buffer.concat([Buffer.from('\ufeff'), bytes]),
  (bytes) => Buffer.from(bytes.toString('latin1').replaceAll('\n', '\r\n'), 'latin1'),
  (bytes) => Buffer.from(`\ufeff${bytes.toString('latin1')}`, 'utf16le'),
  (bytes) => Buffer.concat([bytes, bytes]),
  (_, random) =>
    Buffer.from(
      pick(random, ['', ' ', '\n', '\0', 'null', '[]', '{}', '0', '"x"', '-', '[[],[]]', '{"":{}}']),
    ),
  (_, random) => Buffer.from(Array.from({ length: below(random, 200) }, () => below(random, 256))),
];

export function damageBytes(bytes: Buffer, random: Random): Buffer {
  return pick(random, BYTES)(bytes, random);
}

function span(bytes: Buffer, random: Random): [number, number] {
  const from = below(random, bytes.length + 1);
  const length = random.uniform() < 0.7 ? below(random, 20) : below(random, bytes.length);
  return [from, Math.min(bytes.length, from + length)];
}

/** JSON texts that stand where something else should. */
function wrongValue(random: Random): string {
  const values: readonly (string | (() => string))[] = [
    ...['null', '[]', '{}', '"x"', '""', '-1', '0', '0.5', '1e308', '-1e308', '1e999', 'true', 'false'],
    ...['9007199254740993', '-0', '1e-320', '4294967296', '"NaN"', '"Infinity"', '"-Infinity"', '"1"'],
    ...['[null]', '[[]]', '[{}]', '{"a":1}', '{"length":5}', '{"0":1}', '[1,2,3]', '[0.5]', '["x","x"]'],
    ...['"__proto__"', '"constructor"', '"../../x"', '"/dev/zero"', '"a\\u0000b"', '"\\ud800"', '"a\\nb"'],
    ...['{"__proto__":{"x":1}}', '{"constructor":1}', '{"toString":1}', '{"then":1}', '{"toJSON":1}'],
    () => `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
    () => `${'{"a":'.repeat(6_000)}1${'}'.repeat(6_000)}`,
    () => `${'['.repeat(150)}${']'.repeat(150)}`,
    () => JSON.stringify(longText(random)),
    () => `[${Array.from({ length: 3_000 }, (_, i) => i).join(',')}]`,
    () => `[${'{},'.repeat(2_000)}{}]`,
    () => `{${Array.from({ length: 500 }, (_, i) => `"k${i}":${i}`).join(',')}}`,
  ];
  const value = pick(random, values);
  return typeof value === 'string' ? value : value();
}

const MARK = '\ue000';

/** A place in a JSON value: what holds it, and under which key. */
interface Place {
  readonly holder: Record<string, unknown>;
  readonly key: string;
}

function placesIn(value: unknown, places: Place[]): Place[] {
  if (typeof value !== 'object' || value === null) return places;
  for (const key of Object.keys(value)) {
    places.push({ holder: value as Record<string, unknown>, key });
    placesIn((value as Record<string, unknown>)[key], places);
  }
  return places;
}

/** Undefined where the text is no JSON any more. */
export function damageJson(text: string, random: Random): Buffer | undefined {
  let root: { '': unknown };
  try {
    root = { '': JSON.parse(text) };
    if (JSON.stringify(root).length > 2e6) return undefined;
  } catch {
    return undefined;
  }
  const raw = changeTree(placesIn(root, []), random);
  const written = JSON.stringify(root[''], null, random.uniform() < 0.5 ? 2 : 0) ?? '';
  return Buffer.from(written.replace(`"${MARK}"`, () => raw));
}

/** Changes one place. @returns the JSON text that shall stand where the mark is */
function changeTree(places: readonly Place[], random: Random): string {
  const { holder, key } = pick(random, places);
  const other = pick(random, places);
  const kind = random.uniform();
  if (kind < 0.6) {
    holder[key] = MARK;
    return wrongValue(random);
  }
  if (kind < 0.7) {
    if (Array.isArray(holder)) holder.splice(Number(key), 1);
    else delete holder[key];
  } else if (kind < 0.8) {
    [holder[key], other.holder[other.key]] = [copy(other.holder[other.key]), copy(holder[key])];
  } else if (kind < 0.9 && !Array.isArray(holder)) {
    const added = pick(random, [
      'extra',
      '',
      'constructor',
      'toString',
      '0',
      `${key}x`,
      key.slice(1),
      'length',
    ]);
    holder[added] = MARK;
    return wrongValue(random);
  } else if (!Array.isArray(holder)) {
    // The same key twice, or one that JavaScript would take for the prototype.
    const value = JSON.stringify(holder[key] ?? null);
    holder[key] = MARK;
    const second = pick(random, [JSON.stringify(key), '"__proto__"', '"\\u005f_proto__"']);
    return `${value},${second}:${wrongValue(random)}`;
  } else holder[key] = copy(other.holder[other.key]);
  return 'null';
}

function copy(value: unknown): unknown {
  return value === undefined ? null : (JSON.parse(JSON.stringify(value)) as unknown);
}

function damageLine(text: string, random: Random): Buffer {
  const lines = text.split('\n');
  const at = below(random, lines.length);
  const line = lines[at] as string;
  const kind = random.uniform();
  if (kind < 0.7) lines[at] = damageJson(line, random)?.toString() ?? wrongValue(random);
  else if (kind < 0.8) lines.splice(at, 1);
  else if (kind < 0.9) lines.splice(below(random, lines.length), 0, line);
  else lines[at] = lines[below(random, lines.length)] as string;
  return Buffer.from(lines.join('\n'));
}

function damageCell(text: string, random: Random): Buffer {
  const lines = text.split('\n').map((line) => line.split(','));
  const line = pick(random, lines);
  const at = below(random, line.length);
  const cells = [
    '',
    '"',
    '""',
    '"a',
    'a"b',
    '"a"b',
    'NaN',
    'Infinity',
    '-1',
    '1e308',
    '1e-320',
    '1e999',
    '0x10',
  ];
  const kind = random.uniform();
  if (kind < 0.7)
    line[at] = pick(random, [
      ...cells,
      '#',
      '=1+1',
      '\0',
      '-',
      '.',
      '1/0',
      '0/0',
      '1,2',
      'x',
      longText(random),
    ]);
  else if (kind < 0.8) line.splice(at, 1);
  else if (kind < 0.9) lines.splice(below(random, lines.length), 0, line);
  else lines.reverse();
  return Buffer.from(lines.map((each) => each.join(',')).join('\n'));
}
