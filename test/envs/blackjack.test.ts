import { describe, expect, it } from 'vitest';
import { findEnvironment } from '../../envs/registry.ts';
import { type Random, randomStream } from '../../src/random/random.ts';
import type { TabularModel } from '../../src/rollout/environment.ts';

const definition = findEnvironment('Blackjack-v1');
const optionsOf = (given: object) => definition.options.parse(given);
const state = (sum: number, dealer: number, ace: 0 | 1): number => (sum * 11 + dealer) * 2 + ace;

/** A stream that gives these cards, 11 of the deck's indices being a ten. */
function stacked(cards: readonly number[]): Random {
  let next = 0;
  const integer = (): number => {
    const card = cards[next++];
    if (card === undefined) throw new Error('no card left');
    return card - 1;
  };
  return { integer } as unknown as Random;
}

/** Cards in Gymnasium's order: two of the dealer, two of the player, then as they are drawn. */
function played(cards: readonly number[], actions: readonly number[], given: object = {}) {
  const random = stacked(cards);
  const game = definition.create(optionsOf(given), randomStream(0, 'task'));
  const observation = new Float32Array(1);
  const transition = { reward: 0, terminated: false };
  game.reset(random, observation);
  const seen = [observation[0]];
  for (const action of actions) {
    game.step(Float32Array.of(action), random, observation, transition);
    seen.push(observation[0]);
  }
  return { seen, ...transition };
}

describe('a game, by Gymnasium’s rules', () => {
  it.each([
    ['19 against 17', [10, 7, 10, 9], [0], {}, [state(19, 10, 0), state(19, 10, 0)], 1],
    ['17 against 17', [10, 7, 10, 7], [0], {}, [state(17, 10, 0), state(17, 10, 0)], 0],
    ['a bust', [2, 3, 10, 6, 8], [1], {}, [state(16, 2, 0), state(24, 2, 0)], -1],
    ['the dealer draws to 17 and wins', [2, 3, 10, 6, 6, 7], [0], {}, [state(16, 2, 0), state(16, 2, 0)], -1],
    ['the dealer is bust', [10, 6, 2, 2, 10], [0], {}, [state(4, 10, 0), state(4, 10, 0)], 1],
    [
      'an ace stops counting 11',
      [5, 5, 1, 6, 9, 2],
      [1, 1],
      {},
      [state(17, 5, 1), state(16, 5, 0), state(18, 5, 0)],
      0,
    ],
    ['two aces', [5, 5, 1, 1, 9], [1], {}, [state(12, 5, 1), state(21, 5, 1)], 0],
    ['the dealer stays on an ace and a six', [1, 6, 10, 8], [0], {}, [state(18, 1, 0), state(18, 1, 0)], 1],
    ['a natural pays 1', [10, 9, 1, 10], [0], {}, [state(21, 10, 1), state(21, 10, 1)], 1],
    [
      'natural: it pays 1.5',
      [10, 9, 1, 10],
      [0],
      { natural: true },
      [state(21, 10, 1), state(21, 10, 1)],
      1.5,
    ],
    [
      'natural: 21 of three cards pays 1',
      [10, 9, 1, 5, 5],
      [1, 0],
      { natural: true },
      [state(16, 10, 1), state(21, 10, 1), state(21, 10, 1)],
      1,
    ],
    [
      'natural: against 21 a draw',
      [10, 1, 1, 10],
      [0],
      { natural: true },
      [state(21, 10, 1), state(21, 10, 1)],
      0,
    ],
    [
      'sab: it wins against 21 of three cards',
      [5, 6, 1, 10, 10],
      [0],
      { sab: true, natural: true },
      [state(21, 5, 1), state(21, 5, 1)],
      1,
    ],
    [
      'sab: against a natural a draw',
      [10, 1, 1, 10],
      [0],
      { sab: true },
      [state(21, 10, 1), state(21, 10, 1)],
      0,
    ],
    [
      'without sab 21 of three cards draws',
      [5, 6, 1, 10, 10],
      [0],
      { natural: true },
      [state(21, 5, 1), state(21, 5, 1)],
      0,
    ],
  ] as const)('%s', (_, cards, actions, given, seen, reward) => {
    const game = played(cards, actions, given);
    expect([game.seen, game.reward]).toEqual([seen, reward]);
    expect(game.terminated).toBe(actions.at(-1) === 0 || reward === -1);
  });
});

describe('the table', () => {
  const found = definition.enumerate?.(optionsOf({}), randomStream(0, 'task'));
  if (found?.kind !== 'table') throw new Error('no table');
  const { table } = found as { table: TabularModel };

  it('has the dealer bust as often as tables of blackjack say', () => {
    // An endless deck, the dealer stays on every 17 and looks at no hidden card.
    const bust = [0.1153, 0.3536, 0.3739, 0.3945, 0.4164, 0.4232, 0.2623, 0.2447, 0.2284, 0.2121];
    bust.forEach((probability, i) => {
      const wins = table.transitions(state(4, i + 1, 0), 0).find(({ reward }) => reward === 1);
      expect(wins?.probability).toBeCloseTo(probability, 4);
    });
  });

  it('is what the game does: shares of 40,000 games lie within four standard errors', () => {
    const random = randomStream(7, 'games');
    const game = definition.create(optionsOf({}), random);
    const observation = new Float32Array(1);
    const transition = { reward: 0, terminated: false };
    const counts = new Map<string, Map<string, number>>();
    for (let n = 0; n < 40_000; n++) {
      game.reset(random, observation);
      for (transition.terminated = false; !transition.terminated; ) {
        const from = observation[0];
        const action = random.integer(2);
        game.step(Float32Array.of(action), random, observation, transition);
        const outcomes = counts.get(`${from},${action}`) ?? new Map<string, number>();
        // Where it sticks what is seen stays.
        const key = `${observation[0]},${transition.reward},${transition.terminated}`;
        counts.set(`${from},${action}`, outcomes.set(key, (outcomes.get(key) ?? 0) + 1));
      }
    }
    let compared = 0;
    for (const [pair, outcomes] of counts) {
      const total = [...outcomes.values()].reduce((a, b) => a + b, 0);
      const [from, action] = pair.split(',').map(Number) as [number, number];
      const expected = new Map<string, number>();
      for (const { next, reward, terminated, probability } of table.transitions(from, action)) {
        const key = `${next},${reward},${terminated}`;
        expected.set(key, (expected.get(key) ?? 0) + probability);
      }
      for (const key of outcomes.keys()) expect(expected.has(key), `${pair} → ${key}`).toBe(true);
      if (total < 200) continue;
      for (const [key, probability] of expected) {
        const error = Math.sqrt((probability * (1 - probability)) / total);
        const share = (outcomes.get(key) ?? 0) / total;
        expect(Math.abs(share - probability), `${pair} → ${key}`).toBeLessThan(4.5 * error + 1 / total);
        compared += 1;
      }
    }
    expect(compared).toBeGreaterThan(100);
  });

  it('gives the best return; with a bonus that is not to be seen there is none', () => {
    expect(definition.bestReturn(optionsOf({}))?.value).toBeCloseTo(-0.04656, 5);
    for (const given of [{ natural: true }, { sab: true }]) {
      expect(definition.bestReturn(optionsOf(given))).toBeUndefined();
      expect(definition.enumerate?.(optionsOf(given), randomStream(0, 'task'))).toBeUndefined();
    }
  });
});
