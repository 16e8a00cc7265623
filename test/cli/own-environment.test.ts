import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { built } from '../built.ts';

/* The whole command, in a process of its own: vitest loads files its own way. */

const folder = mkdtempSync(join(tmpdir(), 'leash-own-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function leash(...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [built, ...args], { cwd: folder });
    const said = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const)
      child[stream].on('data', (text) => {
        said[stream] += String(text);
      });
    child.on('close', (code) => resolve({ code, ...said }));
  });
}

/** A corridor whose loading leaves a mark, and which throws in a step. */
const world = (
  mark: string,
  throwsIn = 'never',
) => `import { defineEnvironment, type Environment } from 'leash-rl';
import { appendFileSync } from 'node:fs';
import { z } from 'zod';
import { LEFT } from './left.ts';
appendFileSync('${join(folder, mark)}', 'x');
const options = z.strictObject({ cells: z.int().min(2).default(4).describe('How many.') });
function corridor(cells: number): Environment {
  let cell = 0;
  let steps = 0;
  return {
    observationSpace: { kind: 'discrete', n: cells },
    actionSpace: { kind: 'discrete', n: 2, names: ['left', 'right'] },
    reset(_random, observation) {
      cell = 0;
      observation[0] = cell;
      if ('${throwsIn}' === 'reset') throw new RangeError('in reset');
    },
    step(action, _random, observation, transition) {
      if ('${throwsIn}' === 'step' && ++steps === 30) throw new TypeError('in step');
      cell = Math.max(0, cell + (action[0] === LEFT ? -1 : 1));
      transition.terminated = cell === cells - 1;
      transition.reward = transition.terminated ? 1 : -0.01;
      observation[0] = cell;
    },
    snapshot: () => ({ cell }),
    restore: (state) => {
      cell = (state as { cell: number }).cell;
    },
  };
}
export default defineEnvironment({ id: 'Corridor', options, create: ({ cells }) => corridor(cells), timeLimit: () => 20 });
`;

const small = {
  rollout: { steps: 16 },
  steps: 64 * 4,
  network: { policy: { hidden: [4] }, value: { hidden: [4] } },
  ppo: { epochs: 1, minibatchSize: 32 },
  checkpoint: { everyUpdates: 2 },
};
const json = (path: string) => JSON.parse(readFileSync(join(folder, path), 'utf8'));
const bytes = (path: string): string => readFileSync(join(folder, path), 'utf8');
const write = (path: string, text: string): void => writeFileSync(join(folder, path), text);
const loads = (mark: string): number => (existsSync(join(folder, mark)) ? bytes(mark).length : 0);

beforeAll(async () => {
  mkdirSync(join(folder, 'worlds'));
  mkdirSync(join(folder, 'configs'));
  write('worlds/left.ts', 'export const LEFT: number = 0;\n');
  write('worlds/corridor.ts', world('mark'));
  write('worlds/throws-in-step.ts', world('step-mark', 'step'));
  write('worlds/throws-in-reset.ts', world('reset-mark', 'reset'));
  write(
    'configs/own.json',
    JSON.stringify({ ...small, environment: { module: '../worlds/corridor.ts', options: { cells: 5 } } }),
  );
  expect(await leash('train', 'configs/own.json', '--quiet')).toEqual({ code: 0, stdout: '', stderr: '' });
});

const RUN = 'runs/own/seed-0';

describe('a config that names a file', () => {
  it('trains in it, and the run says which it was', () => {
    const { environment } = json(`${RUN}/config.json`);
    expect(environment).toMatchObject({ module: '../../../worlds/corridor.ts', options: { cells: 5 } });
    expect(environment).not.toHaveProperty('id');
    expect(json(`${RUN}/run.json`)).toMatchObject({
      status: 'completed',
      module: { id: 'Corridor', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
  });

  it('is the same run on two threads, from --env and from --set', async () => {
    const same = ['--set', 'environment.options.cells=5', '--quiet'];
    const [two, env, set] = await Promise.all([
      leash('train', 'configs/own.json', '--name', 'two', '--threads', '2', '--quiet'),
      leash('train', 'configs/own.json', '--name', 'env', '--env', './worlds/corridor.ts', ...same),
      leash(
        'train',
        'configs/own.json',
        '--name',
        'set',
        '--set',
        `environment.module=${join(folder, 'worlds/corridor.ts')}`,
        ...same,
      ),
    ]);
    for (const ended of [two, env, set]) expect(ended).toEqual({ code: 0, stdout: '', stderr: '' });
    for (const name of ['two', 'env', 'set'])
      expect(bytes(`runs/${name}/seed-0/metrics.jsonl`)).toBe(bytes(`${RUN}/metrics.jsonl`));
  });

  it('alone: exactly one of id and module', async () => {
    const both = { environment: { id: 'CartPole-v1', module: '../worlds/corridor.ts' } };
    write('configs/both.json', JSON.stringify(both));
    write('configs/none.json', JSON.stringify({ environment: { copies: 2 } }));
    expect(await leash('train', 'configs/both.json')).toMatchObject({
      code: 2,
      stderr:
        'leash: environment.module excludes environment.id: exactly one of the two names the environment (configs/both.json)\n',
    });
    expect(await leash('train', 'configs/none.json')).toMatchObject({
      code: 2,
      stderr:
        'leash: environment.id or environment.module must name the environment, but both are missing (configs/none.json)\n',
    });
  });

  it('says what is wrong with its options', async () => {
    expect(await leash('train', 'configs/own.json', '--set', 'environment.options.cells=1')).toMatchObject({
      code: 2,
      stderr:
        'leash: environment.options.cells must be an integer ≥ 2, got 1 (--set environment.options.cells=1)\n',
    });
  });

  it('is explained, and trains without a config', async () => {
    const { stdout } = await leash('envs', 'worlds/corridor.ts');
    expect(stdout).toContain('observation  discrete 4');
    expect(stdout).toContain('cells  an integer ≥ 2; default 4');
    const ended = await leash('train', '--env', 'worlds/corridor.ts', '--steps', '512', '--quiet');
    expect(ended).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(json('runs/corridor/seed-0/config.json').environment.options).toEqual({ cells: 4 });
  });
});

describe('what a run names is run only where the user names it', () => {
  it('not by commands that read', async () => {
    const before = loads('mark');
    for (const args of [
      ['runs'],
      ['plot', RUN, '--out', 'plot.svg'],
      ['runs', 'export', RUN, '--csv', 'rows.csv'],
      ['config', 'show', RUN],
      ['config', 'diff', RUN, `${RUN}/config.json`],
      ['export', RUN, '--format', 'json', '--out', 'policy.json'],
    ]) {
      const ended = await leash(...args);
      expect([args.join(' '), ended.code, ended.stderr]).toEqual([
        args.join(' '),
        0,
        expect.not.stringContaining('module'),
      ]);
    }
    expect(loads('mark')).toBe(before);
  });

  it.each([
    ['evaluate', RUN],
    ['verify', RUN],
    ['resume', RUN, '--steps', '512'],
    ['clone', RUN],
  ])('%s names the flag', async (...args) => {
    const before = loads('mark');
    expect(await leash(...args)).toEqual({
      code: 2,
      stdout: '',
      stderr: `leash: ${RUN} was made with worlds/corridor.ts, which is code: --env worlds/corridor.ts runs it, where you trust it\n`,
    });
    expect(loads('mark')).toBe(before);
  });

  it('and then is evaluated, verified and gone on with', async () => {
    const env = ['--env', 'worlds/corridor.ts'];
    const [evaluated, verified] = await Promise.all([
      leash('evaluate', RUN, ...env, '--json'),
      leash('verify', RUN, ...env),
    ]);
    expect([evaluated.code, JSON.parse(evaluated.stdout).environment]).toEqual([0, 'Corridor']);
    expect(verified.stdout).toBe(`same       ${RUN}: 4 updates and the parameters, byte for byte\n`);
    const short = ['--epochs', '3', '--set', 'environment.options.cells=5', '--quiet'];
    expect(await leash('clone', RUN, ...env, ...short)).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(json('runs/clone/seed-0/run.json').module).toEqual(json(`${RUN}/run.json`).module);
    const best = await leash('clone', RUN, '--config', 'configs/own.json', '--name', 'named', ...short);
    expect(best).toEqual({ code: 0, stdout: '', stderr: '' });
    cpSync(join(folder, RUN), join(folder, 'runs/longer/seed-0'), { recursive: true });
    const resumed = await leash('resume', 'runs/longer', ...env, '--steps', '512', '--quiet');
    expect(resumed).toEqual({ code: 0, stdout: '', stderr: '' });
    const whole = await leash('train', 'configs/own.json', '--steps', '512', '--name', 'whole', '--quiet');
    expect(whole.code).toBe(0);
    expect(bytes('runs/longer/seed-0/metrics.jsonl')).toBe(bytes('runs/whole/seed-0/metrics.jsonl'));
  });

  it('a changed file is told: resume refuses it, verify and evaluate say it', async () => {
    mkdirSync(join(folder, 'changed'));
    write('changed/corridor.ts', world('changed-mark').replaceAll('-0.01', '-0.02'));
    write('changed/left.ts', 'export const LEFT: number = 0;\n');
    const env = ['--env', 'changed/corridor.ts'];
    const changed =
      /^leash: changed\/corridor\.ts, or a file that it imports, is not what .* was made with: SHA-256 [0-9a-f]{12}… now, [0-9a-f]{12}… then/;
    const resumed = await leash('resume', RUN, ...env, '--steps', '512');
    expect([resumed.code, resumed.stderr]).toEqual([2, expect.stringMatching(changed)]);
    const verified = await leash('verify', RUN, ...env);
    expect([verified.code, verified.stderr]).toEqual([1, expect.stringMatching(changed)]);
    expect(verified.stdout).toMatch(/^different {2}/);
    const evaluated = await leash('evaluate', RUN, ...env);
    expect([evaluated.code, evaluated.stderr]).toEqual([0, expect.stringMatching(changed)]);
  });
});

describe('a file that throws', () => {
  it.each(['step', 'reset'])('in %s marks its run failed and shows where', async (method) => {
    const file = `worlds/throws-in-${method}.ts`;
    const name = `throws-in-${method}`;
    const { code, stderr } = await leash(
      'train',
      'configs/own.json',
      '--env',
      file,
      '--name',
      name,
      '--quiet',
      '--set',
      'rollout.steps=8',
    );
    const [line, ...frames] = stderr.trimEnd().split('\n');
    expect(code).toBe(1);
    expect(line).toMatch(
      new RegExp(
        `^leash: runs/${name}/seed-0: update \\d: ${method} of copy 0 of Corridor threw \\w+Error: in ${method}; `,
      ),
    );
    expect(frames[0]).toMatch(new RegExp(`^    at .*${name}\\.ts:\\d+:\\d+\\)?$`));
    const { status, failure, updates } = json(`runs/${name}/seed-0/run.json`);
    expect([status, `leash: ${failure}`]).toEqual(['failed', line]);
    const rows = bytes(`runs/${name}/seed-0/metrics.jsonl`).split('\n').length - 1;
    expect([rows, updates]).toEqual(method === 'step' ? [3, 3] : [0, 0]);
  });
});

it('a file that throws in reset leaves the run that it was to replace as it was', async () => {
  const train = [
    'train',
    'configs/own.json',
    '--env',
    'worlds/replacing.ts',
    '--name',
    'replaced',
    '--quiet',
  ];
  write('worlds/replacing.ts', world('replacing-mark'));
  expect((await leash(...train)).code).toBe(0);
  const before = bytes('runs/replaced/seed-0/metrics.jsonl');
  write('worlds/replacing.ts', world('replacing-mark', 'reset'));
  const { code, stderr } = await leash(...train, '--replace');
  expect([code, stderr]).toEqual([1, expect.stringContaining('reset of copy 0 of Corridor threw')]);
  expect(readdirSync(join(folder, 'runs/replaced'))).toEqual(['seed-0']);
  expect(json('runs/replaced/seed-0/run.json')).toMatchObject({ status: 'completed' });
  expect(bytes('runs/replaced/seed-0/metrics.jsonl')).toBe(before);
});

describe('a file that gives what it may not is one line', () => {
  const env = ['--env', 'worlds/wrong.ts'];
  /** The corridor with something else, in which a run was made before. */
  const wrong = (from: string, to: string): void => {
    expect(world('wrong-mark')).toContain(from);
    write('worlds/wrong.ts', world('wrong-mark').replace(from, to));
  };
  const told = async (...args: string[]): Promise<unknown> => {
    const { code, stderr } = await leash(...args, ...env);
    const lines = stderr.trimEnd().split('\n');
    return [code, lines.filter((line) => !/ is not what .* was made with: /.test(line))];
  };
  const reward = 'transition.reward = transition.terminated ? 1 : -0.01;';

  it.each([
    ['NaN', 'reward is NaN in copy 0 of Corridor'],
    ["'3' as never", 'reward is the text "3" in copy 0 of Corridor; it must be a finite number'],
  ])('a reward of %s', async (value, line) => {
    wrong(reward, `transition.reward = ${value};`);
    const [short, name] = [
      ['--epochs', '1', '--quiet'],
      ['--name', 'no-clone'],
    ];
    for (const args of [
      ['evaluate', RUN],
      ['verify', RUN],
      ['clone', RUN, ...short, ...name],
    ])
      expect(await told(...args)).toEqual([1, [`leash: ${line}`]]);
  });

  it('what has no text, thrown', async () => {
    wrong(reward, 'throw Object.create(null);');
    expect(await told('verify', RUN)).toEqual([2, ['leash: step of copy 0 of Corridor threw {}']]);
  });

  it('a restore that throws', async () => {
    wrong('cell = (state as { cell: number }).cell;', "throw new RangeError('no such cell');");
    const line = 'leash: restore of Corridor (worlds/wrong.ts) threw RangeError: no such cell';
    const frame = expect.stringMatching(/^ {4}at .*wrong\.ts:\d+:\d+\)?$/);
    expect(await told('verify', `${RUN}@2`)).toEqual([2, [line, frame]]);
  });

  it.each([
    [
      'snapshot',
      '=> ({ cell: BigInt(cell) as never })',
      'snapshot of Corridor (worlds/wrong.ts) gives what no file keeps: cell is a bigint',
    ],
    [
      'snapshot',
      'async () => ({ cell }) as never',
      'snapshot of Corridor (worlds/wrong.ts) gives what no file keeps: it is a Promise',
    ],
  ])('a %s that is no data: %s', async (_, text, why) => {
    wrong('snapshot: () => ({ cell })', `snapshot: ${text.startsWith('=>') ? `() ${text}` : text}`);
    const [code, lines] = (await told(
      'train',
      'configs/own.json',
      '--name',
      'unkept',
      '--replace',
      '--quiet',
    )) as [number, string[]];
    expect([code, lines.length]).toEqual([1, 1]);
    expect(lines[0]).toContain(`leash: runs/unkept/seed-0: after update 2: ${why}; last good: update 2`);
    expect(json('runs/unkept/seed-0/run.json').status).toBe('failed');
  });

  it.each<[string, string, string]>([
    [
      'half a way',
      "enumerate: () => ({ kind: 'table', table: { states: 5, actions: 2, initial: Float64Array.of(1, 0, 0, 0, 0), transitions: (next: number) => [{ probability: 0.5, next, reward: 0, terminated: true }] } })",
      'the table of Corridor (worlds/wrong.ts): state 0, action 0: probabilities of its transitions must sum to 1 (within 1e-9), sum to 0.5',
    ],
    [
      'a kind that is none',
      "enumerate: () => ({ kind: 'tabel' }) as never",
      "enumerate of Corridor (worlds/wrong.ts) must give { kind: 'table', table }, { kind: 'sequences', model }, { kind: 'tooMany', why } or undefined, got {\"kind\":\"tabel\"}",
    ],
  ])('of groundTruth: %s', async (_, part, line) => {
    wrong('timeLimit: () => 20', `timeLimit: () => 20, ${part}`);
    const train = [
      'train',
      'configs/own.json',
      '--set',
      'groundTruth=true',
      '--name',
      'wrong-truth',
      '--quiet',
    ];
    expect(await told(...train)).toEqual([2, [`leash: ${line}`]]);
    expect(existsSync(join(folder, 'runs/wrong-truth'))).toBe(false);
  });

  it.each([
    [
      "refine(() => { throw new RangeError('no cells'); })",
      'options of Corridor (worlds/wrong.ts) threw RangeError: no cells',
    ],
    ['transform(async (cells) => cells)', 'options of Corridor (worlds/wrong.ts) threw '],
  ])('options with %s', async (more, line) => {
    wrong(".describe('How many.')", `.describe('How many.').${more}`);
    for (const args of [
      ['train', 'configs/own.json', '--name', 'wrong-options'],
      ['verify', RUN],
      ['evaluate', RUN],
    ]) {
      const [code, lines] = (await told(...args)) as [number, string[]];
      expect([args[0], code, lines[0]]).toEqual([args[0], 2, expect.stringContaining(`leash: ${line}`)]);
      // The frames are those of the file.
      for (const frame of lines.slice(1)) expect(frame).toMatch(/^ {4}at .*wrong\.ts:\d+:\d+\)?$/);
    }
    expect(existsSync(join(folder, 'runs/wrong-options'))).toBe(false);
  });

  it('one that never ends to load', async () => {
    wrong('const options =', 'await new Promise(() => {});\nconst options =');
    const line = 'leash: worlds/wrong.ts does not end to load: it awaits what never comes';
    for (const args of [
      ['train', 'configs/own.json', '--name', 'endless'],
      ['train', 'configs/own.json', '--name', 'endless', '--seeds', '1'],
    ])
      expect(await told(...args)).toEqual([2, [line]]);
    expect(existsSync(join(folder, 'runs/endless'))).toBe(false);
  });

  it('a best return without a word, before anything is trained', async () => {
    wrong('timeLimit: () => 20', 'timeLimit: () => 20, bestReturn: () => ({ value: 7 }) as never');
    const line =
      'leash: bestReturn of Corridor (worlds/wrong.ts) must give { value, how }, a finite number and a text, or undefined, got value 7, how undefined';
    expect(await told('train', 'configs/own.json', '--name', 'wrong-best')).toEqual([2, [line]]);
    expect(existsSync(join(folder, 'runs/wrong-best'))).toBe(false);
    expect(await told('evaluate', RUN)).toEqual([2, [line]]);
  });

  it.each([
    ['--render', 'render: () => 5 as never', 'render of Corridor (worlds/wrong.ts) must give a text, got 5'],
    [
      '--gif',
      'draw: () => ({}) as never',
      'draw of Corridor (worlds/wrong.ts) must give a finite width > 0, got undefined',
    ],
  ])('a picture that is none, by %s', async (flag, member, why) => {
    wrong('snapshot: () => ({ cell })', `${member}, snapshot: () => ({ cell })`);
    const args = flag === '--gif' ? [flag, 'wrong.gif'] : [flag];
    expect(await told('evaluate', RUN, ...args)).toEqual([2, [`leash: ${why}`]]);
  });
});

describe('what a file does while nobody calls it is one line', () => {
  const env = ['--env', 'worlds/outside.ts'];
  const outside = (done: string): void =>
    write(
      'worlds/outside.ts',
      world('outside-mark').replace(
        'observation[0] = cell;\n    },\n    snapshot',
        `observation[0] = cell; ${done}\n    },\n    snapshot`,
      ),
    );
  const stray = 'an error came from outside of leash’s calls, of a timer or a promise: RangeError: late';
  const failedRun = (name: string): unknown[] => {
    const { status, failure } = json(`runs/${name}/seed-0/run.json`);
    return [status, failure];
  };
  const linesOf = (stderr: string): string[] =>
    stderr.split('\n').filter((line) => line !== '' && !/ is not what .* was made with: /.test(line));

  it.each([
    ['a timer', "setTimeout(() => { throw new RangeError('late'); }, 0);"],
    ['a rejected promise', "void Promise.reject(new RangeError('late'));"],
  ])('%s', async (_, done) => {
    outside(done);
    const train = await leash(
      'train',
      'configs/own.json',
      ...env,
      '--name',
      'outside',
      '--replace',
      '--quiet',
    );
    const [line, frame] = linesOf(train.stderr);
    expect([train.code, line]).toEqual([
      1,
      expect.stringMatching(/^leash: runs\/outside\/seed-0: (after )?update \d: /),
    ]);
    expect(line).toContain(`: ${stray}; `);
    expect(frame).toMatch(/^ {4}at .*outside\.ts:\d+:\d+\)?$/);
    expect(failedRun('outside')).toEqual(['failed', line.slice('leash: '.length)]);
    for (const args of [
      ['check-env', 'worlds/outside.ts'],
      ['evaluate', RUN, ...env],
    ]) {
      const { code, stderr } = await leash(...args);
      expect([code, linesOf(stderr)[0]]).toEqual([1, `leash: ${stray}`]);
    }
  });

  it('an end of the process, of a thread’s and of the pool’s too', async () => {
    outside('process.exit(0);');
    const line = 'process.exit was called by code that is not of leash, such as an environment';
    // So many steps that the command has a thread of its own.
    const long = ['--set', 'rollout.steps=65536', '--set', 'steps=1048576'];
    for (const more of [[], long, ['--seeds', '1']]) {
      const { code, stderr } = await leash(
        'train',
        'configs/own.json',
        ...env,
        '--name',
        'ended',
        '--replace',
        '--quiet',
        ...more,
      );
      expect([more, code]).toEqual([more, 1]);
      if (!more.includes('--seeds')) expect(linesOf(stderr)).toEqual([`leash: ${line}`]);
      expect(failedRun('ended')).toEqual([
        'failed',
        `runs/ended/seed-0: update 1: ${line}; no update was completed`,
      ]);
      rmSync(join(folder, 'runs/ended'), { recursive: true });
    }
    expect(await leash('check-env', 'worlds/outside.ts')).toEqual({
      code: 1,
      stdout: '',
      stderr: `leash: ${line}\n`,
    });
  });
});

describe('on threads of the pool', () => {
  const compare = ['compare', 'configs/own.json', 'configs/other.json', '--seeds', '2', '--name', 'versus'];

  it('many seeds are trained', async () => {
    const ended = await leash('train', 'configs/own.json', '--name', 'seeds', '--seeds', '2', '--quiet');
    expect(ended).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(bytes('runs/seeds/seed-0/metrics.jsonl')).toBe(bytes(`${RUN}/metrics.jsonl`));
  });

  it('configs are compared, and not gone on with where the file is another', async () => {
    const other = { ...json('configs/own.json'), optimizer: { learningRate: 0.01 } };
    write('configs/other.json', JSON.stringify(other));
    const first = await leash(...compare, '--json');
    expect([first.code, first.stderr]).toEqual([0, '']);
    const { configs } = JSON.parse(first.stdout) as { configs: { runs: object[] }[] };
    expect(configs.map(({ runs }) => runs.length)).toEqual([2, 2]);
    write('worlds/left.ts', 'export const LEFT: number = 0; // another\n');
    const second = await leash(...compare);
    write('worlds/left.ts', 'export const LEFT: number = 0;\n');
    const words =
      /^leash: worlds\/corridor\.ts, .* is not what runs\/versus\/own\/seed-0 was made with: .*; bring it back, or choose another --name\n$/;
    expect(second).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(words) });
  });

  it('runs before and after the file was changed are of different environments', async () => {
    const make = (name: string, seeds: string): Promise<Ended> =>
      leash('train', 'configs/own.json', '--name', name, '--seeds', seeds, '--quiet');
    await make('before', '2');
    await make('mixed', '0-0');
    write('worlds/left.ts', 'export const LEFT: number = 0; // another\n');
    await make('after', '2');
    await make('mixed', '1-1');
    const withConfig = await leash('compare', 'runs/before', 'configs/own.json');
    write('worlds/left.ts', 'export const LEFT: number = 0;\n');
    const [old, changed] = ['before', 'after'].map((name) =>
      json(`runs/${name}/seed-0/run.json`).module.sha256.slice(0, 12),
    );
    const named = (label: string, hash: string): string =>
      `${label}: worlds/corridor.ts {"cells":5} SHA-256 ${hash}…`;
    const differ = (a: string, b: string): object => ({
      ...{ code: 2, stdout: '' },
      stderr: `leash: the configs' environments differ (${a}; ${b}): their returns can't be compared; --across-environments compares within each\n`,
    });
    expect(withConfig).toEqual(differ(named('before', old), named('own', changed)));
    const both = ['runs/before', 'runs/after'];
    expect(await leash('compare', ...both)).toEqual(differ(named('before', old), named('after', changed)));
    const across = await leash('compare', ...both, '--across-environments', '--json');
    const { verdict } = JSON.parse(across.stdout) as { verdict: string[] };
    expect(verdict).toEqual(
      expect.arrayContaining([
        `worlds/corridor.ts was changed in between (SHA-256: before by ${old}…, after by ${changed}…): these are different environments.`,
        'No two configs share an environment: returns are not compared.',
      ]),
    );
    for (const flag of [[], ['--across-environments']])
      expect(await leash('compare', 'runs/mixed', ...flag)).toEqual({
        ...{ code: 2, stdout: '' },
        stderr: `leash: runs/mixed: its runs are not seeds of one config: worlds/corridor.ts, or a file that it imports, was another, SHA-256 ${old}… of seed 0, ${changed}… of seed 1; make those of one file again\n`,
      });
    const plotted = await leash('plot', ...both, '--out', 'both.svg');
    const run = (name: string, hash: string): string =>
      `worlds/corridor.ts {"cells":5} SHA-256 ${hash}… (runs/${name}/seed-0)`;
    expect(plotted).toMatchObject({
      code: 2,
      stderr: `leash: the runs are of different environments: ${run('before', old)} and ${run('after', changed)}; plot them apart or add --across-environments\n`,
    });
    const drawn = await leash('plot', 'runs/mixed', '--across-environments');
    expect(drawn.stdout).toContain(`mixed, environment.module by SHA-256 ${changed}…`);
  });

  it('runs that are there are compared without running their file', async () => {
    const before = loads('mark');
    const ended = await leash('compare', 'runs/versus/own', 'runs/versus/other', '--name', 'read', '--json');
    expect([ended.code, ended.stderr, loads('mark')]).toEqual([0, '', before]);
  });

  it('a file without snapshots is trained, and told to have no checkpoints', async () => {
    write('worlds/forgets.ts', world('forgets').replace(/ {4}snapshot: [\s\S]*?\n {4}\},\n/, ''));
    write('configs/forgets.json', bytes('configs/own.json').replace('corridor.ts', 'forgets.ts'));
    const none = 'Corridor has no snapshot and restore: there are no checkpoints, and leash resume cannot';
    const seeds = await leash('train', 'configs/forgets.json', '--seeds', '2');
    expect(seeds).toMatchObject({ code: 0, stderr: expect.stringContaining(`leash: ${none}`) });
    const both = ['configs/own.json', 'configs/forgets.json', '--across-environments'];
    const compared = await leash('compare', ...both, '--seeds', '2');
    expect(compared).toMatchObject({ code: 0, stderr: expect.stringContaining(`leash: forgets: ${none}`) });
    expect(compared.stderr).not.toContain('leash: own: ');
  });

  it('a file that throws fails its runs, and no other', async () => {
    const file = ['--env', 'worlds/throws-in-step.ts', '--name', 'many', '--seeds', '2', '--json'];
    const { code, stdout } = await leash('train', 'configs/own.json', ...file);
    const { runs } = JSON.parse(stdout) as { runs: { status: string; failure: string }[] };
    expect([code, runs.map(({ status }) => status)]).toEqual([1, ['failed', 'failed']]);
    for (const { failure } of runs)
      expect(failure).toMatch(/step of copy \d of Corridor threw TypeError: in step/);
  });
});
