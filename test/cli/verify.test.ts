import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { trainCommand } from '../../src/cli/commands/train.ts';
import { verifyCommand } from '../../src/cli/commands/verify.ts';
import { LEASH_VERSION } from '../../src/version.ts';
import { runCommand, type Said } from './run-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'leash-verify-'));
const runs = join(folder, 'runs');
const CONFIG = join(folder, 'a.json');
const config = {
  environment: { id: 'CartPole-v1', copies: 2 },
  rollout: { steps: 16 },
  steps: 32 * 8,
  network: { policy: { hidden: [4] }, value: { hidden: [4] } },
  ppo: { epochs: 1, minibatchSize: 16 },
  trustRegion: { ledger: true },
  checkpoint: { everyUpdates: 3, keep: 'all' },
};
const pathOf = (name: string): string => join(runs, name, 'seed-0');
const make = (name: string) => runCommand(trainCommand, { CONFIG, runs, name, threads: '1', quiet: true });

let stdout = '';
beforeAll(async () => {
  writeFileSync(CONFIG, JSON.stringify(config));
  expect(await make('whole')).toBe(0);
});
beforeEach(() => {
  stdout = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += String(text);
    return true;
  });
});
afterEach(() => void vi.restoreAllMocks());

async function verify(said: Said<typeof verifyCommand>): Promise<[number, string]> {
  const code = await runCommand(verifyCommand, { runs, ...said });
  return [code, stdout.trimEnd()];
}

/** Changes one file of a run by its text. */
function edit(name: string, file: string, change: (text: string) => string): void {
  const at = join(pathOf(name), file);
  writeFileSync(at, change(readFileSync(at, 'utf8')));
}

describe('leash verify', () => {
  it.each<[string, Said<typeof verifyCommand>, string]>([
    ['a run', { RUN: pathOf('whole') }, '8 updates and the parameters'],
    ['by its name', { RUN: 'whole' }, '8 updates and the parameters'],
    ['its first updates', { RUN: 'whole', updates: '3' }, '3 updates'],
    ['quickly', { RUN: 'whole', quick: true }, '5 updates'],
    ['from a checkpoint', { RUN: 'whole@6' }, 'updates 7 to 8 and the parameters'],
    ['some from a checkpoint', { RUN: 'whole@3', updates: '2' }, 'updates 4 to 5'],
  ])('finds %s the same', async (_, said, words) => {
    expect(await verify(said)).toEqual([0, `same       ${pathOf('whole')}: ${words}, byte for byte`]);
  });

  it('says where the first difference is: update, field, both values', async () => {
    await make('edited');
    const rows = readFileSync(join(pathOf('edited'), 'metrics.jsonl'), 'utf8').split('\n');
    const { entropy } = JSON.parse(rows[4] as string) as { entropy: number };
    edit('edited', 'metrics.jsonl', (text) => text.replace(String(entropy), '0.5'));
    expect(await verify({ RUN: 'edited' })).toEqual([
      1,
      `different  ${pathOf('edited')}: first in update 5, entropy: 0.5 there, ${entropy} made again`,
    ]);
    stdout = '';
    expect((await verify({ RUN: 'edited', updates: '4' }))[0]).toBe(0);
  });

  it.each<[string, string, (text: string) => string, RegExp]>([
    [
      'a gradient step',
      'ledger.jsonl',
      (text) => text.replace(/"gradientStep":2,/, '"gradientStep":9,'),
      /first in update 1, step 2, gradientStep \(ledger\.jsonl\): 9 there, 2 made again$/,
    ],
    [
      'a row that is gone',
      'metrics.jsonl',
      (text) => text.split('\n').slice(0, 6).join('\n').concat('\n'),
      /first in update 7, row: nothing there, .* made again$/,
    ],
    [
      'a row that is none',
      'metrics.jsonl',
      (text) => text.replace('{"update":3,', '{"update":3;'),
      /first in update 3, row: \{"update":3;/,
    ],
    [
      'the parameters',
      'run.json',
      (text) => text.replace(/("parametersSha256": ")../, '$1__'),
      /first in update 8, parametersSha256 \(run\.json\): __/,
    ],
    [
      'the config',
      'config.json',
      (text) => text.replace('"gamma": 0.99', '"gamma": 0.9'),
      /first in update 1, /,
    ],
  ])('tells %s', async (name, file, change, message) => {
    const run = name.replaceAll(' ', '-');
    await make(run);
    edit(run, file, change);
    const [code, said] = await verify({ RUN: run });
    expect(code).toBe(1);
    expect(said).toMatch(message);
  });

  it.each<[string, string, (text: string) => string, RegExp]>([
    [
      'another version',
      'run.json',
      (text) => text.replace(`"leash": "${LEASH_VERSION}"`, '"leash": "0.0.9"'),
      /was made by leash 0\.0\.9, this is /,
    ],
    [
      'another engine',
      'run.json',
      (text) => text.replace('"engine": "wasm"', '"engine": "tfjs"'),
      /was made with engine tfjs, this is wasm/,
    ],
  ])('refuses %s', async (name, file, change, message) => {
    const run = name.replaceAll(' ', '-');
    await make(run);
    edit(run, file, change);
    await expect(verify({ RUN: run })).rejects.toThrow(message);
  });

  it('goes over all runs with --all: what cannot be made again is told', async () => {
    const [code, said] = await verify({ all: true, quick: true, json: true });
    const results = JSON.parse(said) as { path: string; status: string; why: string | null }[];
    const of = (name: string) => results.find(({ path }) => path === pathOf(name));
    expect([of('whole')?.status, of('another-version')?.status, of('edited')?.status]).toEqual([
      'same',
      'refused',
      'different',
    ]);
    expect(code).toBe(1);
  });

  it('checks a published hash without the files', async () => {
    const { parametersSha256: sha } = JSON.parse(readFileSync(join(pathOf('whole'), 'run.json'), 'utf8')) as {
      parametersSha256: string;
    };
    expect(await verify({ config: CONFIG, seed: '0', sha })).toEqual([
      0,
      `same       ${CONFIG}, seed 0: parametersSha256 ${sha}`,
    ]);
    stdout = '';
    const [code, said] = await verify({ config: CONFIG, seed: '1', sha });
    expect(code).toBe(1);
    expect(said).toMatch(new RegExp(`^different  .*, seed 1: parametersSha256 is [0-9a-f]{64}, not ${sha}$`));
  });

  it.each<[Said<typeof verifyCommand>, string]>([
    [{}, 'RUN is missing'],
    [{ RUN: 'nowhere' }, 'no run at nowhere'],
    [{ RUN: 'whole@5' }, 'has no checkpoint of update 5; it has those of 8, 6, 3'],
    [{ RUN: 'whole', updates: '0' }, '--updates must be an integer ≥ 1, got 0'],
    [{ config: CONFIG }, '--config FILE and --sha HASH go together'],
    [{ config: CONFIG, sha: 'abc' }, '--sha must be 64 hexadecimal digits, got "abc"'],
    [{ RUN: 'whole', seed: '3' }, '--seed goes with --config and --sha'],
  ])('%o is refused', async (said, message) => {
    await expect(verify(said)).rejects.toThrow(message);
  });
});
