import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';

const root = new URL('../../', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'leash-ledger-'));

function leash(...args: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', 'src/cli/main.ts', ...args],
    { cwd: root, encoding: 'utf8', timeout: 60_000 },
  );
  return { code: status, out: stdout, err: stderr };
}

const config = join(folder, 'pole.json');
const train = (name: string, ...sets: string[]) =>
  leash('train', config, '--runs', folder, '--name', name, '--quiet', ...sets.flatMap((s) => ['--set', s]));

describe('leash ledger', () => {
  beforeAll(() => {
    writeFileSync(
      config,
      JSON.stringify({
        steps: 384,
        environment: { id: 'CartPole-v1' },
        rollout: { steps: 32 },
        network: { policy: { hidden: [8] }, value: { hidden: [8] } },
        ppo: { epochs: 5, minibatchSize: 32 },
        optimizer: { learningRate: 0.01 },
        trustRegion: { delta: 0.005 },
      }),
    );
    expect(train('whole', 'trustRegion.ledger=true', 'trustRegion.stop=null').code).toBe(0);
    expect(train('cut', 'trustRegion.ledger=true').code).toBe(0);
    expect(train('without').code).toBe(0);
  });

  test('shows every rule over the run, and a chart', () => {
    const { code, out } = leash('ledger', join(folder, 'whole'));
    expect(code).toBe(0);
    expect(out).toContain('3 updates, 60 gradient steps');
    for (const rule of ['SB3', 'CleanRL', 'Spinning Up', 'exact']) expect(out).toContain(`\n${rule} `);
    expect(out).toContain('┼');
    expect(out).not.toContain('This run stopped');
    expect(out.split('\n').every((line) => line.length <= 110)).toBe(true);
  });

  test('shows one update step by step', () => {
    const { out } = leash('ledger', join(folder, 'whole'), '--update', '2');
    expect(out).toContain('update 2, 20 gradient steps, δ 0.005');
    expect(out.split('\n').filter((line) => /^ *\d+ +\d\.? /.test(line))).toHaveLength(20);
  });

  test('prints the same as JSON', () => {
    const whole = JSON.parse(leash('ledger', join(folder, 'whole'), '--json').out);
    expect(whole.cut).toBe(false);
    expect(whole.summary.map(({ rule }: { rule: string }) => rule)).toEqual([
      'sb3',
      'cleanrl',
      'spinningup',
      'exact',
    ]);
    const one = JSON.parse(leash('ledger', join(folder, 'whole'), '--update', '2', '--json').out);
    expect(one.rows).toHaveLength(20);
    expect(one.stops.exact.stopped).toBe(true);
  });

  test('draws an infinite KL at the top and says so', () => {
    const file = join(folder, 'cut', 'seed-0', 'ledger.jsonl');
    const [first, ...rest] = readFileSync(file, 'utf8').split('\n');
    const row = { ...JSON.parse(first), klOldNew: 'Infinity' };
    writeFileSync(file, [JSON.stringify(row), ...rest].join('\n'));
    const { code, out } = leash('ledger', join(folder, 'cut'));
    expect(code).toBe(0);
    expect(out).toContain('infinite where it is at the top');
  });

  test('says when the run’s own rule cut the traces', () => {
    expect(leash('ledger', join(folder, 'cut')).out).toContain('This run stopped by a rule of its own');
  });

  test.each([
    [['without'], 'has no ledger.jsonl; train it with --set trustRegion.ledger=true'],
    [['whole', '--update', '4'], '--update must be one of the ledger’s, 1 to 3, got 4'],
    [['whole', '--update', 'x'], '--update must be an integer ≥ 1, got x'],
  ])('answers %j with one line and exit 2', ([name, ...rest], message) => {
    const { code, out, err } = leash('ledger', join(folder, name as string), ...rest);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
    expect(err.trim().split('\n')).toHaveLength(1);
  });
});
