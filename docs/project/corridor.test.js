import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkEnvironment, loadEnvironment, loadPolicy, randomStream, train } from 'leash-rl';

const environment = await loadEnvironment('corridor.ts');

test('training would suffer from nothing', () => {
  assert.deepEqual(checkEnvironment(environment).findings, []);
});

test('two steps to the right are the way out of three cells', () => {
  const random = randomStream(0, 'test');
  const corridor = environment.create(environment.options.parse({ cells: 3 }), random);
  const observation = new Float32Array(1);
  const transition = { reward: 0, terminated: false };
  corridor.reset(random, observation);
  for (const reward of [-0.01, 1]) {
    corridor.step(Float32Array.of(1), random, observation, transition);
    assert.equal(transition.reward, reward);
  }
  assert.deepEqual([observation[0], transition.terminated], [2, true]);
});

test('a policy learns the way out', async (context) => {
  const runs = mkdtempSync(join(tmpdir(), 'corridor-'));
  context.after(() => rmSync(runs, { recursive: true }));
  const { path } = await train({ config: 'corridor.json', runs });
  const policy = await loadPolicy(path, { environment });
  assert.ok(policy.evaluate({ episodes: 100 }).mean > 0.85);
  policy.dispose();
});
