import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { describeFailure } from '../../src/cli/failure.ts';
import { ledgerCommand } from '../../src/cli/commands/ledger.ts';
import { trainCommand } from '../../src/cli/commands/train.ts';
import { runCommand } from './run-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'leash-ledger-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What `leash ledger RUN` prints. */
async function ledger(run: string, flags: { update?: string; json?: boolean } = {}): Promise<string> {
  let printed = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  try {
    await runCommand(ledgerCommand, { RUN: join(folder, run), ...flags });
  } finally {
    write.mockRestore();
  }
  return printed;
}

const config = join(folder, 'pole.json');
const train = (name: string, ...set: string[]): Promise<number> =>
  runCommand(trainCommand, { CONFIG: config, runs: folder, name, quiet: true, threads: '1', set });

describe('leash ledger', () => {
  beforeAll(async () => {
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
    expect(await train('whole', 'trustRegion.ledger=true', 'trustRegion.stop=null')).toBe(0);
    expect(await train('cut', 'trustRegion.ledger=true')).toBe(0);
    expect(await train('without')).toBe(0);
  });

  test('shows every rule over the run, and a chart', async () => {
    const out = await ledger('whole');
    expect(out).toContain('3 updates, 60 gradient steps');
    for (const rule of ['SB3', 'CleanRL', 'Spinning Up', 'exact']) expect(out).toContain(`\n${rule} `);
    expect(out).toContain('┼');
    expect(out).not.toContain('This run stopped');
    for (const line of out.replaceAll(folder, '').split('\n')) expect(line.length).toBeLessThanOrEqual(110);
  });

  test('shows one update step by step', async () => {
    const out = await ledger('whole', { update: '2' });
    expect(out).toContain('update 2, 20 gradient steps, δ 0.005');
    expect(out.split('\n').filter((line) => /^ *\d+ +\d\.? /.test(line))).toHaveLength(20);
  });

  test('prints the same as JSON', async () => {
    const whole = JSON.parse(await ledger('whole', { json: true }));
    expect(whole.cut).toBe(false);
    expect(whole.summary.map(({ rule }: { rule: string }) => rule)).toEqual([
      'sb3',
      'cleanrl',
      'spinningup',
      'exact',
    ]);
    const one = JSON.parse(await ledger('whole', { update: '2', json: true }));
    expect(one.rows).toHaveLength(20);
    expect(one.stops.exact.stopped).toBe(true);
  });

  test('draws an infinite KL at the top and says so', async () => {
    const file = join(folder, 'cut', 'seed-0', 'ledger.jsonl');
    const [first, ...rest] = readFileSync(file, 'utf8').split('\n');
    const row = { ...JSON.parse(first), klOldNew: 'Infinity' };
    writeFileSync(file, [JSON.stringify(row), ...rest].join('\n'));
    expect(await ledger('cut')).toContain('infinite where it is at the top');
  });

  test('says when the run’s own rule cut the traces', async () => {
    expect(await ledger('cut')).toContain('This run stopped by a rule of its own');
  });

  test.each([
    ['without', {}, 'RUNS/without/seed-0 has no ledger.jsonl; train it with --set trustRegion.ledger=true'],
    ['whole', { update: '4' }, '--update must be one of the ledger’s, 1 to 3, got 4'],
    ['whole', { update: 'x' }, '--update must be an integer ≥ 1, got x'],
  ])('answers %s %j with one line and exit 2', async (run, flags, line) => {
    const failure = await ledger(run, flags).then(() => undefined, describeFailure);
    expect(failure?.exitCode).toBe(2);
    expect(failure?.text.replace(folder, 'RUNS')).toBe(`leash: ${line}`);
  });
});
