import { spawn } from 'node:child_process';
import {
  chmodSync,
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
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { built } from '../built.ts';

/*
 * The bridge to Gymnasium without Python: test/node/fake-server.mjs speaks its protocol, and by the id does all that can go
 * wrong. With a real Gymnasium: test/node/gymnasium.test.ts.
 */

const folder = mkdtempSync(join(tmpdir(), 'leash-gymnasium-'));
const python = join(folder, 'python');
afterAll(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function leashWith(env: Record<string, string>, ...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [built, ...args], {
      cwd: folder,
      env: { ...process.env, LEASH_PYTHON: python, TMPDIR: join(folder, 'temporary'), ...env },
    });
    const said = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const)
      child[stream].on('data', (text) => {
        said[stream] += String(text);
      });
    child.on('close', (code) => resolve({ code, ...said }));
  });
}

const leash = (...args: readonly string[]): Promise<Ended> => leashWith({}, ...args);
const json = (path: string) => JSON.parse(readFileSync(join(folder, path), 'utf8'));
const text = (path: string): string => readFileSync(join(folder, path), 'utf8');

const small = {
  rollout: { steps: 16 },
  steps: 64 * 4,
  network: { policy: { hidden: [4] }, value: { hidden: [4] } },
  ppo: { epochs: 1, minibatchSize: 32 },
  checkpoint: { everyUpdates: 2 },
};
const lineOf = ({ stderr }: Ended): string =>
  stderr.split('\n').find((line) => line.startsWith('leash: ')) ?? '';

beforeAll(() => {
  const fake = fileURLToPath(new URL('../node/fake-server.mjs', import.meta.url));
  writeFileSync(python, `#!/bin/sh\nexec '${process.execPath}' '${fake}' "$@"\n`);
  chmodSync(python, 0o755);
  mkdirSync(join(folder, 'temporary'));
  for (const id of ['Line-v0', 'States-v0', 'Force-v0', 'Prints-v0', 'Masked-v0'])
    writeFileSync(
      join(folder, `${id}.json`),
      JSON.stringify({ environment: { id: `gym:${id}`, copies: 4 }, ...small }),
    );
});

describe('a config with the id of a Gymnasium environment', () => {
  it.each(['Line-v0', 'States-v0', 'Force-v0', 'Masked-v0'])('trains: gym:%s', async (id) => {
    const run = await leash('train', `${id}.json`, '--quiet');
    expect(run).toMatchObject({ code: 0, stdout: '' });
    const record = json(`runs/${id}/seed-0/run.json`);
    expect(record).toMatchObject({ status: 'completed', steps: 256 });
    expect(record.versions).toMatchObject({ python: '0.0', gymnasium: '9.9', numpy: '0.0' });
    expect(record.episodes).toBeGreaterThan(10);
  });

  it('gives the same bytes again, on one thread and two, in a worker of compare, and to verify', async () => {
    for (const [name, threads] of [
      ['one', '1'],
      ['two', '2'],
    ])
      expect(
        await leash('train', 'Line-v0.json', '--name', name, '--threads', threads, '--quiet'),
      ).toMatchObject({ code: 0 });
    const rows = text('runs/one/seed-0/metrics.jsonl');
    expect(text('runs/two/seed-0/metrics.jsonl')).toBe(rows);
    const compared = await leash(
      'compare',
      'Line-v0.json',
      '--seeds',
      '2',
      '--name',
      'both',
      '--workers',
      '2',
    );
    expect(compared.code).toBe(0);
    expect(text('runs/both/Line-v0/seed-0/metrics.jsonl')).toBe(rows);
    const verified = await leash('verify', 'runs/one/seed-0', '--env', 'gym:Line-v0');
    expect(verified.stdout).toContain('same');
    expect(verified.code).toBe(0);
  });

  it('does nothing that a mask rules out, the wrapped and the evaluated likewise, and its policy says that it has masks', async () => {
    const wrappers = 'environment.wrappers=[{"kind":"scaleReward","factor":2}]';
    for (const args of [
      ['train', 'Masked-v0.json', '--set', wrappers, '--name', 'wrapped-masks', '--quiet'],
      ['evaluate', 'runs/Masked-v0/seed-0', '--env', 'gym:Masked-v0', '--episodes', '5'],
      ['check-env', 'gym:Masked-v0'],
    ])
      expect(await leash(...args)).toMatchObject({ code: 0 });
    expect(text('runs/Masked-v0/seed-0/policy.safetensors')).toContain('"masked":"true"');
    expect(text('runs/Line-v0/seed-0/policy.safetensors')).not.toContain('masked');
  });

  it('takes the wrappers of a config, a message a copy', async () => {
    const wrappers =
      'environment.wrappers=[{"kind":"scaleReward","factor":2},{"kind":"timeLimit","steps":6}]';
    const run = await leash('train', 'Line-v0.json', '--set', wrappers, '--name', 'wrapped', '--quiet');
    expect(run.code).toBe(0);
    const rows = text('runs/wrapped/seed-0/metrics.jsonl')
      .trim()
      .split('\n')
      .map((row) => JSON.parse(row));
    expect(rows.every(({ lengthMean }) => lengthMean !== null && lengthMean <= 6)).toBe(true);
    expect(rows.at(-1).episodes).toBeGreaterThan(8);
  });

  it('keeps what is printed away from the frames: all of it goes where errors go', async () => {
    const run = await leash('train', 'Prints-v0.json', '--json');
    expect(run.code).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({ status: 'completed' });
    expect(run.stderr).toContain('printed before hello');
    expect(run.stderr).toContain('printed in step 64');
  });

  it('leaves no pipe and no process behind', () => {
    expect(readdirSync(join(folder, 'temporary'))).toEqual([]);
  });
});

describe('what a run names is started only where the user names it, too', () => {
  it.each([
    ['resume', ['--steps', '512']],
    ['verify', []],
    ['evaluate', ['--episodes', '3']],
  ])('leash %s', async (command, flags) => {
    const log = join(folder, `${command}.log`);
    const refused = await leashWith({ LEASH_FAKE_LOG: log }, command, 'runs/one/seed-0', ...flags);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toBe(
      'leash: runs/one/seed-0 was made with gym:Line-v0, which runs Python: --env gym:Line-v0 runs it, where you trust it\n',
    );
    expect(existsSync(log)).toBe(false);
    const other = await leash(command, 'runs/one/seed-0', ...flags, '--env', 'gym:States-v0');
    expect(other.code).toBe(2);
    expect(other.stderr).toContain(
      '--env gym:States-v0 is not for runs/one/seed-0, which was made with gym:Line-v0',
    );
  });

  it('reading runs starts nothing', async () => {
    const log = join(folder, 'reading.log');
    for (const args of [
      ['runs'],
      ['plot', 'runs/one', '--out', 'one.svg'],
      ['config', 'show', 'runs/one/seed-0'],
      ['compare', 'runs/one', 'runs/two'],
    ])
      expect(await leashWith({ LEASH_FAKE_LOG: log, LEASH_PYTHON: 'no-python' }, ...args)).toMatchObject({
        code: 0,
      });
    expect(existsSync(log)).toBe(false);
  });

  it('evaluate plays it', async () => {
    const done = await leash(
      'evaluate',
      'runs/one/seed-0',
      '--env',
      'gym:Line-v0',
      '--episodes',
      '5',
      '--json',
    );
    expect(done.code).toBe(0);
    expect(JSON.parse(done.stdout)).toMatchObject({ environment: 'gym:Line-v0' });
  });
});

describe('resume', () => {
  it('begins new episodes and says so, and what runs them if that is another', async () => {
    await leash('train', 'Line-v0.json', '--name', 'longer', '--quiet');
    const gone = await leashWith(
      { LEASH_FAKE_VERSION: '10.0' },
      'resume',
      'runs/longer/seed-0',
      '--steps',
      '512',
      '--env',
      'gym:Line-v0',
    );
    expect(gone.code).toBe(0);
    expect(gone.stderr).toContain('the episodes of gym:Line-v0 are in no checkpoint: they begin anew');
    expect(gone.stderr).toContain('gym:Line-v0 runs in gymnasium 10.0 now, the run was made with 9.9');
    expect(json('runs/longer/seed-0/run.json')).toMatchObject({ status: 'completed', steps: 512 });
    const rows = text('runs/longer/seed-0/metrics.jsonl')
      .trim()
      .split('\n')
      .map((row) => JSON.parse(row));
    expect(rows).toHaveLength(8);
    expect(rows[7].curveUpdates).toBeGreaterThan(5);
    const again = await leash('verify', 'runs/longer/seed-0@6', '--env', 'gym:Line-v0');
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('cannot be made again from update 6');
  });
});

describe('one line for what goes wrong', () => {
  const stepped = [
    ['Dies-v0', 'ended with exit code 3 when asked to step gym:Dies-v0; what it wrote last stands above'],
    ['Killed-v0', 'was ended by SIGKILL when asked to step gym:Killed-v0'],
    ['Nonsense-v0', 'answered out of protocol when asked to step gym:Nonsense-v0'],
    ['Numbers-v0', 'where kind 7 to request'],
    ['Short-v0', 'answered out of protocol when asked to step gym:Short-v0'],
    ['Long-v0', 'answered out of protocol when asked to step gym:Long-v0'],
    ['Finals-v0', 'episodes ended, with'],
    ['Throws-v0', 'ValueError: the line is broken, thrown when asked to step gym:Throws-v0 (copy 1)'],
    ['NaN-v0', 'observation[0] is NaN in copy 0 of gym:NaN-v0'],
    ['Stuck-v0', 'action_mask of copy 0 of gym:Stuck-v0 rules out every action'],
    ['Debt-v0', 'reward is -Infinity in copy 1 of gym:Debt-v0'],
    [
      'Hangs-v0',
      'did not answer within 4 s (LEASH_PYTHON_TIMEOUT) and was ended when asked to step gym:Hangs-v0',
    ],
    ['Stubborn-v0', 'did not answer within 4 s (LEASH_PYTHON_TIMEOUT) and was ended when asked to step'],
  ] as const;
  /** As short as the line says; where it says nothing, Python may take as long to start as a busy machine makes it. */
  const patienceFor = (why: string): Record<string, string> => {
    const seconds = /within (\d+) s/.exec(why)?.[1];
    return seconds === undefined ? {} : { LEASH_PYTHON_TIMEOUT: seconds };
  };
  it.each(stepped)('in a step, with rows kept and the run marked failed: %s', async (id, why) => {
    writeFileSync(
      join(folder, `${id}.json`),
      JSON.stringify({ environment: { id: `gym:${id}`, copies: 4 }, ...small }),
    );
    const run = await leashWith(patienceFor(why), 'train', `${id}.json`, '--quiet');
    expect(lineOf(run)).toContain(why);
    expect(lineOf(run)).toContain(`leash: runs/${id}/seed-0: update 3: `);
    expect(run.code).toBe(1);
    expect(json(`runs/${id}/seed-0/run.json`)).toMatchObject({ status: 'failed', updates: 2 });
    expect(text(`runs/${id}/seed-0/metrics.jsonl`).trim().split('\n')).toHaveLength(2);
  });

  it('what an environment threw is shown with its Python frames, without those of the server', async () => {
    const run = await leash('train', 'Throws-v0.json', '--quiet', '--replace');
    const frames = run.stderr.split('\n').filter((line) => line.startsWith('    at '));
    expect(frames).toEqual(['    at walk (worlds/line.py:7)', '    at step (worlds/line.py:3)']);
  });

  it.each([
    ['Early-v0', 'ended with exit code 4 before it said hello (--env)'],
    ['Silent-v0', 'did not say hello within 1 s (LEASH_PYTHON_TIMEOUT)'],
    ['Babble-v0', 'said no hello of protocol 1'],
    ['Newer-v0', 'said no hello of protocol 1'],
    ['Bare-v0', "has no Gymnasium (No module named 'gymnasium'): "],
    ['Lien-v0', 'no such environment; did you mean gym:Line-v0? (Environment `Lien` doesn’t exist.)'],
    ['Words-v0', 'cannot make gym:Words-v0: its observations are Text(5), which have no fixed number'],
    [
      'Images-v0',
      'the observations of gym:Images-v0 are images, 2 × 1 × 1 of uint8: a layers model takes such',
    ],
    [
      'Sides-v0',
      'the space of observations of gym:Sides-v0 must have whole numbers ≥ 1 in shape that multiply to 2, got [2,2]',
    ],
    ['Levers-v0', 'the actions of gym:Levers-v0 are "levers", which leash does not know'],
  ])('before there is a run: %s', async (id, why) => {
    const run = await leashWith(patienceFor(why), 'train', '--env', `gym:${id}`, '--name', id);
    expect(lineOf(run)).toContain(why.replace(' (--env)', ''));
    expect(run.code).toBe(2);
    expect(
      run.stderr
        .trim()
        .split('\n')
        .filter((line) => !line.startsWith('printed')),
    ).toHaveLength(1);
    expect(existsSync(join(folder, 'runs', id))).toBe(false);
  });

  it('no such Python', async () => {
    const run = await leash('train', '--env', 'gym:Line-v0', '--python', './no-python');
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toBe(
      'leash: gym:Line-v0: there is no ./no-python; --python PATH or LEASH_PYTHON names a Python that has Gymnasium\n',
    );
  });

  it('an option that the environment has not', async () => {
    const run = await leash(
      'train',
      'Line-v0.json',
      '--set',
      'environment.options.colour=red',
      '--name',
      'red',
    );
    expect(lineOf(run)).toBe(
      "leash: TypeError: unexpected keyword argument 'colour', thrown when asked to make gym:Line-v0",
    );
    expect(run.code).toBe(2);
  });

  it('LEASH_PYTHON_TIMEOUT that is no time', async () => {
    const run = await leashWith({ LEASH_PYTHON_TIMEOUT: 'soon' }, 'train', '--env', 'gym:Line-v0');
    expect(run.stderr).toBe('leash: LEASH_PYTHON_TIMEOUT must be seconds in (0, 1000000], got soon\n');
    expect(run.code).toBe(2);
  });

  it('what goes with no such environment: groundTruth, observations of states to be standardised', async () => {
    const truth = await leash('train', 'Line-v0.json', '--set', 'groundTruth=true');
    expect(truth.stderr).toContain('groundTruth must be false, got true: gym:Line-v0 cannot be written out');
    const moments = await leash(
      'train',
      'States-v0.json',
      '--set',
      'environment.normalizeObservations=true',
      '--name',
      'moments',
    );
    expect(moments.stderr).toContain('environment.normalizeObservations must be false, got true');
    expect([truth.code, moments.code]).toEqual([2, 2]);
  });

  it('leaves no pipe behind', () => {
    expect(readdirSync(join(folder, 'temporary'))).toEqual([]);
  });
});

describe('the protocol, byte for byte', () => {
  it('what is asked is what docs/gymnasium.md says', async () => {
    const log = join(folder, 'asked.log');
    await leashWith(
      { LEASH_FAKE_LOG: log },
      'evaluate',
      'runs/one/seed-0',
      '--env',
      'gym:Line-v0',
      '--episodes',
      '2',
    );
    const asked = readFileSync(log, 'utf8').trim().split('\n');
    const kindsAsked = [...new Set(asked.map((frame) => Number.parseInt(frame.slice(0, 2), 16)))];
    expect(kindsAsked).toEqual([2, 8, 4, 6]);
    const ofTwo = asked.filter((frame) => frame.startsWith('02') || frame.startsWith('04'));
    const words = '{"options":{},"copies":2,"autoreset":true}';
    const hex = (bytes: string): string => Buffer.from(bytes).toString('hex');
    const made = ofTwo.find((frame) => frame.endsWith(hex(words))) as string;
    const [, world = ''] = /^02000000(.{8}).{8}2a000000/.exec(made) ?? [];
    expect(world).toMatch(/^0[0-9]000000$/);
    // Two copies: kind, world, number, two seeds of four bytes; then actions and seeds.
    const reset = asked.find((frame) => frame.startsWith(`04000000${world}`)) as string;
    expect(reset.slice(24, 32)).toBe('08000000');
    expect(reset).toHaveLength(2 * (16 + 8));
    const step = asked.find((frame) => frame.startsWith(`06000000${world}`)) as string;
    expect(step.slice(24, 32)).toBe('10000000');
    expect(step).toHaveLength(2 * (16 + 16));
    expect(step.slice(32, 48)).toMatch(/^(00000000|0000803f){2}$/);
  });
});
