import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
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

  describe('of a run with evaluations and snapshots', () => {
    const full = {
      ...config,
      environment: { ...config.environment, normalizeObservations: true },
      evaluation: { every: 3, episodes: 2 },
      snapshots: { everyUpdates: 4 },
    };
    const at = (name: string, file: string): string => join(pathOf(name), file);
    beforeAll(async () => {
      const file = join(folder, 'full.json');
      writeFileSync(file, JSON.stringify(full));
      expect(await runCommand(trainCommand, { CONFIG: file, runs, threads: '1', quiet: true })).toBe(0);
    });

    it.each([['full'], ['full@3'], ['full@6']])('%s is the same', async (RUN) => {
      expect(await verify({ RUN })).toEqual([0, expect.stringMatching(/and the parameters, byte for byte$/)]);
    });

    const line = (text: string, index: number): string => `${text.split('\n').at(index)}\n`;
    it.each<[string, string, (text: string) => string, RegExp]>([
      [
        'an evaluation',
        'evaluations.jsonl',
        (text) => text.replace(/"returnMax":\d+/, '"returnMax":500'),
        /first in update 3, returnMax \(evaluations\.jsonl\): 500 there, \d+ made again$/,
      ],
      [
        'an evaluation that is gone',
        'evaluations.jsonl',
        (text) => text.replace(line(text, -2), ''),
        /first in update 8, row \(evaluations\.jsonl\): nothing there, \{.*\} made again$/,
      ],
      ...(['metrics', 'ledger', 'evaluations'] as const).map(
        (name): [string, string, (text: string) => string, RegExp] => [
          `a row too many of ${name}`,
          `${name}.jsonl`,
          (text) => text + line(text, -2),
          /first in update 8, row.*: \{"update":8,.*\} there, nothing made again$/,
        ],
      ),
      [
        'the KL that its record says',
        'run.json',
        (text) => text.replace(/("klOldNewMax": )[^,]+/, '$10'),
        /first in update 8, final\.klOldNewMax \(run\.json\): 0 there, \S+ made again$/,
      ],
      [
        'the best evaluation that its record says',
        'run.json',
        (text) => text.replace(/("returnMean": )[\d.]+/, '$1500'),
        /first in update 8, best\.returnMean \(run\.json\): 500 there, [\d.]+ made again$/,
      ],
    ])('tells %s', async (name, file, change, message) => {
      cpSync(join(runs, 'full'), join(runs, name), { recursive: true });
      edit(name, file, change);
      const [code, said] = await verify({ RUN: name });
      expect(said).toMatch(message);
      expect(code).toBe(1);
    });

    it.each([
      ['policy.safetensors', 8],
      ['policy-best.safetensors', 8],
      ['snapshots/update-4.safetensors', 4],
    ])('tells another %s', async (file, update) => {
      const name = `another ${file.replace('/', ' ')}`;
      cpSync(join(runs, 'full'), join(runs, name), { recursive: true });
      // One bit of one weight.
      const bytes = readFileSync(at(name, file));
      bytes[bytes.length - 4] = (bytes.at(-4) as number) ^ 1;
      writeFileSync(at(name, file), bytes);
      const [code, said] = await verify({ RUN: name });
      expect(said).toMatch(
        new RegExp(
          `first in update ${update}, sha256 \\(${file}\\): [0-9a-f]{64} there, [0-9a-f]{64} made again$`,
        ),
      );
      expect(code).toBe(1);
    });

    it('killed before its last evaluation was written is the same as far as it goes', async () => {
      cpSync(join(runs, 'full'), join(runs, 'killed'), { recursive: true });
      edit('killed', 'run.json', (text) => {
        const { finishedAt, seconds, final, parametersSha256, ...begun } = JSON.parse(text);
        return JSON.stringify({ ...begun, status: 'running' });
      });
      edit('killed', 'evaluations.jsonl', (text) => text.replace(line(text, -2), ''));
      expect(await verify({ RUN: 'killed' })).toEqual([
        0,
        `same       ${pathOf('killed')}: 8 updates, byte for byte`,
      ]);
    });
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
    [{ RUN: 'whole', updates: '1e300' }, '--updates must be an integer in [1, 9007199254740991], got 1e300'],
    [{ config: CONFIG }, '--config FILE and --sha HASH go together'],
    [{ config: CONFIG, sha: 'abc' }, '--sha must be 64 hexadecimal digits, got "abc"'],
    [{ RUN: 'whole', seed: '3' }, '--seed goes with --config and --sha'],
  ])('%o is refused', async (said, message) => {
    await expect(verify(said)).rejects.toThrow(message);
  });
});
