import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { taxi } from '../../envs/taxi.ts';
import { randomStream } from '../../src/random/random.ts';

const made = (given: object) => taxi.create(taxi.options.parse(given), randomStream(0, 'environment/task'));
const seenAs = (row: number, column: number, passenger: number, destination: number): number =>
  ((row * 5 + column) * 5 + passenger) * 4 + destination;
const [SOUTH, NORTH, EAST, WEST, PICK_UP, DROP_OFF] = [0, 1, 2, 3, 4, 5];
const ABOARD = 4;

/** Every entry of a table in Gymnasium's order, as text. */
function hashOf(given: object): string {
  const table = made(given).tabular;
  if (table === undefined) throw new Error('no table');
  const entries = Array.from({ length: table.states * table.actions }, (_, pair) =>
    table.transitions(Math.floor(pair / table.actions), pair % table.actions),
  ).flat();
  const text = entries.map(
    ({ probability, next, reward, terminated }) =>
      `${probability.toFixed(12)} ${next} ${reward} ${Number(terminated)}`,
  );
  return createHash('sha256').update(text.join(';')).digest('hex');
}

describe('the table', () => {
  // SHA-256 of the same text, written by Python from TaxiEnv(…).P of Gymnasium 1.3.0; the dry table is also in the fixtures.
  it.each([
    [{}, '8807864abafba585c55487d809b0986c2dcb7147b08cee86fcc4d790276be994'],
    [{ rainy: true }, '3dee0181cf7bd9635f50bd271a86775bbdce533d92ea1f285b1cff4ddeac001d'],
    [
      { rainy: true, rainyProbability: 0.5 },
      '1751335af394c9a110a1c0fb25de7cab3298e1cb8d528ce94e304a4250560cd4',
    ],
  ])('of %j is Gymnasium’s', (given, sha256) => expect(hashOf(given)).toBe(sha256));

  it.each([
    [{}, 7.93],
    [{ rainy: true, rainyProbability: 1 }, 7.93],
    // Nobody arrives within a step.
    [{ timeLimit: 1 }, -1],
  ])('gives the best return of %j', (given, best) =>
    expect(taxi.bestReturn(taxi.options.parse(given))?.value).toBeCloseTo(best, 3),
  );

  it('says nothing of the best where passengers are fickle: what one will do is not to be seen', () => {
    expect(taxi.bestReturn(taxi.options.parse({ ficklePassenger: true }))).toBeUndefined();
    expect(made({ ficklePassenger: true }).tabular).toBeUndefined();
  });

  it('bounds returns: picked up at once and brought to the nearest place, or −10 a step', () => {
    const boundsOf = (given: object) => taxi.returnBounds?.(taxi.options.parse(given));
    expect(boundsOf({})).toEqual({ least: -2000, greatest: 15 });
    // One step away from where it was fetched, a fickle passenger may want to go back.
    expect(boundsOf({ ficklePassenger: true })).toEqual({ least: -2000, greatest: 17 });
  });
});

/** Drives from a state, with what was seen and paid after every action. */
function drive(
  given: object,
  state: number,
  actions: readonly number[],
  seed = 0,
): [number, number, boolean][] {
  const environment = made(given);
  const random = randomStream(seed, 'test');
  const observation = new Float32Array(1);
  const transition = { reward: 0, terminated: false };
  environment.restore?.(state);
  return actions.map((action) => {
    environment.step(Float32Array.of(action), random, observation, transition);
    return [observation[0], transition.reward, transition.terminated];
  });
}

describe('a drive', () => {
  it('fetches a passenger at R and brings it to Y: +20 and the end', () => {
    expect(drive({}, seenAs(0, 0, 0, 2), [DROP_OFF, PICK_UP, SOUTH, SOUTH, SOUTH, SOUTH, DROP_OFF])).toEqual([
      [seenAs(0, 0, 0, 2), -10, false],
      [seenAs(0, 0, ABOARD, 2), -1, false],
      ...[1, 2, 3, 4].map((row) => [seenAs(row, 0, ABOARD, 2), -1, false]),
      [seenAs(4, 0, 2, 2), 20, true],
    ]);
  });

  it('may drop a passenger at a wrong place, and nowhere else', () => {
    expect(drive({}, seenAs(1, 0, ABOARD, 2), [DROP_OFF, NORTH, DROP_OFF, WEST])).toEqual([
      [seenAs(1, 0, ABOARD, 2), -10, false],
      [seenAs(0, 0, ABOARD, 2), -1, false],
      [seenAs(0, 0, 0, 2), -1, false],
      [seenAs(0, 0, 0, 2), -1, false],
    ]);
  });

  it('does not go through walls, which rain does not change', () => {
    for (const rainy of [false, true])
      expect(drive({ rainy }, seenAs(0, 1, 0, 2), [EAST, EAST])).toEqual([
        [seenAs(0, 1, 0, 2), -1, false],
        [seenAs(0, 1, 0, 2), -1, false],
      ]);
  });

  it('with a fickle passenger changes the destination once, after the first move aboard, in 30% of episodes', () => {
    const environment = made({ ficklePassenger: true });
    const random = randomStream(3, 'test');
    const observation = new Float32Array(1);
    const transition = { reward: 0, terminated: false };
    const step = (action: number): number => {
      environment.step(Float32Array.of(action), random, observation, transition);
      return observation[0];
    };
    const ways = [WEST, SOUTH, EAST, NORTH];
    let episodes = 0;
    let changes = 0;
    while (episodes < 4000) {
      environment.reset(random, observation);
      // Those that wait where the taxi is; it moves before there is one aboard too.
      const wanted = observation[0] % 4;
      if (step(PICK_UP) % 20 < 16) continue;
      episodes += 1;
      let now = wanted;
      for (let i = 0, moves = 0; i < 12 && moves < 3; i++) {
        const before = observation[0];
        const after = step(ways[i % 4]);
        if (Math.floor(before / 20) !== Math.floor(after / 20)) moves += 1;
        if (after % 4 === now) continue;
        // On the first move, and on no other.
        expect(moves).toBe(1);
        now = after % 4;
        changes += 1;
      }
    }
    // Standard error 0.0072.
    expect(changes / episodes).toBeCloseTo(0.3, 1);
  });

  it('is shown as text', () => {
    const environment = made({});
    environment.restore?.(seenAs(2, 3, 1, 0));
    expect(environment.render?.().split('\n')).toEqual([
      '+---------+',
      '|R: | : :G|',
      '| : | : : |',
      '| : : :@: |',
      '| | : | : |',
      '|Y| : |B: |',
      '+---------+',
      'passenger at G, to R',
    ]);
  });
});
