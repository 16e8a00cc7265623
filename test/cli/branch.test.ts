import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { compareCommand } from '../../src/cli/commands/compare.ts';
import { configDiffCommand } from '../../src/cli/commands/config-diff.ts';
import { plotCommand } from '../../src/cli/commands/plot.ts';
import { resumeCommand } from '../../src/cli/commands/resume.ts';
import { runsListCommand } from '../../src/cli/commands/runs-list.ts';
import { trainCommand } from '../../src/cli/commands/train.ts';
import { verifyCommand } from '../../src/cli/commands/verify.ts';
import { defineEnvironment } from '../../src/index.ts';
import { train as trainFromCode } from '../../src/library/train.ts';
import { runCommand, type Said } from './run-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'leash-branch-'));
const runs = join(folder, 'runs');
const CONFIG = join(folder, 'a.json');
const config = {
  environment: { id: 'CartPole-v1', copies: 2 },
  rollout: { steps: 16 },
  steps: 32 * 8,
  network: { policy: { hidden: [4] }, value: { hidden: [4] } },
  ppo: { epochs: 1, minibatchSize: 16 },
  checkpoint: { everyUpdates: 3, keep: 'all' },
} as const;
const pathOf = (name: string): string => join(runs, name, 'seed-0');
const textOf = (name: string, file: string): string => readFileSync(join(pathOf(name), file), 'utf8');
const train = (said: Said<typeof trainCommand>): Promise<number> =>
  runCommand(trainCommand, { runs, threads: '1', quiet: true, ...said });

let stdout = '';
beforeAll(async () => {
  writeFileSync(CONFIG, JSON.stringify(config));
  expect(await train({ CONFIG, name: 'whole' })).toBe(0);
  expect(await train({ from: 'whole@3' })).toBe(0);
  expect(await train({ from: 'whole@3', name: 'halved', set: 'trustRegion.delta=0.01' })).toBe(0);
});
beforeEach(() => {
  stdout = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += String(text);
    return true;
  });
});
afterEach(() => void vi.restoreAllMocks());

describe('leash train --from RUN@UPDATE', () => {
  it('is the rest of the run where nothing changes', () => {
    const rest = textOf('whole', 'metrics.jsonl').split('\n').slice(3).join('\n');
    expect(textOf('whole-from-3', 'metrics.jsonl')).toBe(rest);
    expect(JSON.parse(textOf('whole-from-3', 'run.json'))).toMatchObject({
      parent: { run: 'whole/seed-0', update: 3, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      parametersSha256: JSON.parse(textOf('whole', 'run.json')).parametersSha256,
      ...{ updates: 8, steps: 256, status: 'completed' },
    });
  });

  it('does not take the place of its parent, whose updates would be gone', async () => {
    const refused = `${pathOf('whole')}@3 is of the run that would be replaced; copy it elsewhere first, or choose another --name`;
    await expect(train({ from: 'whole@3', name: 'whole', replace: true })).rejects.toThrow(
      `--replace: --from ${refused}`,
    );
    const code = { from: `${pathOf('whole')}@3`, runs, name: 'whole', replace: true };
    await expect(trainFromCode(code)).rejects.toThrow(`--replace: from ${refused}`);
    const network = { initialWeights: `${pathOf('whole')}@3` };
    await expect(
      trainFromCode({ config: { ...config, network }, runs, name: 'whole', replace: true }),
    ).rejects.toThrow(`--replace: network.initialWeights ${refused}`);
    expect(textOf('whole', 'metrics.jsonl').split('\n')).toHaveLength(9);
  });

  it('says where it begins, as the list and the difference of configs do', async () => {
    expect(await train({ from: 'whole@6', name: 'told', quiet: false })).toBe(0);
    expect(stdout).toContain(`${pathOf('told')} begins from whole/seed-0@6`);
    expect(stdout).toContain('0 of 2 updates ended outside δ');
    expect(stdout).toMatch(/\nfrom {5}whole\/seed-0@6\n/);
    stdout = '';
    await runCommand(runsListCommand, { runs, where: 'from=whole/seed-0@3' });
    expect(stdout).toContain(pathOf('halved'));
    expect(stdout).toContain('whole/seed-0@3');
    expect(stdout).not.toContain(pathOf('told'));
    stdout = '';
    await runCommand(configDiffCommand, { A: pathOf('whole'), B: pathOf('halved') });
    expect(stdout).toContain('trustRegion.delta  0.02 → 0.01');
    expect(stdout).toContain(`${pathOf('halved')} begins from whole/seed-0@3, with all of its state`);
  });

  it('is plotted from where it begins on, and compared', async () => {
    expect(await runCommand(plotCommand, { RUN: [pathOf('whole'), pathOf('halved')], runs })).toBe(0);
    expect(stdout).toContain('from whole/seed-0@3');
    stdout = '';
    const RUN = [pathOf('whole'), pathOf('halved')];
    expect(await runCommand(compareCommand, { CONFIG: RUN, runs, json: true, name: 'both' })).toBe(0);
    const report = JSON.parse(stdout) as { configs: { runs: object[]; curveSteps: number }[] };
    expect(report.configs.map((each) => each.runs[0])).toMatchObject([
      { status: 'completed', updates: 8 },
      { status: 'completed', updates: 5 },
    ]);
    const text = readFileSync(join(runs, 'both', 'report.html'), 'utf8');
    expect(text).toContain('halved begins from whole/seed-0@3: its figures are of the updates after that');
  });

  it('is made again by verify, from its own folder alone', async () => {
    const moved = join(folder, 'moved');
    expect(await train({ from: `${pathOf('whole')}@3`, name: 'alone', runs: moved })).toBe(0);
    const RUN = join(moved, 'alone', 'seed-0');
    stdout = '';
    expect(await runCommand(verifyCommand, { RUN, runs })).toBe(0);
    expect(stdout).toBe(`same       ${RUN}: updates 4 to 8 and the parameters, byte for byte\n`);
    stdout = '';
    expect(await runCommand(verifyCommand, { RUN: `${RUN}@6`, runs })).toBe(0);
    expect(stdout).toBe(`same       ${RUN}: updates 7 to 8 and the parameters, byte for byte\n`);
    const file = join(RUN, 'parent.safetensors');
    const bytes = readFileSync(file);
    writeFileSync(
      file,
      bytes.map((byte, at) => (at === 777 ? byte ^ 8 : byte)),
    );
    await expect(runCommand(verifyCommand, { RUN, runs })).rejects.toThrow(
      `${file} is not the checkpoint of whole/seed-0@3, which ${RUN} is a branch of: its sha256 is another`,
    );
    rmSync(file);
    await expect(runCommand(verifyCommand, { RUN, runs })).rejects.toThrow(
      `whole/seed-0@3, which ${RUN} is a branch of, is not there any more`,
    );
  });

  it('goes on with --resume, where it is a branch of the same', async () => {
    expect(await train({ from: 'whole@3', resume: true })).toBe(0);
    await expect(train({ from: 'whole@6', resume: true, name: 'halved' })).rejects.toThrow(
      `${pathOf('halved')} is a branch of whole/seed-0@3, not one of whole/seed-0@6 as it is now`,
    );
    await expect(train({ from: 'whole@3', resume: true, name: 'whole' })).rejects.toThrow('is no branch');
    expect(await runCommand(resumeCommand, { RUN: 'halved', runs, steps: '320', quiet: true })).toBe(0);
    expect(JSON.parse(textOf('halved', 'run.json'))).toMatchObject({ updates: 10, parent: { update: 3 } });
  });

  it.each<[Said<typeof trainCommand>, string]>([
    [{ CONFIG, from: 'whole@3' }, '--from whole@3 has the config of its run, CONFIG is'],
    [{}, 'CONFIG is missing: a file of configs/, --env ID or --env FILE alone, or --from RUN@UPDATE'],
    [{ from: 'whole' }, '--from must be RUN@UPDATE, a run and one of its checkpoints, got'],
    [{ from: 'nobody@3' }, 'no run at nobody'],
    [{ from: 'whole@4' }, 'has no checkpoint of update 4; it has those of 8, 6, 3'],
    [{ from: 'whole@8' }, 'steps must be more than the 256 that'],
    [{ from: 'whole@3', seed: '1' }, 'seed must stay 0 in a branch of'],
    [{ from: 'whole@3', set: 'network.policy.hidden=[8]' }, 'network.policy.hidden must stay [4]'],
    [{ from: 'whole@3', name: 'halved' }, 'is there already'],
  ])('%o is refused', async (said, message) => {
    await expect(train(said)).rejects.toThrow(message);
  });

  it('that fails before its first update says where it begins', async () => {
    let isBroken = false;
    const coin = defineEnvironment({
      id: 'Coin',
      timeLimit: () => 4,
      create: () => ({
        observationSpace: { kind: 'discrete', n: 1 },
        actionSpace: { kind: 'discrete', n: 2 },
        reset: (_random, observation) => void observation.fill(isBroken ? Number.NaN : 0),
        step: (_action, _random, observation, transition) => {
          transition.reward = 1;
          transition.terminated = false;
          observation[0] = 0;
        },
        snapshot: () => null,
        restore: () => {},
      }),
    });
    const coins = { runs, environment: coin };
    const settings = {
      steps: 1024,
      rollout: { steps: 32 },
      checkpoint: { everyUpdates: 3, keep: 'all' },
    } as const;
    const { path } = await trainFromCode({ ...coins, config: settings, name: 'coins' });
    isBroken = true;
    const from = trainFromCode({ ...coins, from: `${path}@3`, name: 'broken' });
    await expect(from).rejects.toThrow(/broken\/seed-0: update 4: .*NaN/);
    expect(JSON.parse(textOf('broken', 'run.json'))).toMatchObject({
      status: 'failed',
      updates: 3,
      steps: 384,
    });
  });

  it('is an option of the library, too', async () => {
    const run = await trainFromCode({
      from: `${join(runs, 'whole')}@3`,
      config: { trustRegion: { delta: 0.01 } },
      ...{ runs, name: 'coded' },
    });
    expect(run).toMatchObject({ updates: 8, parent: { run: 'whole/seed-0', update: 3 } });
    const own = textOf('halved', 'metrics.jsonl').split('\n').slice(0, 5);
    expect(textOf('coded', 'metrics.jsonl').split('\n').slice(0, 5)).toEqual(own);
    await expect(trainFromCode({ runs })).rejects.toThrow('the option config is missing');
    await expect(trainFromCode({ from: `${pathOf('whole')}@3`, config: CONFIG, runs })).rejects.toThrow(
      'config must be the settings that shall be others',
    );
  });
});
