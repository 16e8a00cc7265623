import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { LEASH_VERSION } from '../../src/version.ts';
import { built } from '../built.ts';

const root = new URL('../../', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'leash-cli-'));

function leash(...args: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [built, ...args], {
    cwd: root,
    encoding: 'utf8',
    timeout: 300_000,
  });
  return { code: status, out: stdout, err: stderr };
}

function config(name: string, content: unknown): string {
  const file = join(folder, name);
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

const lake = config('lake.json', {
  steps: 2000,
  engine: 'reference',
  environment: { id: 'FrozenLake-v1', options: { slippery: false } },
  rollout: { steps: 32 },
  network: { policy: { hidden: [] }, value: { hidden: [] } },
  ppo: { minibatchSize: 64 },
});

describe('leash', () => {
  test('prints its version, and help with every command', () => {
    expect(leash('--version').out.trim()).toBe(LEASH_VERSION);
    const help = leash();
    expect(help.code).toBe(0);
    for (const command of ['train', 'evaluate', 'config', 'envs'])
      expect(help.out).toContain(`leash ${command}`);
  });

  test('where its working folder was removed, one line', () => {
    const gone = 'cd "$(mktemp -d)" && rmdir "$PWD" && exec "$0" "$@"';
    const { status, stdout, stderr } = spawnSync('sh', ['-c', gone, process.execPath, built, 'runs'], {
      encoding: 'utf8',
    });
    expect([status, stdout, stderr]).toEqual([
      2,
      '',
      'leash: the working folder cannot be had (ENOENT): it was removed, or is not readable; change to another\n',
    ]);
  });

  test.each([
    [['trian', lake], 'leash: there is no command trian; did you mean train?'],
    [['train', lake, '--stpes', '3'], 'leash: there is no flag --stpes; did you mean --steps?'],
    [
      ['train', lake, '--fast-math=maybe'],
      'leash: --fast-math is on or off and takes no value but true and false, got maybe',
    ],
    [
      ['train'],
      'leash: CONFIG is missing: a file of configs/, --env ID or --env FILE alone, or --from RUN@UPDATE to branch off a run',
    ],
    [['train', lake, '--seed', '1', '--seed', '2'], 'leash: --seed is given twice'],
    [['evaluate', folder, '--config', lake, '--config', lake], 'leash: --config is given twice'],
    [
      ['train', lake, '--', '--seed', '3'],
      'leash: leave out the --: what follows it would not be read, got -- --seed 3',
    ],
    [['runs', 'rm', '--'], 'leash: leave out the --: what follows it would not be read, got --'],
    [['frontier', '-'], 'leash: leash frontier does not take "-" (leash frontier RUN…)'],
    [['plot', lake, '-'], 'leash: leash plot does not take "-" (leash plot RUN…)'],
    [['train', lake, '--no-seed'], 'leash: there is no flag --no-seed; did you mean --seed?'],
    [['train', lake, '--fastMath'], 'leash: there is no flag --fastMath; did you mean --fast-math?'],
    [['evaluate', folder, '--episodes', '0'], 'leash: --episodes must be an integer in [1, 10000000], got 0'],
    [
      ['evaluate', folder, '--episodes', '1e15'],
      'leash: --episodes must be an integer in [1, 10000000], got 1e15',
    ],
    [['compare', lake, '--workers', '1e6'], 'leash: --workers must be an integer in [1, 1024], got 1e6'],
    [
      ['kl', '--p', '1,0', '--q', '0,1', '--samples', '1e8'],
      'leash: --samples must be an integer in [1, 10000000], got 1e8',
    ],
    [['evaluate', join(folder, 'none')], `leash: no run at ${join(folder, 'none')}`],
    [
      ['envs', 'CartPol-v1'],
      "leash: environment.id 'CartPol-v1' is not a known environment; did you mean CartPole-v1?",
    ],
  ])('answers %j with one line and exit 2', (args, line) => {
    const { code, out, err } = leash(...args);
    expect({ code, out, err }).toEqual({ code: 2, out: '', err: `${line}\n` });
  });
});

describe('leash train', () => {
  const runs = join(folder, 'runs');

  test('writes a run, prints lines and what to type next; evaluate reads it; it is not overwritten', () => {
    const trained = leash('train', lake, '--runs', runs);
    expect(trained.err).toBe('');
    expect(trained.code).toBe(0);
    const path = join(runs, 'lake', 'seed-0');
    expect(trained.out).toContain(`leash evaluate ${path}`);
    expect(trained.out.match(/^update/gm)?.length).toBeLessThanOrEqual(21);
    expect(trained.out).not.toContain('\u001b');

    const evaluated = leash('evaluate', join(runs, 'lake'), '--episodes', '10', '--json');
    const findings = JSON.parse(evaluated.out);
    expect(findings.returns.samples).toBe(10);
    // Nothing is random in a lake without ice and a greedy policy: the episodes are the exact expectation.
    expect(findings.expectedReturn).toBe(findings.returns.mean);
    expect(findings.bestReturn.value).toBe(1);
    expect(leash('evaluate', path, '--render', '--episodes', '2').out).toMatch(/S[←↓→↑][\s\S]*start\n@FFF/);

    const before = readFileSync(join(path, 'run.json'), 'utf8');
    const again = leash('train', lake, '--runs', runs);
    expect(again.err).toBe(
      `leash: ${path} is there already, completed after update 16; say --replace to make it anew, choose another --name or --seed, or remove it: leash runs rm ${path} --runs ${runs}\n`,
    );
    expect(again.code).toBe(2);
    expect(readFileSync(join(path, 'run.json'), 'utf8')).toBe(before);
  });

  test('--json prints one object and --quiet nothing', () => {
    const json = leash(
      'train',
      lake,
      '--runs',
      runs,
      '--name',
      'j',
      '--seed',
      '7',
      '--steps',
      '200',
      '--json',
    );
    expect(json.err).toBe('');
    const record = JSON.parse(json.out);
    expect(record).toMatchObject({ name: 'j', seed: 7, status: 'completed', steps: 256 });
    const quiet = leash('train', lake, '--runs', runs, '--name', 'q', '--steps', '200', '--quiet');
    expect(quiet).toEqual({ code: 0, out: '', err: '' });
  });

  test('says once on stderr that minibatches do not divide the rollout', () => {
    const args = ['train', lake, '--runs', runs, '--name', 'ragged', '--steps', '256'];
    const { err, code } = leash(...args, '--set', 'ppo.minibatchSize=50');
    expect({ err, code }).toEqual({
      err: 'leash: the last minibatch of each epoch holds 28 samples: ppo.minibatchSize 50 does not divide the rollout of 128\n',
      code: 0,
    });
  });

  test('answers a folder that cannot be made with one line and exit 2', () => {
    const file = config('no-folder', '');
    const { code, out, err } = leash('train', lake, '--runs', join(file, 'runs'));
    expect(err).toMatch(/^leash: --runs .*no-folder\/runs: cannot make .* \(ENOTDIR\)\n$/);
    expect({ code, out }).toEqual({ code: 2, out: '' });
  });

  test('finishes the update at hand on Ctrl-C, marks the run interrupted and exits with 130', async () => {
    const args = ['train', lake, '--runs', runs, '--name', 'long', '--set', 'steps=1e9'];
    const child = spawn(process.execPath, [built, ...args], { cwd: root });
    const exited = new Promise<number | null>((resolve) => child.on('exit', resolve));
    let out = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
      if (/^update/m.test(out) && !child.killed) child.kill('SIGINT');
    });
    expect(await exited).toBe(130);
    const path = join(runs, 'long', 'seed-0');
    const record = JSON.parse(readFileSync(join(path, 'run.json'), 'utf8'));
    const rows = readFileSync(join(path, 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
    expect(record.status).toBe('interrupted');
    expect(rows).toHaveLength(record.updates);
    expect(JSON.parse(rows.at(-1) as string).update).toBe(record.updates);
  });
});
