import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { environmentOptions } from '../../envs/environment-options.ts';
import { layoutOf } from '../../src/network/layout.ts';
import { inspectWritten } from '../../src/node/load-config.ts';
import { readPolicyFile } from '../../src/node/policy.ts';
import { encodePolicy } from '../../src/run/policy-file.ts';
import { built } from '../built.ts';

const folder = mkdtempSync(join(tmpdir(), 'leash-wrappers-'));
afterAll(() => rmSync(folder, { recursive: true }));

function leash(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [built, ...args], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { code: status, stdout, stderr };
}
const bytes = (path: string): string => readFileSync(join(folder, path), 'utf8');

const config = {
  environment: {
    id: 'CartPole-v1',
    wrappers: [
      { kind: 'timeLimit', steps: 60 },
      { kind: 'repeatAction', times: 2 },
      { kind: 'stickyActions', probability: 0.1 },
      { kind: 'scaleReward', factor: 0.25 },
      { kind: 'stackObservations', frames: 3 },
      { kind: 'normalizeObservations' },
      { kind: 'normalizeRewards' },
    ],
  },
  steps: 512 * 4,
  network: { policy: { hidden: [16] }, value: { hidden: [16] } },
  checkpoint: { everyUpdates: 2 },
};

describe('a training with wrappers', () => {
  beforeAll(() => {
    writeFileSync(join(folder, 'wrapped.json'), JSON.stringify(config));
    expect(leash('train', 'wrapped.json', '--threads', '1', '--quiet')).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
  });

  it('has the same bytes on two threads, and when it is made again', () => {
    expect(leash('train', 'wrapped.json', '--threads', '2', '--name', 'two', '--quiet').code).toBe(0);
    expect(bytes('runs/two/seed-0/metrics.jsonl')).toBe(bytes('runs/wrapped/seed-0/metrics.jsonl'));
    expect(leash('verify', 'runs/wrapped').stdout).toMatch(/^same /);
  });

  it('goes on to the bytes of one that was never stopped', () => {
    cpSync(join(folder, 'runs/wrapped'), join(folder, 'runs/longer'), { recursive: true });
    const steps = ['--steps', String(512 * 6), '--quiet'];
    expect(leash('resume', 'runs/longer', ...steps)).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(leash('train', 'wrapped.json', '--name', 'whole', ...steps).code).toBe(0);
    expect(bytes('runs/longer/seed-0/metrics.jsonl')).toBe(bytes('runs/whole/seed-0/metrics.jsonl'));
  });

  it('logs returns of the environment, and is evaluated in what it was trained in', () => {
    const rows = bytes('runs/wrapped/seed-0/metrics.jsonl').trim().split('\n');
    const { returnMean, lengthMean } = JSON.parse(rows.at(-1) as string);
    // CartPole pays 1 a step, two steps an action, the last perhaps alone.
    expect(returnMean).toBeGreaterThan(2 * lengthMean - 1.01);
    expect(returnMean).toBeLessThanOrEqual(2 * lengthMean);
    const { code, stdout } = leash('evaluate', 'runs/wrapped', '--episodes', '20', '--json');
    const { returns } = JSON.parse(stdout) as { returns?: { max: number } };
    expect(code).toBe(0);
    if (returns !== undefined) expect(returns.max).toBeLessThanOrEqual(60);
  });

  it('with none has the bytes of one that says nothing of them', () => {
    const { environment, ...rest } = config;
    for (const [name, wrappers] of [
      ['silent', undefined],
      ['none', []],
    ] as const) {
      const written = { ...rest, environment: { id: environment.id, wrappers } };
      writeFileSync(join(folder, `${name}.json`), JSON.stringify(written));
      expect(leash('train', `${name}.json`, '--quiet').code).toBe(0);
    }
    expect(bytes('runs/none/seed-0/metrics.jsonl')).toBe(bytes('runs/silent/seed-0/metrics.jsonl'));
  });
});

describe('a policy behind wrappers', () => {
  const rescaled = { kind: 'rescaleObservation', low: -1, high: 1 };
  const file = 'runs/rescaled/seed-0/policy.safetensors';
  const other =
    'observations went through environment.wrappers [{"kind":"rescaleObservation","low":-1,"high":1}], those of Pendulum-v1 go through []: wrappers of observations must be the same, in the same order';
  const write = (name: string, wrappers: readonly object[], rest: object = {}): void =>
    writeFileSync(
      join(folder, `${name}.json`),
      JSON.stringify({
        environment: { id: 'Pendulum-v1', wrappers },
        steps: 512,
        network: { policy: { hidden: [8] }, value: { hidden: [8] } },
        ...rest,
      }),
    );
  const train = (name: string, from: string) =>
    leash('train', `${name}.json`, '--set', `network.initialWeights=${from}`, '--name', 'next', '--quiet');

  beforeAll(() => {
    write('rescaled', [rescaled]);
    write('plain', []);
    write('shaped', [{ kind: 'scaleReward', factor: 0.1 }, rescaled, { kind: 'repeatAction', times: 2 }]);
    for (const name of ['rescaled', 'plain'])
      expect(leash('train', `${name}.json`, '--quiet')).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it.each(['runs/rescaled', file])('%s begins no training behind others', (from) => {
    const refused = `leash: network.initialWeights: ${from}: its ${other}\n`;
    expect(train('plain', from)).toEqual({ code: 2, stdout: '', stderr: refused });
  });

  it('begins one behind the same, whatever is done to rewards and actions', () => {
    expect(train('shaped', 'runs/rescaled')).toEqual({ code: 0, stdout: '', stderr: '' });
    rmSync(join(folder, 'runs/next'), { recursive: true });
  });

  it.each(['runs/plain', 'runs/plain/seed-0/policy.safetensors'])(
    '%s, without any, begins none behind some: the config of its run says so',
    (from) => {
      const { code, stderr } = train('rescaled', from);
      expect([code, stderr]).toEqual([
        2,
        `leash: network.initialWeights: ${from}: its observations went through environment.wrappers [], those of Pendulum-v1 go through [{"kind":"rescaleObservation","low":-1,"high":1}]: wrappers of observations must be the same, in the same order\n`,
      ]);
    },
  );

  it('holds no training behind others', () => {
    write('held', [], { reference: { policy: 'runs/rescaled' } });
    expect(leash('train', 'held.json', '--quiet').stderr).toBe(
      `leash: reference.policy: runs/rescaled: its ${other}\n`,
    );
  });

  it('is evaluated and cloned behind the same alone', () => {
    expect(leash('evaluate', file, '--env', 'Pendulum-v1')).toEqual({
      code: 2,
      stdout: '',
      stderr: `leash: the policy’s ${other} (${file})\n`,
    });
    const [played, own] = [[file, '--config', 'rescaled.json'], ['runs/rescaled']].map(
      (args) => JSON.parse(leash('evaluate', ...args, '--episodes', '2', '--json').stdout).returns,
    );
    expect(played).toEqual(own);
    const cloned = leash('clone', 'runs/rescaled', '--config', 'plain.json', '--name', 'clone');
    expect([cloned.code, cloned.stderr]).toEqual([2, `leash: the policy’s ${other}\n`]);
  });

  it.each(['json', 'npz', 'onnx', 'tfjs'])('as %s says what it takes', (format) => {
    const said = `leash: ${format}${format === 'tfjs' ? '/model.json' : ''} takes observations that went through environment.wrappers [{"kind":"rescaleObservation","low":-1,"high":1}]: feed it those\n`;
    expect(leash('export', 'runs/rescaled', '--format', format, '--out', format).stderr).toBe(said);
    expect(leash('export', 'runs/plain', '--format', format, '--out', `plain-${format}`).stderr).toBe('');
  });

  it('comes back from an export with the wrappers that a config needs', () => {
    const { stdout } = leash('import', 'json', '--out', 'back.safetensors');
    expect(JSON.parse(stdout.slice(stdout.indexOf('{'))).environment).toEqual({ wrappers: [rescaled] });
    expect(train('plain', 'back.safetensors').stderr).toBe(
      `leash: network.initialWeights: back.safetensors: its ${other}\n`,
    );
  });

  it('of an earlier leash, whose file does not say it, is known by the config of its run', () => {
    cpSync(join(folder, 'runs/rescaled'), join(folder, 'runs/earlier'), { recursive: true });
    const path = join(folder, 'runs/earlier/seed-0/policy.safetensors');
    const { observationWrappers: _, policy, value, ...rest } = readPolicyFile(path);
    const network = (each: typeof policy) => ({ ...each, layout: layoutOf(each.shape) });
    writeFileSync(path, encodePolicy({ ...rest, policy: network(policy), value: value && network(value) }));
    expect(readPolicyFile(path).observationWrappers).toBe(undefined);
    for (const from of ['runs/earlier', 'runs/earlier/seed-0/policy.safetensors'])
      expect(train('plain', from).stderr).toContain(`${from}: its observations went through`);
    expect(leash('export', 'runs/earlier', '--format', 'json', '--out', 'earlier').stderr).toContain(
      'feed it',
    );
    cpSync(path, join(folder, 'alone.safetensors'));
    writeFileSync(join(folder, 'runs/earlier/seed-0/config.json'), '{');
    for (const from of ['alone.safetensors', 'runs/earlier/seed-0/policy.safetensors'])
      expect(leash('evaluate', from, '--env', 'Pendulum-v1', '--episodes', '1').code).toBe(0);
  });
});

describe('what is wrong with wrappers is one line', () => {
  const problemsOf = (id: string, wrappers: unknown): readonly string[] =>
    inspectWritten({ environment: { id, wrappers } }, 'x.json', [], environmentOptions).problems;

  it.each([
    [
      'CartPole-v1',
      [{ kind: 'timelimit', steps: 3 }],
      /^environment\.wrappers\.0\.kind must be "timeLimit", .* or "normalizeRewards", got "timelimit"; did you mean "timeLimit"\? \(x\.json\)$/,
    ],
    [
      'CartPole-v1',
      [{ kind: 'timeLimit' }],
      'environment.wrappers.0.steps must be there for the wrapper "timeLimit", but is missing (x.json)',
    ],
    [
      'CartPole-v1',
      [{ kind: 'timeLimit', steps: 0 }],
      'environment.wrappers.0.steps must be an integer in [1, 1000000], got 0 (x.json)',
    ],
    [
      'CartPole-v1',
      [{ kind: 'scaleReward', factor: -1 }],
      'environment.wrappers.0.factor must be > 0, got -1 (x.json)',
    ],
    [
      'CartPole-v1',
      [{ kind: 'clipReward', steps: 3 }],
      'environment.wrappers.0.steps does not belong to the wrapper "clipReward"; it is a setting of timeLimit (x.json)',
    ],
    [
      'CartPole-v1',
      [{ kind: 'clipReward', low: 1, high: 1 }],
      'environment.wrappers.0.low must be less than high, got 1 and 1 (x.json)',
    ],
    [
      'CartPole-v1',
      [{ kind: 'clipAction' }],
      'environment.wrappers.0 (clipAction) needs box actions, those there are discrete (x.json)',
    ],
    [
      'Pendulum-v1',
      [{ kind: 'clipAction', low: 3, high: 5 }],
      'environment.wrappers.0 (clipAction) leaves nothing of action 0, which is in [-2, 2] (x.json)',
    ],
    [
      'FrozenLake-v1',
      [{ kind: 'stackObservations' }, { kind: 'flattenObservation' }],
      'environment.wrappers.0 (stackObservations) needs box observations, those there are discrete; put flattenObservation before it (x.json)',
    ],
    [
      'FrozenLake-v1',
      [{ kind: 'scaleReward', factor: 2 }, { kind: 'rescaleObservation' }],
      'environment.wrappers.1 (rescaleObservation) needs box observations, those there are discrete; put flattenObservation before it (x.json)',
    ],
    [
      'CartPole-v1',
      [{ kind: 'rescaleObservation' }],
      'environment.wrappers.0 (rescaleObservation) needs finite bounds, observation[1] has [-Infinity, Infinity]; normalizeObservations needs none (x.json)',
    ],
    [
      'CartPole-v1',
      [{ kind: 'normalizeRewards' }, { kind: 'clipReward' }],
      'environment.wrappers.0 (normalizeRewards) must come after all others: it is over all copies together (x.json)',
    ],
    [
      'CartPole-v1',
      [{ kind: 'normalizeRewards' }, { kind: 'normalizeRewards' }],
      'environment.wrappers.1 (normalizeRewards) is there twice (x.json)',
    ],
    [
      'FrozenLake-v1',
      [{ kind: 'normalizeObservations' }],
      'environment.normalizeObservations must be false, got true: the observations of FrozenLake-v1 are discrete (x.json)',
    ],
    [
      'CartPole-v1',
      [{ kind: 'stickyActions', probability: 1.5 }],
      'environment.wrappers.0.probability must be in [0, 1], got 1.5 (x.json)',
    ],
    [
      'CartPole-v1',
      [{ kind: 'repeatAction', times: 2.5 }],
      'environment.wrappers.0.times must be an integer in [1, 1000], got 2.5 (x.json)',
    ],
    [
      'CartPole-v1',
      { kind: 'timeLimit' },
      'environment.wrappers must be an array of at most 16 whose items are an object, got {"kind":"timeLimit"} (x.json)',
    ],
    ['CartPole-v1', ['timeLimit'], 'environment.wrappers.0 must be an object, got "timeLimit" (x.json)'],
  ])('%s %j', (id, wrappers, message) => {
    expect(problemsOf(id, wrappers)).toEqual([
      typeof message === 'string' ? message : expect.stringMatching(message),
    ]);
  });
});
