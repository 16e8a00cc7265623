import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { findEnvironment } from '../../envs/registry.ts';
import { environmentOptions } from '../../src/cli/environments.ts';
import {
  availableMemory,
  requireMemory,
  threadsWithAddresses,
  workersWithAddresses,
} from '../../src/cli/memory.ts';
import { loadConfig } from '../../src/config/load.ts';
import { estimateMemory, spacesOf } from '../../src/train/memory-estimate.ts';

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
  const definition = findEnvironment(loaded.environment.id);
  return estimateMemory(loaded, definition, spacesOf(definition, loaded), threads);
}

/** Peak memory of a run, bytes. */
function measure(config: string, threads: 1 | 2): number {
  const preload = ['--import', 'tsx', '--import', './test/bench/peak-memory.mjs'];
  const args = [
    'train',
    config,
    '--runs',
    join(folder, `${made++}`),
    '--quiet',
    '--threads',
    String(threads),
  ];
  const { stderr, status } = spawnSync(process.execPath, [...preload, 'src/cli/main.ts', ...args], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(status, stderr).toBe(0);
  // Of this thread's report and that of the value network's, the process's peak is the larger.
  return Math.max(...[...stderr.matchAll(/peak memory ([\d.]+)/g)].map(([, mb]) => Number(mb))) * 1024 * 1024;
}

const linear = { policy: { hidden: [] }, value: { hidden: [] } };
const small = {
  steps: 64,
  environment: { id: 'CartPole-v1' },
  rollout: { steps: 16 },
  ppo: { minibatchSize: 64 },
};

/** Small, and yet trained on the thread of its own that long updates get, as all below are. */
const onThread = {
  ...small,
  environment: { id: 'GridWorld', options: { map: `S${'.'.repeat(1100)}G` } },
  network: linear,
};

test.each<[string, 1 | 2, object]>([
  [
    'a long rollout of many copies',
    1,
    {
      steps: 256_000,
      environment: { id: 'CartPole-v1', copies: 256 },
      rollout: { steps: 1000 },
      ppo: { epochs: 1, minibatchSize: 64_000 },
      network: linear,
    },
  ],
  [
    'TRPO on two threads',
    2,
    {
      algorithm: 'trpo',
      steps: 100_000,
      environment: { id: 'Pendulum-v1', copies: 100 },
      rollout: { steps: 1000 },
      trpo: { value: { epochs: 1, minibatchSize: 8192 } },
    },
  ],
  [
    'a large map, one-hot',
    1,
    {
      steps: 256,
      environment: {
        id: 'GridWorld',
        options: { map: [`S${'.'.repeat(58)}G`, ...Array(59).fill('.'.repeat(60))] },
      },
      rollout: { steps: 64 },
      ppo: { epochs: 1 },
      network: { policy: { hidden: [256] }, value: { hidden: [256] } },
    },
  ],
  [
    'many arms in many copies',
    1,
    {
      steps: 4096,
      environment: { id: 'BernoulliBandit', copies: 128, options: { arms: 5000 } },
      rollout: { steps: 16 },
      ppo: { epochs: 1 },
      network: linear,
    },
  ],
])('the estimate for %s is within 30%% of what the run takes', (_, threads, content) => {
  const [config, least] = [file(content), file(onThread)];
  // Running from source takes more than the built command: what is compared is the difference to a small run.
  const estimated = estimateOf(config, threads).bytes - estimateOf(least, threads).bytes;
  // On a busy machine garbage is swept late and the peak is higher: the least of three counts, whatever they are.
  const leastPeak = (path: string): number => Math.min(...[0, 1, 2].map(() => measure(path, threads)));
  const measured = leastPeak(config) - leastPeak(least);
  expect(measured).toBeGreaterThan(45e6);
  expect(estimated / measured).toBeGreaterThan(0.7);
  expect(estimated / measured).toBeLessThan(1.3);
});

it('refuses what does not fit at once, naming the settings, the estimate and what there is', () => {
  const estimate = estimateOf(
    file({ ...small, rollout: { steps: 1_000_000 }, environment: { id: 'CartPole-v1', copies: 4096 } }),
    1,
  );
  const available = { bytes: 8e9, limit: 'this machine has' };
  expect(() => requireMemory(estimate, 'a.json', 1, available)).toThrow(
    /^about 6\d\d\.\d GB of memory would be needed \(rollout\.steps 1000000 × environment\.copies 4096 = 4096000000 samples: 6\d\d\.\d GB\), this machine has 8\.0 GB \(a\.json\)$/,
  );
  const few = estimateOf(file(small), 1);
  expect(() => requireMemory(few, 'a.json', 1, available)).not.toThrow();
  expect(() => requireMemory(few, 'a.json', 1000, available)).toThrow(
    /^1000 runs at once \(--workers\): about/,
  );
  expect(availableMemory().bytes).toBeGreaterThan(0);
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
