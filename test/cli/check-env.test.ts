import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { built } from '../built.ts';

const folder = mkdtempSync(join(tmpdir(), 'leash-check-env-'));
afterAll(() => rmSync(folder, { recursive: true }));

function leash(...args: readonly string[]): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [built, 'check-env', ...args], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { code: status, stdout, stderr };
}

/** @param parts of the code: before the environment, and in its step */
const world = (before: string, inStep: string): string => `import { defineEnvironment } from 'leash-rl';
${before}
export default defineEnvironment({
  id: 'Walk',
  timeLimit: () => 20,
  create() {
    let at = 0;
    return {
      observationSpace: { kind: 'discrete', n: 5 },
      actionSpace: { kind: 'discrete', n: 2 },
      reset(_random, observation) { observation[0] = at = 0; },
      step(action, random, observation, transition) {
        at = Math.max(0, at + (action[0] === 1 ? 1 : -1));
        transition.terminated = at === 4;
        transition.reward = transition.terminated ? 1 : 0;
        observation[0] = at;
        ${inStep}
      },
      snapshot: () => ({ at }),
      restore(state) { at = state.at; },
    };
  },
});
`;
const check = (name: string, before: string, inStep: string, ...args: string[]) => {
  writeFileSync(join(folder, name), world(before, inStep));
  return leash(name, '--steps', '300', ...args);
};

describe('leash check-env', () => {
  it('says that nothing was found, and how fast it is', () => {
    expect(check('fine.js', '', '')).toEqual({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(
        /^reward {3}0 to 1, mean [\d.]+; \d+ episodes of random actions\nspeed {4}[\d,]+ steps\/s, one copy\nverdict {2}Walk: nothing found\n$/,
      ),
    });
  });

  it('says what was found with its place, what to do, and fails', () => {
    const { code, stdout } = check('random.js', '', 'if (Math.random() < 2) transition.reward -= 0.1;');
    expect(code).toBe(1);
    const [line, hint, ...rest] = stdout.split('\n');
    expect(line).toBe('error    clock        it asks Math.random (random.js:17:18)');
    expect(hint).toBe(
      `${' '.repeat(22)}draw from the stream that reset and step are given, and count steps: then a run repeats`,
    );
    expect(rest.at(-2)).toBe('verdict  Walk: 1 error, 0 warnings');
  });

  it('finds what a file drew when it was loaded, which no play can see', () => {
    const { code, stdout } = check(
      'loaded.js',
      'const bonus = Math.random();',
      'transition.reward += bonus;',
    );
    expect([code, stdout.split('\n')[0]]).toEqual([
      1,
      'error    clock        it asks Math.random (loaded.js:2:20)',
    ]);
  });

  it('fails for errors alone, and is JSON with --json', () => {
    const { code, stdout } = check('large.js', '', 'transition.reward *= 1e4;', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      environment: 'Walk',
      file: 'large.js',
      options: {},
      findings: [{ check: 'scale', level: 'warning', message: expect.stringContaining('±10000') }],
      stepsPerSecond: expect.any(Number),
      reward: { min: 0, max: 10_000 },
    });
  });

  it('shows where a step threw, of what is no error, too', () => {
    expect(check('throws.js', '', "throw new RangeError('off the map');").stdout).toContain(
      'error    throws       it throws: RangeError: off the map (throws.js:17:15)\n',
    );
    expect(check('three.js', '', 'throw 3;').stdout).toContain('it throws: 3\n');
  });

  it.each([
    [['nowhere.js'], 'environment.module must name a file that is there, got "nowhere.js" (nowhere.js)'],
    [['CartPole'], "environment.id 'CartPole' is not a known environment; did you mean CartPole-v1?"],
    [['CartPole-v1', '--steps', '5'], '--steps must be an integer in [100, 10000000], got 5'],
    [['CartPole-v1', '--steps', 'many'], '--steps must be an integer in [100, 10000000], got many'],
    [['CartPole-v1', '--seed', '-1'], '--seed must be an integer in [0, 4294967295], got -1'],
    [
      ['CartPole-v1', '--set', 'environment.options.timeLimit=0'],
      'environment.options.timeLimit must be an integer in [1, 1000000], got 0 (--set environment.options.timeLimit=0)',
    ],
    [
      ['CartPole-v1', '--set', 'environment.options.limit=9'],
      'environment.options.limit is not a setting; did you mean environment.options.timeLimit? (--set environment.options.limit=9)',
    ],
    [
      ['CartPole-v1', '--set', 'rollout.steps=9'],
      '--set rollout.steps: an environment alone has environment.options.KEY only',
    ],
    [
      ['GridWorld', '--set', 'environment.options.map=["SX"]'],
      expect.stringContaining('environment.options.map'),
    ],
    [
      [],
      'ID is missing: an environment that `leash envs` lists, gym:ID of one of Gymnasium’s, or a file, which is run (leash check-env ID)',
    ],
  ])('refuses %j in one line', (args, message) => {
    const { code, stdout, stderr } = leash(...args);
    expect([code, stdout, stderr.split('\n').length]).toEqual([2, '', 2]);
    expect(stderr.replace(/^leash: (.*)\n$/, '$1')).toEqual(message);
  });
});
