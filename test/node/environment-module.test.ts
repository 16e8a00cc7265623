import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { register } from 'tsx/esm/api';
import { afterAll, describe, expect, it } from 'vitest';
import { openEnvironments } from '../../src/node/environments.ts';
import { sourceHash } from '../../src/node/module-source.ts';
import { stripTypes } from '../../src/node/strip-types.ts';
import { probe, watch } from '../../src/rollout/contract.ts';
import type { EnvironmentDefinition } from '../../src/rollout/environment.ts';
import { UserError } from '../../src/user-error.ts';

// Hooks of the older kind are loaded by Node.js itself, from source here.
register();
const folder = mkdtempSync(join(tmpdir(), 'leash-module-'));
afterAll(() => rmSync(folder, { recursive: true }));

let written = 0;
/** A file of that text under a name of its own: Node.js loads no file twice. */
function file(text: string, end = '.ts'): string {
  const path = join(folder, `world-${written++}${end}`);
  writeFileSync(path, text);
  return path;
}

function load(path: string): Promise<EnvironmentDefinition> {
  return openEnvironments().resolve({ module: path });
}

const SPACES =
  "observationSpace: { kind: 'box', low: [0, 0], high: [1, 1] }, actionSpace: { kind: 'discrete', n: 2 }";

describe('a file is loaded', () => {
  it('as TypeScript, with other files', async () => {
    writeFileSync(join(folder, 'size.ts'), 'export type Size = number;\nexport const SIZE: Size = 3;\n');
    const path = file(`import type { Environment } from 'leash-rl';
import { SIZE, type Size } from './size.ts';
const make = (n: Size): Environment => ({
  observationSpace: { kind: 'discrete', n },
  actionSpace: { kind: 'discrete', n: 2 },
  reset(_, observation) { observation[0] = 0; },
  step() {},
});
export default { id: 'Sized', create: () => make(SIZE) };
`);
    const { id, module, options, create, timeLimit } = await load(path);
    expect([id, module?.path, options.parse({}), timeLimit({})]).toEqual(['Sized', path, {}, undefined]);
    expect(create({}, undefined as never).observationSpace).toEqual({ kind: 'discrete', n: 3 });
    expect(module?.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('as JavaScript without defineEnvironment', async () => {
    const plain = `export default { id: 'Plain', create: () => ({ ${SPACES}, reset() {}, step() {} }) };`;
    for (const end of ['.js', '.mjs', '.mts']) expect((await load(file(plain, end))).id).toBe('Plain');
  });
});

describe('its hash', () => {
  const hashOf = (size: string, main = "import { SIZE } from './hashed-size.ts';\n"): string => {
    writeFileSync(join(folder, 'hashed-size.ts'), size);
    writeFileSync(join(folder, 'hashed.ts'), main);
    return sourceHash(join(folder, 'hashed.ts'));
  };
  const first = hashOf('export const SIZE = 1;');

  it('is the same for the same files', () => expect(hashOf('export const SIZE = 1;')).toBe(first));
  it('is another where a file that it imports is', () =>
    expect(hashOf('export const SIZE = 2;')).not.toBe(first));
  it('is another where it is', () =>
    expect(hashOf('export const SIZE = 1;', "export * from './hashed-size.ts';\n")).not.toBe(first));
  it('follows files that import each other, and none in comments', () => {
    writeFileSync(join(folder, 'a.ts'), "import './b.ts';\n// import './gone.ts'\n");
    writeFileSync(join(folder, 'b.ts'), "import './a.ts';\n");
    expect(sourceHash(join(folder, 'a.ts'))).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('what cannot be loaded is told in one line', () => {
  const make = `() => ({ ${SPACES}, reset() {}, step() {} })`;
  const created = (parts: string) => `export default { id: 'X', create: () => (${parts}) };`;
  it.each<[string, string, RegExp]>([
    [
      'an enum',
      'enum A { x }\n',
      /^TypeScript enum is not supported: .* JavaScript \(.*world-\d+\.ts:1:1\)$/,
    ],
    ['a namespace', '\nnamespace N { export const a = 1; }\n', /^TypeScript namespace .*\.ts:2:1\)$/],
    [
      'a parameter property',
      'class A { constructor(private x: number) {} }\n',
      /^TypeScript parameter property .*:1:\d+\)$/,
    ],
    ['bad grammar', 'export default {', /\.ts:1:\d+\)$/],
    [
      'a file that is not there',
      "import './nope';\n",
      /^import of "\.\/nope": there is no such file \(.*\.ts:1\)$/,
    ],
    ['a file named as JavaScript', "\nimport './size.js';\n", /did you mean \.\/size\.ts\? \(.*\.ts:2\)$/],
    [
      'a package that is not there',
      "import 'no-such-package-at-all';\nexport default 1;\n",
      /no-such-package-at-all/,
    ],
    [
      'no default export',
      'export const x = 1;\n',
      /has no default export; it needs export default defineEnv/,
    ],
    ['a number', 'export default 3;\n', /must export an environment, got 3; it needs/],
    ['no id', `export default { create: ${make} };`, /whose id must be a text, but is missing$/],
    ['an empty id', `export default { id: '', create: ${make} };`, /whose id must be a text, got ""$/],
    ['no create', "export default { id: 'X' };", /whose create must be a function, but is missing$/],
    [
      'a part that none has',
      `export default { id: 'X', create: ${make}, timelimit: 3 };`,
      /with timelimit, which none has; did you mean timeLimit\?$/,
    ],
    [
      'a time limit as a number',
      `export default { id: 'X', create: ${make}, timeLimit: 50 };`,
      /must be a function, got 50: write timeLimit: \(\) => 50$/,
    ],
    [
      'options of another kind',
      `export default { id: 'X', create: ${make}, options: { parse() {} } };`,
      /options are no schema of zod 4/,
    ],
    [
      'what throws',
      '\nconst a: number = 1;\nthrow new RangeError("no luck " + a);\n',
      /when it was loaded, threw RangeError: no luck 1$/,
    ],
  ])('%s', async (_, text, message) => {
    const problem = await load(file(text)).then(
      () => undefined,
      (cause: unknown) => cause,
    );
    expect(problem).toBeInstanceOf(UserError);
    expect((problem as UserError).message).toMatch(message);
    expect((problem as UserError).message).not.toContain('\n');
  });

  it.each<[string, string, RegExp]>([
    ['nothing', 'undefined', /create of X \(.*\) must return an environment, got undefined$/],
    [
      'no spaces',
      '{ reset() {}, step() {} }',
      /observationSpace of X .* must be \{ kind: 'discrete', n \} or .*, got undefined$/,
    ],
    ['no step', `{ ${SPACES}, reset() {} }`, /step of X .* must be a function, but is missing$/],
    [
      'bounds of two lengths',
      "{ observationSpace: { kind: 'box', low: [0], high: [1, 1] }, actionSpace: { kind: 'discrete', n: 2 }, reset() {}, step() {} }",
      /needs low and high of one length ≥ 1, got 1 and 2$/,
    ],
    [
      'bounds the wrong way round',
      "{ observationSpace: { kind: 'box', low: [0, 2], high: [1, 1] }, actionSpace: { kind: 'discrete', n: 2 }, reset() {}, step() {} }",
      /needs low ≤ high, got 2 and 1 at 1$/,
    ],
    [
      'sides that are of other numbers',
      "{ observationSpace: { kind: 'box', low: [0, 0], high: [1, 1], shape: [2, 2] }, actionSpace: { kind: 'discrete', n: 2 }, reset() {}, step() {} }",
      /must have whole numbers ≥ 1 in shape that multiply to 2, got \[2,2\]$/,
    ],
    [
      'actions of no number',
      "{ observationSpace: { kind: 'discrete', n: 3 }, actionSpace: { kind: 'discrete', n: 0 }, reset() {}, step() {} }",
      /actionSpace of X .* must have a whole n ≥ 1, got 0$/,
    ],
    ...(
      [
        ['choices that are no list', "{ kind: 'multiDiscrete', n: 3 }", /needs an array n of .*, got 3$/],
        ['no choices', "{ kind: 'multiDiscrete', n: [] }", /needs an array n of .*, got \[\]$/],
        [
          'a choice of half a value',
          "{ kind: 'multiDiscrete', n: [2, 1.5] }",
          /must have whole numbers ≥ 1 in n, got 1.5 at 1$/,
        ],
        [
          'names for other choices',
          "{ kind: 'multiDiscrete', n: [2, 2], names: ['a'] }",
          /has 1 names for 2 choices$/,
        ],
        ['bits of no number', "{ kind: 'multiBinary', n: [2] }", /must have a whole n ≥ 1, got \[2\]$/],
        [
          'an unknown kind of actions',
          "{ kind: 'Tuple' }",
          /actionSpace of X .* must be .*\{ kind: 'multiBinary', n \} or .*, got kind "Tuple"$/,
        ],
        ['no actions', 'undefined', /actionSpace of X .* must be .*, got undefined$/],
      ] as const
    ).map(
      ([name, space, message]) =>
        [
          name,
          `{ observationSpace: { kind: 'discrete', n: 3 }, actionSpace: ${space}, reset() {}, step() {} }`,
          message,
        ] as [string, string, RegExp],
    ),
    [
      'observations of a kind that only actions have',
      "{ observationSpace: { kind: 'multiBinary', n: 3 }, actionSpace: { kind: 'discrete', n: 2 }, reset() {}, step() {} }",
      /observationSpace of X .* must be .*, got kind "multiBinary"$/,
    ],
    [
      'another kind of space',
      "{ observationSpace: { kind: 'dict' }, actionSpace: { kind: 'discrete', n: 2 }, reset() {}, step() {} }",
      /got kind "dict"$/,
    ],
    [
      'restore alone',
      `{ ${SPACES}, reset() {}, step() {}, restore() {} }`,
      /has restore alone: resuming needs both/,
    ],
  ])('an environment with %s', async (_, parts, message) => {
    const definition = await load(file(created(parts)));
    expect(() => definition.create({}, undefined as never)).toThrow(message);
  });

  it('a file that is not there, and one of another kind', async () => {
    await expect(load(join(folder, 'gone.ts'))).rejects.toThrow(/must name a file that is there, got /);
    await expect(load(folder)).rejects.toThrow(/must name a file that ends in \.ts, \.mts, \.js or \.mjs/);
    await expect(load(file('{}', '.json'))).rejects.toThrow(/must name a file that ends in/);
  });
});

describe('the length of an observation', () => {
  const probed = async (reset: string, step: string): Promise<void> => {
    const body = `reset(_, observation) { ${reset} }, step(_, __, observation) { ${step} }`;
    const definition = await load(
      file(`export default { id: 'X', create: () => ({ ${SPACES}, ${body} }) };`, '.mjs'),
    );
    probe(definition, {});
  };
  it.each([
    ['observation.set([1, 2, 3]);', '', 'reset of X writes 3 numbers; an observation has 2 numbers'],
    ['observation.set([1], 2);', '', 'reset of X writes 3 numbers'],
    ['observation[0] = 1;', '', 'reset of X leaves observation[1] unwritten'],
    ['observation.fill(0);', 'observation[2] = 1;', 'step of X writes observation[2]'],
  ])('reset { %s } step { %s } is refused', async (reset, step, message) => {
    await expect(probed(reset, step)).rejects.toThrow(message);
  });
  it.each([
    ['observation.fill(0);', 'observation[0] = 1;'],
    ['observation.set([1, 2]);', 'observation.set([1], 1); observation.subarray(0, 1).fill(2);'],
    ['for (let i = 0; i < observation.length; i++) observation[i] = Number.NaN;', ''],
    ['throw new Error("told where training meets it");', ''],
  ])('reset { %s } step { %s } is not', async (reset, step) => {
    await expect(probed(reset, step)).resolves.toBeUndefined();
  });
  it('is watched without standing in the way', () => {
    const { observation, problem } = watch(2);
    observation[0] = 0.5;
    observation.fill(2, 1);
    expect([observation[0], observation.length, Array.from(observation)]).toEqual([0.5, 2, [0.5, 2]]);
    expect(problem('x', true)).toBeUndefined();
  });
});

describe('types are stripped', () => {
  it('with blanks, so that places stay', () => {
    const code = stripTypes('const a: number = 1;\nf<string>(a as number);\n', 'a.ts');
    expect(code).toBe('const a         = 1;\nf        (a          );\n');
  });
  it.each(['enum A { b }', 'import a = require("b");', 'export = 3;'])('not of %s', (source) => {
    expect(stripTypes(`\n  ${source}`, 'a.ts')).toMatchObject({ line: 2, column: 3, isTypeScript: true });
  });
});
