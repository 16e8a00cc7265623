import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { findEnvironment } from '../../envs/registry.ts';
import { type Config, configSchema } from '../../src/config/schema.ts';
import { decodeTensors } from '../../src/formats/safetensors.ts';
import { parseRunAt, policyAt, readCheckpoint } from '../../src/node/checkpoints.ts';
import { nodeHost } from '../../src/node/host.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { readPolicyFile, sha256 } from '../../src/node/policy.ts';
import type { EnvironmentDefinition } from '../../src/rollout/environment.ts';
import {
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  policyOfCheckpoint,
} from '../../src/run/checkpoint-file.ts';
import { createRun } from '../../src/run/run-directory.ts';
import { train } from '../../src/train/train.ts';

const engine = await loadEngine('wasm');
const cartPole = findEnvironment('CartPole-v1');

function configOf(over: object): Config {
  return configSchema.parse({
    environment: {
      id: 'CartPole-v1',
      copies: 2,
      options: cartPole.options.parse({}),
      normalizeObservations: true,
    },
    rollout: { steps: 16 },
    steps: 32 * 10,
    network: { policy: { hidden: [3] }, value: { hidden: [3] } },
    ppo: { epochs: 1, minibatchSize: 16 },
    ...over,
  });
}

async function run(over: object, definition = cartPole, signal?: { aborted: boolean }): Promise<string> {
  const config = configOf(over);
  const directory = createRun(mkdtempSync(join(tmpdir(), 'leash-keeper-')), 'a', config);
  await train({ config, definition, engine, directory, host: nodeHost, signal });
  return directory.path;
}

const names = (path: string, folder: string): string[] => {
  try {
    return readdirSync(join(path, folder)).sort();
  } catch {
    return [];
  }
};
const file = (update: number): string => `update-${update}.safetensors`;

describe('which checkpoints and snapshots there are at the end', () => {
  it.each<[string, object, number[], number[]]>([
    ['as it is: within a second the last one alone', {}, [10], []],
    ['every three updates, two kept', { checkpoint: { everyUpdates: 3 } }, [9, 10], []],
    ['one kept', { checkpoint: { everyUpdates: 3, keep: 1 } }, [10], []],
    ['all kept', { checkpoint: { everyUpdates: 4, keep: 'all' } }, [4, 8, 10], []],
    ['at the end alone', { checkpoint: { everySeconds: null, keep: 'all' } }, [10], []],
    ['none', { checkpoint: null }, [], []],
    ['policies', { checkpoint: null, snapshots: { everyUpdates: 4 } }, [], [4, 8]],
  ])('%s', async (_, over, checkpoints, snapshots) => {
    const path = await run(over);
    expect(names(path, 'checkpoints').sort()).toEqual(checkpoints.map(file).sort());
    expect(names(path, 'snapshots')).toEqual(snapshots.map(file));
  });
});

test('nothing of it changes a row or the policy', async () => {
  const [plain, kept] = [
    await run({ checkpoint: null }),
    await run({ checkpoint: { everyUpdates: 1 }, snapshots: { everyUpdates: 1 } }),
  ];
  for (const name of ['metrics.jsonl', 'policy.safetensors'])
    expect(readFileSync(join(kept, name)).equals(readFileSync(join(plain, name))), name).toBe(true);
});

test('by seconds: never sooner than they say, nor before 200 times what the last one took', async () => {
  const everySeconds = 1e-6;
  const path = await run({ checkpoint: { everySeconds, keep: 'all' } });
  // Ten updates of a millisecond: after the first checkpoint none is due.
  expect(names(path, 'checkpoints').length).toBeLessThan(5);
});

test('a run that is stopped has a checkpoint of where it was, on the way to an update that was collected, too', async () => {
  const signal = { aborted: false };
  const stopping: EnvironmentDefinition = {
    ...cartPole,
    create: (...given) => {
      const cart = cartPole.create(...given);
      let steps = 0;
      return Object.assign(Object.create(cart), {
        step: (...step: Parameters<typeof cart.step>) => {
          steps += 1;
          if (steps === 16 * 3 + 5) signal.aborted = true;
          cart.step(...step);
        },
      });
    },
  };
  const path = await run({}, stopping, signal);
  expect(names(path, 'checkpoints')).toEqual([file(4)]);
});

test('an environment without snapshots trains, has no checkpoints, and its log says so', async () => {
  const mute: EnvironmentDefinition = {
    ...cartPole,
    create: (...given) =>
      Object.assign(cartPole.create(...given), { snapshot: undefined, restore: undefined }),
  };
  const path = await run({}, mute);
  expect(names(path, 'checkpoints')).toEqual([]);
  expect(readFileSync(join(path, 'log.jsonl'), 'utf8')).toContain('CartPole-v1 has no snapshot and restore');
});

describe('the file of a checkpoint', async () => {
  const path = await run({ checkpoint: { everyUpdates: 5 }, snapshots: { everyUpdates: 5 }, steps: 32 * 9 });
  const place = join(path, 'checkpoints', file(5));
  const bytes = readFileSync(place);
  const { checkpoint } = readCheckpoint(place) as { checkpoint: Checkpoint };

  it('is the same again', () => {
    expect(Buffer.from(encodeCheckpoint(checkpoint, sha256)).equals(bytes)).toBe(true);
  });

  it('is a safetensors file whose arrays others read', () => {
    const { arrays } = decodeTensors(bytes, place);
    expect(arrays.get('policy.parameters')?.data).toEqual(checkpoint.state.policy.parameters);
    expect(arrays.get('collecting.environment.environments')?.shape).toEqual([2, 4]);
  });

  it('is told from every file that differs in one byte', () => {
    for (let at = 0; at < bytes.length; at++) {
      const other = new Uint8Array(bytes);
      other[at] = (other[at] as number) ^ (1 << (at % 8));
      expect(decodeCheckpoint(other, place, sha256).damage, `byte ${at}`).toBeDefined();
    }
  });

  it('is told from every beginning of it', () => {
    for (let length = 0; length < bytes.length; length += 97)
      expect(decodeCheckpoint(bytes.subarray(0, length), place, sha256).damage).toBeDefined();
  });

  it('of another version of leash is refused, of another update damaged', () => {
    const foreign = encodeCheckpoint({ ...checkpoint, leash: '9.9.9' }, sha256);
    expect(() => decodeCheckpoint(foreign, 'x', sha256)).toThrow(
      /^x is a checkpoint of another version of leash: leash 9\.9\.9 wrote it, this is /,
    );
    const text = Buffer.from(bytes).toString('latin1').replace('leash-checkpoint-1', 'leash-checkpoint-2');
    const later = Buffer.from(text, 'latin1');
    const sum = later.indexOf('"sha256":"') + '"sha256":"'.length;
    later.write('0'.repeat(64), sum, 'latin1');
    later.write(sha256(later), sum, 'latin1');
    expect(() => decodeCheckpoint(later, 'x', sha256)).toThrow(
      'x is a checkpoint of another version of leash: its format is 2',
    );
    const moved = join(path, 'checkpoints', file(77));
    writeFileSync(moved, bytes);
    expect(readCheckpoint(moved).damage).toBe(`${moved} holds update 5`);
  });

  it('has the policy of its update, as the snapshot has it', () => {
    const snapshot = readPolicyFile(join(path, 'snapshots', file(5)));
    const { state } = checkpoint;
    expect(state.policy.parameters).toEqual(snapshot.policy.parameters);
    expect(state.collecting.observationMoments).toEqual(snapshot.observationMoments);
    const run = { path, config: checkpoint.config, record: {} };
    expect(policyAt(run, 5, 9).file).toBe(join(path, 'snapshots', file(5)));
    expect(policyAt(run, 9, 9).file).toBe(join(path, 'policy.safetensors'));
    expect(policyAt(run, 9, undefined).file).toBe(join(path, 'checkpoints', file(9)));
    expect(() => policyAt(run, 7, 9)).toThrow(`${path} has no policy of update 7; it has those of 5, 9`);
  });
});

test('the policy in a checkpoint says all that the policy of its run says', async () => {
  for (const [id, options, over] of [
    [
      'TokenTask',
      { vocabulary: ['a', 'b'], length: 2, reward: { rule: { kind: 'count', token: 'a' } } },
      { copies: 4 },
    ],
    ['Pendulum-v1', {}, { copies: 2, normalizeObservations: true }],
  ] as const) {
    const definition = findEnvironment(id);
    const environment = { id, options: definition.options.parse(options), ...over };
    const path = await run({ environment, steps: 320 }, definition);
    const { checkpoint } = readCheckpoint(
      join(path, 'checkpoints', names(path, 'checkpoints')[0] as string),
    ) as {
      checkpoint: Checkpoint;
    };
    const stored = readPolicyFile(join(path, 'policy.safetensors'));
    expect(stored).toHaveProperty(id === 'TokenTask' ? 'tokens' : 'actionBounds');
    expect(policyOfCheckpoint(checkpoint)).toEqual(stored);
  }
});

test('RUN@UPDATE is one where nothing of that name is there', () => {
  const folder = `${mkdtempSync(join(tmpdir(), 'leash-keeper-'))}@3`;
  expect(parseRunAt(folder)?.update).toBe(3);
  expect(parseRunAt('runs/a@12')).toEqual({ run: 'runs/a', update: 12 });
  for (const other of ['runs/a', 'a@b', '@3', 'a@', 'a@-1']) expect(parseRunAt(other)).toBeUndefined();
});
