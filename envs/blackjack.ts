import * as z from '../src/packages/zod.ts';
import type { Random } from '../src/random/random.ts';
import type {
  DiscreteSpace,
  Environment,
  EnvironmentDefinition,
  TabularTransition,
  Transition,
} from '../src/rollout/environment.ts';
import { optimalReturn } from '../src/rollout/dynamic-programming.ts';
import { Table } from '../src/rollout/table.ts';

/** An endless deck: the ace is 1, pictures are 10. */
const DECK = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10, 10, 10];
/** What is seen: the sum of the player, 0 to 31; the dealer's card, 0 to 10; whether an ace counts 11. */
const [SUMS, CARDS] = [32, 11];
const STATES = SUMS * CARDS * 2;
/** No hand takes more cards, two aces drawn. */
const MOST_STEPS = 21;

/** A hand: the sum with aces as 1, and whether it has one. */
interface Hand {
  readonly hard: number;
  readonly hasAce: boolean;
}

function isUsable({ hard, hasAce }: Hand): boolean {
  return hasAce && hard + 10 <= 21;
}

function sumOf(hand: Hand): number {
  return isUsable(hand) ? hand.hard + 10 : hand.hard;
}

function withCard({ hard, hasAce }: Hand, card: number): Hand {
  return { hard: hard + card, hasAce: hasAce || card === 1 };
}

function handOf(cards: readonly number[]): Hand {
  return cards.reduce(withCard, { hard: 0, hasAce: false });
}

/** 0 where it is bust. */
function scoreOf(hand: Hand): number {
  return hand.hard > 21 ? 0 : sumOf(hand);
}

function isNatural(cards: readonly number[]): boolean {
  return cards.length === 2 && cards.includes(1) && cards.includes(10);
}

function encode(player: Hand, shown: number): number {
  return (sumOf(player) * CARDS + shown) * 2 + (isUsable(player) ? 1 : 0);
}

const options = z.strictObject({
  natural: z
    .boolean()
    .default(false)
    .describe('Whether winning with an ace and a ten as the first cards pays 1.5.'),
  sab: z
    .boolean()
    .default(false)
    .describe(
      'The rules of Sutton & Barto: an ace and a ten as the first cards win unless the dealer has them, too; `natural` then says nothing.',
    ),
});
type Options = z.output<typeof options>;

class Blackjack implements Environment {
  readonly observationSpace: DiscreteSpace = { kind: 'discrete', n: STATES };
  readonly actionSpace: DiscreteSpace = { kind: 'discrete', n: 2, names: ['stick', 'hit'] };
  readonly tabular?: Table;
  private readonly rules: Options;
  private dealer: number[] = [];
  private player: number[] = [];

  constructor(rules: Options, table: Table | undefined) {
    this.rules = rules;
    if (table !== undefined) this.tabular = table;
  }

  reset(random: Random, observation: Float32Array): void {
    this.dealer = [draw(random), draw(random)];
    this.player = [draw(random), draw(random)];
    this.show(observation);
  }

  step(action: Float32Array, random: Random, observation: Float32Array, transition: Transition): void {
    if (action[0] === 1) {
      this.player.push(draw(random));
      transition.terminated = handOf(this.player).hard > 21;
      transition.reward = transition.terminated ? -1 : 0;
    } else {
      while (sumOf(handOf(this.dealer)) < 17) this.dealer.push(draw(random));
      transition.terminated = true;
      transition.reward = this.outcome();
    }
    this.show(observation);
  }

  /** Of the cards as they lie. */
  private outcome(): number {
    const { natural, sab } = this.rules;
    const compared = Math.sign(scoreOf(handOf(this.player)) - scoreOf(handOf(this.dealer)));
    if (!isNatural(this.player)) return compared;
    if (sab) return isNatural(this.dealer) ? compared : 1;
    return natural && compared === 1 ? 1.5 : compared;
  }

  private show(observation: Float32Array): void {
    observation[0] = encode(handOf(this.player), this.dealer[0]);
  }

  snapshot(): { dealer: number[]; player: number[] } {
    return { dealer: [...this.dealer], player: [...this.player] };
  }

  restore(state: unknown): void {
    const { dealer, player } = state as { dealer: readonly number[]; player: readonly number[] };
    this.dealer = [...dealer];
    this.player = [...player];
  }

  render(): string {
    return `dealer ${this.dealer[0]}, player ${this.player.join(' ')}`;
  }
}

function draw(random: Random): number {
  return DECK[random.integer(DECK.length)];
}

/** Of the dealer, who draws below 17: score → probability. */
function dealerScores(hand: Hand): Map<number, number> {
  if (sumOf(hand) >= 17) return new Map([[scoreOf(hand), 1]]);
  const scores = new Map<number, number>();
  for (const card of DECK)
    for (const [score, probability] of dealerScores(withCard(hand, card)))
      scores.set(score, (scores.get(score) ?? 0) + probability / DECK.length);
  return scores;
}

/**
 * All of it as a table: the card that is hidden is independent of what is seen. Where the first two cards may pay more than
 * what is seen says, there is none.
 */
function tableOf({ natural, sab }: Options): Table | undefined {
  if (natural || sab) return undefined;
  made ??= makeTable();
  return made;
}

/** One for all copies: nothing changes it. */
let made: Table | undefined;

function makeTable(): Table {
  const initial = new Float64Array(STATES);
  for (const shown of DECK)
    for (const first of DECK)
      for (const second of DECK) initial[encode(handOf([first, second]), shown)] += 1 / DECK.length ** 3;
  const scores = Array.from({ length: CARDS }, (_, shown) => dealerScores(handOf([Math.max(shown, 1)])));
  const transitions = (state: number, action: number): TabularTransition[] => {
    const [sum, shown, isAce] = [
      Math.floor(state / 2 / CARDS),
      Math.floor(state / 2) % CARDS,
      state % 2 === 1,
    ];
    // A sum that no hand has, or that is over: no episode comes here with a choice left.
    if (sum > 21 || shown === 0 || (isAce && sum < 12))
      return [{ probability: 1, next: state, reward: 0, terminated: true }];
    if (action === 1) return hits({ hard: isAce ? sum - 10 : sum, hasAce: isAce }, shown);
    return [-1, 0, 1].map((reward) => ({
      probability: [...scores[shown]]
        .filter(([score]) => Math.sign(sum - score) === reward)
        .reduce((total, [, probability]) => total + probability, 0),
      next: state,
      reward,
      terminated: true,
    }));
  };
  return new Table({ states: STATES, actions: 2, initial, transitions });
}

/** One more card. An ace that does not count 11 any more never does again. */
function hits(hand: Hand, shown: number): TabularTransition[] {
  return DECK.map((card) => {
    const player = withCard(hand, card);
    const isBust = player.hard > 21;
    return {
      probability: 1 / DECK.length,
      next: encode(player, shown),
      reward: isBust ? -1 : 0,
      terminated: isBust,
    };
  });
}

export const blackjack: EnvironmentDefinition<Options> = {
  id: 'Blackjack-v1',
  summary: 'Come closer to 21 than the dealer; 1 for winning, −1 for losing.',
  source: 'Gymnasium 1.3, toy_text/blackjack.py; Sutton & Barto 2018, example 5.1',
  options,
  timeLimit: () => undefined,
  bestReturn(options) {
    const table = tableOf(options);
    const value = table && optimalReturn(table, MOST_STEPS);
    return value === undefined ? undefined : { value, how: 'exact, by dynamic programming' };
  },
  returnBounds: ({ natural, sab }) => ({ least: -1, greatest: natural && !sab ? 1.5 : 1 }),
  enumerate(options) {
    const table = tableOf(options);
    return table && { kind: 'table', table };
  },
  create: (options) => new Blackjack(options, tableOf(options)),
};
