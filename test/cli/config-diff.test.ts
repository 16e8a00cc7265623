import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { built } from '../built.ts';

const root = new URL('../../', import.meta.url).pathname;

function leash(...args: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [built, ...args], {
    cwd: root,
    encoding: 'utf8',
    timeout: 300_000,
  });
  return { code: status, out: stdout, err: stderr };
}

describe('leash config diff', () => {
  test('says where two presets differ, why it matters, and what no setting can say', () => {
    const { code, out } = leash('config', 'diff', 'sb3', 'spinningup');
    expect(code).toBe(0);
    expect(out).toContain('\nadvantage.gaeLambda  0.95 → 0.97\n    Bias against variance');
    expect(out).toContain('\ntrustRegion.stop  null → {"measure":"k1","scope":"minibatch","factor":1.5}\n');
    expect(out).toContain('Spinning Up PPO (PyTorch), beyond its settings:');
    expect(out).not.toContain('environment.id');
  });

  test('compares a file with a preset, as JSON', () => {
    const { out } = leash('config', 'diff', 'configs/quickstart.json', 'sb3', '--json');
    const differences = JSON.parse(out) as { path: string; a: unknown; b: unknown; why: string }[];
    const overshoot = differences.find(({ path }) => path === 'trustRegion.onOvershoot');
    expect(overshoot).toMatchObject({ a: 'rollback', b: 'stop', why: expect.stringContaining('outside δ') });
  });

  test.each([
    [
      ['config', 'diff', 'sb3', 'nope'],
      `leash: there is no config nope; looked for nope.json and nope in ${root.replace(/\/$/, '')}, in configs and configs/studies there`,
    ],
    [
      ['train', 'configs/quickstart.json', '--like', 'sb2'],
      'leash: --like must be sb3, cleanrl, spinningup, rllib, rsl_rl, rl_games, skrl, sbx, got "sb2"; did you mean sb3?',
    ],
  ])('%j is one line and exit 2', (args, line) => {
    expect(leash(...args)).toEqual({ code: 2, out: '', err: `${line}\n` });
  });
});

test('leash config show --like names the preset beside what it brought', () => {
  const { out } = leash('config', 'show', 'configs/quickstart.json', '--like', 'sb3');
  expect(out).toMatch(/^\* loss\.valueCoefficient +1 +--like sb3$/m);
});
