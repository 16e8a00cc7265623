import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { findEnvironment } from '../../envs/registry.ts';
import { environmentOptions } from '../../envs/environment-options.ts';
import { fitCommand } from '../../src/cli/commands/fit.ts';
import {
  availableMemory,
  requireMemory,
  threadsWithAddresses,
  workersWithAddresses,
} from '../../src/cli/memory.ts';
import { loadConfig } from '../../src/node/load-config.ts';
import { loadDataset } from '../../src/fit/dataset.ts';
import { loadFit } from '../../src/fit/load.ts';
import { estimateFit } from '../../src/fit/memory-estimate.ts';
import { layoutOf } from '../../src/network/layout.ts';
import { encodePolicy } from '../../src/run/policy-file.ts';
import {
  estimateClone,
  estimateEvaluation,
  estimateMemory,
  spacesOf,
} from '../../src/train/memory-estimate.ts';
import type { Command } from './peak-memory.ts';
import { runCommand } from './run-command.ts';

const root = new URL('../../', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'leash-memory-'));
let made = 0;

function file(content: object): string {
  const path = join(folder, `${made++}.json`);
  writeFileSync(path, JSON.stringify(content));
  return path;
}

function estimateOf(config: string, threads: 1 | 2) {
  const loaded = loadConfig(config, [], environmentOptions).config;
  const definition = findEnvironment(loaded.environment.id as string);
  return estimateMemory(loaded, definition, spacesOf(definition, loaded), threads);
}

/** Bytes that a command takes at most beyond what one like it, but small, left. */
function measure(warm: Command, command: Command): number {
  // Garbage is swept when it is made, not when another thread gets its turn: the same on a busy machine.
  const preload = ['--import', 'tsx', '--expose-gc', '--single-threaded-gc'];
  const args = ['test/cli/peak-memory.ts', JSON.stringify(warm), JSON.stringify(command)];
  const { stdout, stderr, status } = spawnSync(process.execPath, [...preload, ...args], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(status, stderr).toBe(0);
  return Number(/^peak (\d+)$/m.exec(stdout)?.[1]);
}

function expectWithin30Percent(estimated: number, measured: number): void {
  // So much that the rest of the process is little beside it; what is swept when takes or gives a tenth.
  expect(measured).toBeGreaterThan(80e6);
  expect(estimated / measured).toBeGreaterThan(0.7);
  expect(estimated / measured).toBeLessThan(1.3);
}

const train = (config: object, threads: 1 | 2): Command => ({
  command: 'train',
  CONFIG: file(config),
  runs: join(folder, `${made++}`),
  threads: String(threads),
  quiet: true,
});
const fitting = (config: object): Command => ({
  command: 'fit',
  CONFIG: file(config),
  runs: join(folder, `${made++}`),
  quiet: true,
});

const linear = { policy: { hidden: [] }, value: { hidden: [] } };
const small = {
  steps: 64,
  environment: { id: 'CartPole-v1' },
  rollout: { steps: 16 },
  ppo: { minibatchSize: 64 },
};

/** Where peaks of a process can be told apart from those before it. */
const CAN_MEASURE = existsSync('/proc/self/clear_refs');

describe.runIf(CAN_MEASURE)('the estimate is within 30% of what is taken', () => {
  test.each<[string, 1 | 2, object]>([
    [
      'a long rollout of many copies',
      1,
      {
        steps: 512_000,
        environment: { id: 'CartPole-v1', copies: 512 },
        rollout: { steps: 1000 },
        ppo: { epochs: 1, minibatchSize: 128_000 },
        network: linear,
      },
    ],
    [
      'TRPO on two threads',
      2,
      {
        algorithm: 'trpo',
        steps: 60_000,
        environment: { id: 'Pendulum-v1', copies: 60 },
        rollout: { steps: 1000 },
        trpo: { value: { epochs: 1, minibatchSize: 8192 } },
      },
    ],
    [
      'a large map, one-hot',
      1,
      {
        steps: 1024,
        environment: {
          id: 'GridWorld',
          copies: 16,
          options: { map: [`S${'.'.repeat(58)}G`, ...Array(59).fill('.'.repeat(60))], timeLimit: 100 },
        },
        rollout: { steps: 64 },
        ppo: { epochs: 1, minibatchSize: 512 },
        network: { policy: { hidden: [64] }, value: { hidden: [64] } },
      },
    ],
    [
      'many arms in many copies',
      1,
      {
        steps: 4096,
        environment: { id: 'BernoulliBandit', copies: 48, options: { arms: 5000 } },
        rollout: { steps: 16 },
        ppo: { epochs: 1 },
        network: linear,
      },
    ],
  ])('of a run: %s', (_, threads, content) => {
    const estimated = estimateOf(file(content), threads).ownBytes;
    const measured = measure(train(small, threads), train(content, threads));
    expectWithin30Percent(estimated, measured);
  });

  /** A table of so many rows, and a config that fits it. */
  function table(rows: number, more: object): object {
    const name = join(folder, `${made++}.csv`);
    const lines = Array.from({ length: rows }, (_, i) => `${i % 97},${(i * 7919) % 1000}.25,class ${i % 3}`);
    writeFileSync(name, `a,b,c\n${lines.join('\n')}\n`);
    return {
      data: { file: basename(name), table: { features: ['a', 'b'], target: ['c'] } },
      epochs: 1,
      ...more,
    };
  }

  test.each<[string, () => object]>([
    ['large minibatches', () => table(40_000, { batchSize: 40_000, network: { hidden: Array(8).fill(64) } })],
    ['a long table', () => table(160_000, { batchSize: 4096 })],
    [
      'a text of many contexts',
      () => {
        const name = join(folder, `${made++}.txt`);
        let last = 1;
        const characters = Array.from({ length: 9_000 }, () => {
          last = (last * 16_807) % 2_147_483_647;
          return String.fromCharCode(0x4e00 + (last % 300));
        });
        writeFileSync(name, characters.join(''));
        return {
          data: { file: basename(name), text: { tokens: 'characters', context: 2 } },
          epochs: 1,
          batchSize: 256,
        };
      },
    ],
  ])('of a fit: %s', (_, make) => {
    const given = fitting({ ...make() });
    const path = (given as { CONFIG: string }).CONFIG;
    const config = loadFit(path, []);
    let estimated = 0;
    loadDataset(config, path, (sizes) => {
      estimated = estimateFit(config, sizes).ownBytes;
    });
    expectWithin30Percent(estimated, measure(fitting(table(100, {})), given));
  });

  /** A policy of zeros, of a bandit where nothing else is said. */
  function policyOf(hidden: number[], inputs = 1, actions = 10): string {
    const network = (widths: number[], outputs: number) => {
      const shape = { inputs, hidden: widths, outputs, activation: 'tanh', logStd: 0 } as const;
      const layout = layoutOf(shape);
      return { shape, layout, parameters: new Float32Array(layout.size) };
    };
    const path = join(folder, `${made++}.safetensors`);
    const networks = { policy: network(hidden, actions), value: network([], 1) };
    writeFileSync(path, encodePolicy({ head: 'categorical', ...networks }));
    return path;
  }

  test.each<[string, number[], number]>([
    ['a large policy', [4096, 4096], 16],
    ['many episodes', [], 7_000_000],
  ])('of an evaluation: %s', (_, hidden, episodes) => {
    const evaluation = (RUN: string, times: number): Command => ({
      command: 'evaluate',
      ...{ RUN, env: 'BernoulliBandit', episodes: String(times), seed: '0', json: true },
    });
    const [path, little] = [policyOf(hidden), policyOf([])];
    const definition = findEnvironment('BernoulliBandit');
    const { config } = loadConfig(file({ environment: { id: definition.id } }), [], environmentOptions);
    const policy = { path, bytes: statSync(path).size };
    const spaces = spacesOf(definition, config);
    const estimate = estimateEvaluation(definition, config.environment.options, spaces, policy, episodes);
    expectWithin30Percent(estimate.ownBytes, measure(evaluation(little, 16), evaluation(path, episodes)));
  });

  test('of a clone that is shown many states', () => {
    const EXPERT = policyOf([], 4, 2);
    const linearNetworks = ['network.policy.hidden=[]', 'network.value.hidden=[]'];
    const cloning = (steps: number): Command => ({
      command: 'clone',
      ...{ EXPERT, env: 'CartPole-v1', set: linearNetworks, steps: String(steps), epochs: '1', quiet: true },
      ...{ runs: join(folder, `${made++}`), batchSize: '256' },
    });
    const definition = findEnvironment('CartPole-v1');
    const content = file({ environment: { id: definition.id }, network: linear });
    const { config } = loadConfig(content, [], environmentOptions);
    const lessons = { count: 1_400_000, what: '--steps 1400000' };
    const estimate = estimateClone(config, definition, spacesOf(definition, config), lessons, 256);
    expectWithin30Percent(estimate.ownBytes, measure(cloning(64), cloning(lessons.count)));
  });
});

it('refuses what does not fit at once, naming the settings, the estimate and what there is', () => {
  const estimate = estimateOf(
    file({ ...small, rollout: { steps: 1_000_000 }, environment: { id: 'CartPole-v1', copies: 4096 } }),
    1,
  );
  const available = { bytes: 8e9, limit: 'this machine has' };
  expect(() => requireMemory(estimate, 'a.json', 1, available)).toThrow(
    /^about 7\d\d\.\d GB of memory would be needed \(rollout\.steps 1000000 × environment\.copies 4096 = 4096000000 samples: 7\d\d\.\d GB\), this machine has 8\.0 GB \(a\.json\)$/,
  );
  const few = estimateOf(file(small), 1);
  expect(() => requireMemory(few, 'a.json', 1, available)).not.toThrow();
  expect(() => requireMemory(few, 'a.json', 1000, available)).toThrow(
    /^1000 runs at once \(--workers\): about/,
  );
  expect(availableMemory().bytes).toBeGreaterThan(0);
});

it('says what of a fit and of an evaluation is too large', () => {
  const available = { bytes: 1e9, limit: 'this machine has' };
  const config = loadFit(
    file({ data: { file: 'a.csv', text: {} }, batchSize: 65_536, network: { hidden: [4096] } }),
    [],
  );
  const sizes = { what: 'data.file a.csv', count: 70_000, features: 20, classes: 3, cells: 0 };
  expect(() => requireMemory(estimateFit(config, sizes), 'a.json', 1, available)).toThrow(
    /^about 1\.2 GB of memory would be needed \(batchSize 65536: 1\.1 GB\), this machine has 1\.0 GB \(a\.json\)$/,
  );
  const long = estimateFit(config, { ...sizes, count: 9_000_000 });
  expect(() => requireMemory(long, 'a.json', 1, available)).toThrow(
    'data.file a.csv: 9000000 examples × (20 inputs + 3 classes): 2.4 GB',
  );
  const definition = findEnvironment('CartPole-v1');
  const { config: cartPole } = loadConfig(file(small), [], environmentOptions);
  const policy = { path: 'p.safetensors', bytes: 4e8 };
  const lessons = { count: 1e7, what: '--steps 10000000' };
  const clone = estimateClone(cartPole, definition, spacesOf(definition, cartPole), lessons, 256);
  expect(() => requireMemory(clone, 'clone of a', 1, available)).toThrow(
    /^about 1\.\d GB of memory would be needed \(--steps 10000000: 10000000 states × 4 inputs: 1\.\d GB\)/,
  );
  const evaluation = estimateEvaluation(definition, {}, spacesOf(definition, cartPole), policy, 10);
  expect(() => requireMemory(evaluation, 'p.safetensors', 1, available)).toThrow(
    /^about 1\.3 GB of memory would be needed \(p\.safetensors of 400000000 bytes: 1\.2 GB\)/,
  );
});

it('a fit that the engine has no memory for is one line, and leaves no run', async () => {
  const name = join(folder, 'lines.csv');
  writeFileSync(name, `a,c\n${Array.from({ length: 66_000 }, (_, i) => `${i},${i % 2}`).join('\n')}\n`);
  const CONFIG = file({
    data: { file: 'lines.csv', table: { features: ['a'], target: ['c'] } },
    ...{ batchSize: 65_536, network: { hidden: Array(8).fill(2048) } },
  });
  const runs = join(folder, 'none');
  await expect(runCommand(fitCommand, { CONFIG, runs, quiet: true })).rejects.toThrow(
    /^network \(hidden .*\) and a batch of 65536 examples \(batchSize\) do not fit into the engine's memory: \d+ bytes/,
  );
  expect(existsSync(runs)).toBe(false);
});

describe('where ulimit -v limits addresses', () => {
  const left = (gigabytes: number) => ({ bytes: gigabytes * 1e9, limit: 'ulimit -v leaves' });
  it('auto takes one thread where there are too few for two', () => {
    expect(threadsWithAddresses('auto', 'wasm', left(100))).toBe('auto');
    expect(threadsWithAddresses('auto', 'wasm', left(40))).toBe(1);
    expect(threadsWithAddresses(2, 'reference', left(1))).toBe(2);
  });
  it('says so in one line, with the way out, where there are too few', () => {
    const way = 'NODE_OPTIONS=--disable-wasm-trap-handler';
    expect(() => threadsWithAddresses(1, 'wasm', left(16))).toThrow(way);
    expect(() => threadsWithAddresses(2, 'wasm', left(40))).toThrow('--threads 1');
  });
  it('an experiment takes fewer workers where nobody asked for a number, and refuses what does not fit', () => {
    expect(workersWithAddresses(2, false, left(100))).toBe(2);
    expect(workersWithAddresses(2, false, left(40))).toBe(1);
    expect(() => workersWithAddresses(2, true, left(40))).toThrow('take --workers 1');
    expect(() => workersWithAddresses(2, false, left(16))).toThrow('for 2 workers, ulimit -v leaves');
  });
  it('counts what code and heaps take beside the memories: at 32 GB a run would start and fail', () => {
    expect(() => threadsWithAddresses(1, 'wasm', left(31.9))).toThrow('32.4 GB');
    expect(threadsWithAddresses(1, 'wasm', left(33.9))).toBe(1);
  });
});
