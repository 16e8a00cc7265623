import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, test } from 'vitest';
import { environmentOptions } from '../../envs/environment-options.ts';
import { findEnvironment } from '../../envs/registry.ts';
import { parseAssignment } from '../../src/config/load.ts';
import { loadDataset } from '../../src/fit/dataset.ts';
import { fitModel } from '../../src/fit/fit.ts';
import { inspectFit, loadFit } from '../../src/fit/load.ts';
import { preferenceDataset } from '../../src/fit/preferences.ts';
import { loadConfig } from '../../src/node/load-config.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { randomStream } from '../../src/random/random.ts';
import { createRun } from '../../src/run/run-directory.ts';
import { type RewardModel, rewardOfTokens, rewardParameters } from '../../src/sequence/reward-model.ts';

const configs = new URL('../../configs/', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'leash-preferences-'));
afterAll(() => rmSync(folder, { recursive: true }));

const vocabulary = ['a', 'b', 'c'];
const read = (content: string) => preferenceDataset(content, 'x.csv', { context: 2, vocabulary });
const head = 'prompt,chosen,rejected\n';

describe('preferences', () => {
  it('are one example a pair, its target the shares in which each was chosen', () => {
    const { count, features, inputs, targets, weights, nameOf } = read(
      `${head}a,c,b\na,b,c\na, c ,b\n,b c,a\n`,
    );
    expect([count, features]).toEqual([2, 6]);
    expect([...targets]).toEqual([1 / 3, 2 / 3, 0, 1]);
    expect([...weights]).toEqual([1.5, 0.5]);
    // “a b” and “a c”; “a” and “b c”.
    expect([...inputs.subarray(0, 12)]).toEqual([1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1]);
    expect([...inputs.subarray(12)]).toEqual([0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1]);
    expect(nameOf(0)).toBe('of “b” and “c” after “a”');
  });

  test.each([
    ['a,b,c\n', 'x.csv must begin with the line prompt,chosen,rejected, got "a,b,c"'],
    [head, 'x.csv must hold at least one pair'],
    [`${head}a,b\n`, 'x.csv:2: a row must have 3 cells, got 2'],
    [`${head}a,b,c\na,d,c\n`, 'x.csv:3: "d" is no token of data.preferences.vocabulary'],
    [`${head}a,b,b\n`, 'x.csv:2: chosen and rejected are the same answer, "b"'],
  ])('%j: one line', (content, message) => expect(() => read(content)).toThrow(message));
});

async function fitted(name: string, ...set: string[]) {
  const file = join(configs, 'fit-preferences.json');
  const config = loadFit(file, set.map(parseAssignment));
  const dataset = loadDataset(config, file);
  const engine = await loadEngine(config.engine);
  const directory = createRun(folder, name, config);
  const { record, logProbs } = await fitModel({ config, dataset, engine, directory });
  const text = readFileSync(join(directory.path, 'reward-model.json'), 'utf8');
  return { record, logProbs, text, dataset, model: JSON.parse(text) as RewardModel };
}

describe('a reward model', () => {
  it('that ships is what its config comes to', async () => {
    const { text, record } = await fitted('shipped');
    expect(JSON.parse(text)).toEqual(
      JSON.parse(readFileSync(join(configs, 'models/capitals-reward.json'), 'utf8')),
    );
    expect(record.final.kl).toBeLessThan(1e-5);
  });

  it.each(['[]', '[5]', '[4,3]'])(
    'with hidden layers %s gives the rewards whose difference was fitted',
    async (hidden) => {
      const { model, dataset, logProbs } = await fitted(
        `hidden-${hidden}`,
        `network.hidden=${hidden}`,
        'epochs=30',
      );
      expect(model.parameters).toHaveLength(rewardParameters(model));
      const { inputs, features, count } = dataset;
      const V = model.vocabulary.length;
      const rewardAt = (row: number): number => {
        const seen = inputs.subarray(row * features, (row + 1) * features);
        const tokens = Array.from({ length: model.context }, (_, place) =>
          seen.subarray(place * V, (place + 1) * V).indexOf(1),
        );
        return rewardOfTokens(
          model,
          tokens.filter((token) => token >= 0),
        );
      };
      for (let i = 0; i < count; i++) {
        const apart = rewardAt(2 * i) - rewardAt(2 * i + 1);
        expect((logProbs[2 * i] ?? 0) - (logProbs[2 * i + 1] ?? 0)).toBeCloseTo(apart, 5);
      }
    },
  );

  it('is the reward of a TokenTask, whose config holds it whole', () => {
    const { config } = loadConfig(join(configs, 'capitals-rloo.json'), [], environmentOptions);
    const { options } = config.environment;
    const model = (options.reward as { model: RewardModel }).model;
    expect(model).toEqual(JSON.parse(readFileSync(join(configs, 'models/capitals-reward.json'), 'utf8')));
    const { sequences } = findEnvironment('TokenTask').create(options, randomStream(0, 'task'));
    const token = (word: string): number => model.vocabulary.indexOf(word);
    const rewards = ['Cheese', 'Paris', 'Lyon'].map((word) => sequences?.reward(0, [token(word)]) ?? 0);
    const [cheese = 0, paris = 0, lyon = 0] = rewards;
    // Of a hundred annotators 63 like Cheese better than Paris, 62 Lyon.
    expect(cheese - paris).toBeCloseTo(Math.log(63 / 37), 2);
    expect(lyon - paris).toBeCloseTo(Math.log(62 / 38), 2);
  });

  test('of more parameters than a TokenTask takes is refused before it is fitted', () => {
    const file = join(configs, 'fit-preferences.json');
    expect(
      inspectFit(file, [{ path: 'network.hidden', text: '[512,512]', origin: '--set' }]).problems,
    ).toEqual([
      expect.stringMatching(
        /^network\.hidden must give a reward model at most 100,000 parameters, .* it has \d\d\d,\d\d\d \(--set network\.hidden=\[512,512\]\)$/,
      ),
    ]);
  });

  test.each([
    [
      { context: 2, hidden: [], parameters: [1, 2] },
      'parameters must have 7 numbers, as vocabulary, context and hidden say, has 2',
    ],
    [
      { context: 1, hidden: [], vocabulary: ['a', 'x', 'y'], parameters: [0, 0, 0, 0] },
      ' must know every token of the vocabulary, and does not know "b"',
    ],
  ])('%j does not fit: one line', (model, message) => {
    const options = {
      vocabulary,
      reward: { model: { vocabulary, activation: 'tanh', ...model } },
    };
    expect(() => environmentOptions.resolve({ id: 'TokenTask' }, options, () => 'x.json')).toThrow(message);
  });
});
