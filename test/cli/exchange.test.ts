import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { describeEngines } from '../../src/cli/print/engines.ts';
import { loadEngine, surveyEngines } from '../../src/node/load-engine.ts';
import { readPolicyFile } from '../../src/node/policy.ts';
import { readNpz } from '../../src/exchange/npz.ts';
import { readZip } from '../../src/exchange/zip.ts';
import { decodeSafetensors, encodeSafetensors } from '../../src/formats/safetensors.ts';
import { loadRun } from '../../src/node/read-run.ts';
import { join as joined, partsOf } from '../formats/rewrite.ts';
import { evaluate } from '../../src/train/evaluate.ts';
import { findEnvironment } from '../../envs/registry.ts';
import { exportCommand } from '../../src/cli/commands/export.ts';
import { importCommand } from '../../src/cli/commands/import.ts';
import { trainCommand } from '../../src/cli/commands/train.ts';
import { runCommand } from './run-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'leash-exchange-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const at = (name: string): string => join(folder, name);

const experiment = {
  steps: 2048,
  environment: { id: 'Pendulum-v1', normalizeObservations: true },
  network: { policy: { hidden: [8] }, value: { hidden: [8] } },
};

async function trained(name: string, settings: object): Promise<string> {
  writeFileSync(at(`${name}.json`), JSON.stringify({ ...experiment, ...settings }));
  await runCommand(trainCommand, { CONFIG: at(`${name}.json`), runs: at('runs'), quiet: true });
  return join(folder, 'runs', name);
}

const run = await trained('first', {});
const present = (await surveyEngines()).filter(({ missing }) => missing === undefined);

describe('leash export', () => {
  test.each(['onnx', 'json', 'npz', 'tfjs'])('writes %s once, and the same bytes again', async (format) => {
    const file = (name: string): string => (format === 'tfjs' ? join(at(name), 'model.json') : at(name));
    await runCommand(exportCommand, { RUN: run, format, out: at(`a.${format}`) });
    await runCommand(exportCommand, { RUN: run, format, out: at(`b.${format}`) });
    expect(readFileSync(file(`a.${format}`))).toEqual(readFileSync(file(`b.${format}`)));
    await expect(runCommand(exportCommand, { RUN: run, format, out: at(`a.${format}`) })).rejects.toThrow(
      'is there already',
    );
  });

  test('carries the bounds of actions, of a run whose policy has none too', async () => {
    const file = join(run, 'seed-0', 'policy.safetensors');
    const bytes = readFileSync(file);
    const { arrays, metadata } = decodeSafetensors(bytes, file);
    expect(JSON.parse(metadata.actionBounds as string)).toEqual({ low: [-2], high: [2] });
    const { actionBounds: _, ...older } = metadata;
    for (const said of [metadata, older]) {
      writeFileSync(file, encodeSafetensors({ arrays, metadata: said }));
      const exported = async (format: string): Promise<string> => {
        const out = at(`bounds.${format}`);
        rmSync(out, { recursive: true, force: true });
        await runCommand(exportCommand, { RUN: run, format, out });
        return format === 'tfjs' ? join(out, 'model.json') : out;
      };
      expect(JSON.parse(readFileSync(await exported('json'), 'utf8')).actionBounds).toEqual({
        low: [-2],
        high: [2],
      });
      const { leash } = JSON.parse(readFileSync(await exported('tfjs'), 'utf8')).userDefinedMetadata;
      expect(leash.actionBounds).toEqual({ low: [-2], high: [2] });
      const { arrays: numpy } = readNpz(readZip(readFileSync(await exported('npz'))));
      expect([...(numpy.get('action.low')?.data ?? []), ...(numpy.get('action.high')?.data ?? [])]).toEqual([
        -2, 2,
      ]);
      // metadata_props of onnx.proto: field 14, of key (1) and value (2).
      const onnx = readFileSync(await exported('onnx'));
      const entry = (key: string, value: string): Buffer => {
        const part = (field: number, text: string) => [field * 8 + 2, text.length, ...Buffer.from(text)];
        const both = [...part(1, key), ...part(2, value)];
        return Buffer.from([14 * 8 + 2, both.length, ...both]);
      };
      expect(onnx.includes(entry('action.low', '[-2]'))).toBe(true);
      expect(onnx.includes(entry('action.high', '[2]'))).toBe(true);
    }
    writeFileSync(file, bytes);
  });

  test.each(['onnx', 'json', 'npz', 'tfjs'])('writes no %s into the folder of a run', async (format) => {
    const before = readdirSync(join(run, 'seed-0'));
    symlinkSync(join(run, 'seed-0'), at(`link-${format}`));
    const places = [
      join(run, 'seed-0', 'out'),
      join(run, 'seed-0', 'below', 'out'),
      join(at(`link-${format}`), 'out'),
    ];
    for (const out of format === 'tfjs' ? [...places, join(run, 'seed-0')] : places)
      await expect(runCommand(exportCommand, { RUN: run, format, out })).rejects.toThrow(
        `--out ${out} is in the folder of the run ${join(run, 'seed-0')}, where only what leash writes of it stands`,
      );
    expect(readdirSync(join(run, 'seed-0'))).toEqual(before);
  });

  test('names the formats there are, and a file where a folder belongs', async () => {
    await expect(runCommand(exportCommand, { RUN: run, format: 'pt', out: at('x') })).rejects.toThrow(
      '--format must be one of tfjs, onnx, json, npz, got pt',
    );
    writeFileSync(at('file'), '');
    // Node.js 20's recursive mkdir never returns there.
    if (process.platform === 'linux')
      await expect(runCommand(exportCommand, { RUN: run, format: 'tfjs', out: '/proc/x/y' })).rejects.toThrow(
        'ENOENT',
      );
    await expect(runCommand(exportCommand, { RUN: run, format: 'tfjs', out: at('file') })).rejects.toThrow(
      'is a file; tfjs',
    );
  });
});

describe('leash import', () => {
  test('prints settings that a run starts from a squashed policy with', async () => {
    const network = { ...experiment.network, squash: true, stateDependentStd: true };
    const place = await trained('squashed', { network });
    await runCommand(exportCommand, { RUN: place, format: 'json', out: at('squashed-policy.json') });
    const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    await runCommand(importCommand, { MODEL: at('squashed-policy.json'), out: at('squashed.safetensors') });
    const shown = written.mock.calls.map(([text]) => String(text)).join('');
    written.mockRestore();
    const settings = JSON.parse(shown.slice(shown.indexOf('{')));
    expect(settings.network).toMatchObject({ squash: true, stateDependentStd: true });
    const next = await trained('from-squashed', {
      ...settings,
      environment: { id: 'Pendulum-v1', ...settings.environment },
    });
    expect(loadRun(join(next, 'seed-0')).record.status).toBe('completed');
    // Without them it is another policy: one line says so.
    const { squash: _, ...others } = settings.network;
    await expect(
      trained('not-squashed', {
        environment: { id: 'Pendulum-v1', ...settings.environment },
        network: others,
      }),
    ).rejects.toThrow('is a squashedGaussian of 1, Pendulum-v1 needs a diagonalGaussian of 1');
  });

  test('writes nothing into the folder of a run, and nothing of it over', async () => {
    const MODEL = join(run, 'seed-0', 'policy.safetensors');
    const before = readdirSync(join(run, 'seed-0'));
    for (const out of [
      join(run, 'seed-0', 'start.safetensors'),
      join(run, 'seed-0', 'below', 'w.safetensors'),
    ])
      await expect(runCommand(importCommand, { MODEL, out })).rejects.toThrow(
        'where only what leash writes of it',
      );
    await expect(runCommand(importCommand, { MODEL, out: MODEL })).rejects.toThrow('is there already');
    expect(readdirSync(join(run, 'seed-0'))).toEqual(before);
  });

  test('gives what network.initialWeights takes: no update changes nothing, and shapes are checked', async () => {
    await runCommand(exportCommand, { RUN: run, format: 'tfjs', out: at('model') });
    await runCommand(importCommand, { MODEL: at('model/model.json'), out: at('start.safetensors') });
    const policy = { hidden: [8] };
    const network = { initialWeights: at('start.safetensors'), policy, value: policy };
    // A learning rate of almost nothing: what comes out is what went in.
    const again = await trained('again', { network, optimizer: { learningRate: 1e-30 } });
    const [before, after] = [run, again].map((r) => readPolicyFile(join(r, 'seed-0/policy.safetensors')));
    expect(after?.policy.parameters).toEqual(before?.policy.parameters);
    expect(after?.observationMoments?.count).toBe(2 * (before?.observationMoments?.count ?? 0));

    const wide = { ...network, policy: { hidden: [9] } };
    await expect(trained('wide', { network: wide })).rejects.toThrow(
      "network.initialWeights: its policy network is 3-8-1 tanh with 1 logStd, the config's 3-9-1 tanh",
    );
    expect(existsSync(at('runs/wide/seed-0'))).toBe(false);
    const raw = { id: 'Pendulum-v1' };
    await expect(trained('raw', { network, environment: raw })).rejects.toThrow(
      'normalizeObservations must be true',
    );
  });

  test.each(['json', 'npz', 'tfjs', 'safetensors'])(
    'gives back what export wrote as %s, byte for byte',
    async (format) => {
      const file = join(run, 'seed-0/policy.safetensors');
      const model = format === 'safetensors' ? file : at(`back.${format}`);
      if (format !== 'safetensors') await runCommand(exportCommand, { RUN: run, format, out: model });
      const MODEL = format === 'tfjs' ? join(model, 'model.json') : model;
      const out = at(`back-from-${format}.safetensors`);
      const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
      await runCommand(importCommand, { MODEL, out });
      const said = written.mock.calls.join('');
      written.mockRestore();
      if (format === 'tfjs') {
        expect(said).toContain(`${MODEL} has no value network: that of ${out} is new, its weights random`);
        const [before, after] = [readPolicyFile(file), readPolicyFile(out)];
        expect({ ...after, value: before.value }).toEqual(before);
      } else {
        expect(said).toBe('');
        expect(readFileSync(out)).toEqual(readFileSync(file));
      }
    },
  );

  test('a start from the same policy, sorted by name or its header reversed, trains to the same bytes', async () => {
    const file = join(run, 'seed-0/policy.safetensors');
    const parts = partsOf(readFileSync(file));
    const order = parts.arrays.map((_, i) => i).reverse();
    writeFileSync(at('reversed.safetensors'), joined(parts, order));
    const arrays = parts.arrays.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    writeFileSync(at('sorted.safetensors'), joined({ ...parts, arrays }));
    const ended: string[] = [];
    for (const [name, initialWeights] of [
      ['as-it-was', file],
      ['reversed', at('reversed.safetensors')],
      ['sorted', at('sorted.safetensors')],
    ] as const) {
      const started = await trained(name, { network: { ...experiment.network, initialWeights } });
      ended.push(
        readFileSync(join(started, 'seed-0/metrics.jsonl'), 'utf8') +
          loadRun(started).record.parametersSha256,
      );
    }
    expect(new Set(ended).size).toBe(1);
    expect(loadRun(at('runs/sorted')).record.parametersSha256).not.toBe(loadRun(run).record.parametersSha256);
  });

  test.each([
    [{ activation: 'gelu' }, '--activation must be one of tanh, relu, got gelu; did you mean relu?'],
    [{ logStd: '7' }, '--log-std must be in [-20, 2], got 7'],
    [{}, 'there is no file'],
  ])('refuses %o', async (flags, message) => {
    const given = { MODEL: at('none.npz'), out: at('none.safetensors'), ...flags };
    await expect(runCommand(importCommand, given)).rejects.toThrow(message);
  });
});

test('greedy evaluation agrees on every engine there is', async () => {
  const { config } = loadRun(run);
  const stored = readPolicyFile(join(run, 'seed-0/policy.safetensors'));
  const results: Float64Array[] = [];
  for (const { engine, backend } of present) {
    const { returns } = evaluate({
      definition: findEnvironment('Pendulum-v1'),
      options: config.environment.options,
      engine: await loadEngine(engine, { tfjsBackend: backend }),
      stored,
      episodes: 8,
      mode: 'greedy',
      seed: 3,
      taskSeed: 0,
    });
    results.push(returns);
  }
  for (const returns of results) {
    returns.forEach((value, i) => {
      expect(Math.abs(value / (results[0]?.[i] as number) - 1)).toBeLessThan(1e-3);
    });
  }
});

test('leash engines says of a missing one why, and what to do', () => {
  const lines = describeEngines([
    { engine: 'wasm', vectorBits: 256 },
    {
      engine: 'tfjs',
      backend: 'node',
      missing: 'tfjs-node is not installed: leash engines --setup builds it',
    },
  ]);
  expect(lines).toEqual([
    'wasm       there    fused SIMD kernels in WebAssembly; auto, the fastest; 256-bit vectors',
    'tfjs node  missing  TensorFlow.js on native TensorFlow (tfjs-node)',
    '                    tfjs-node is not installed: leash engines --setup builds it',
  ]);
});

test('nothing of TensorFlow.js is loaded where another engine computes', () => {
  const said = { CONFIG: at('first.json'), runs: at('runs'), name: 'no-tfjs', quiet: true };
  const program = `
    const { loadEngine } = await import('./src/node/load-engine.ts');
    await loadEngine('auto');
    const { trainCommand } = await import('./src/cli/commands/train.ts');
    const { runCommand } = await import('./test/cli/run-command.ts');
    await runCommand(trainCommand, ${JSON.stringify(said)});
    const { createRequire } = await import('node:module');
    const loaded = Object.keys(createRequire(process.cwd() + '/x.js').cache).filter((path) => /tensorflow/.test(path));
    console.log(JSON.stringify(loaded));`;
  const root = new URL('../../', import.meta.url).pathname;
  const args = ['--import', 'tsx', '--input-type=module', '-e', program];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual([]);
});
