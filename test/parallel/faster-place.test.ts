import { expect, it } from 'vitest';
import { createFasterPlace, type Place } from '../../src/parallel/faster-place.ts';

/** The places of so many turns, which take the milliseconds that `cost` says. */
function placesOf(turns: number, cost: (place: Place, turn: number) => number): Place[] {
  let now = 1000;
  const next = createFasterPlace(() => now);
  return Array.from({ length: turns }, (_, turn) => {
    const place = next();
    now += cost(place, turn);
    return place;
  });
}

/** `here×16 thread×8` */
function runsOf(places: readonly Place[]): string {
  const runs: { place: Place; length: number }[] = [];
  for (const place of places) {
    const last = runs.at(-1);
    if (last?.place === place) last.length += 1;
    else runs.push({ place, length: 1 });
  }
  return runs.map(({ place, length }) => `${place}×${length}`).join(' ');
}

it('tries here first, then the thread, once more here when all is compiled, and stays where it is faster', () => {
  const places = placesOf(400, (place) => (place === 'here' ? 2 : 1));
  expect(runsOf(places)).toBe('here×8 thread×16 here×8 thread×368');
});

it('leaves a slower thread after one block, and tries it again ever more seldom', () => {
  const places = placesOf(600, (place) => (place === 'here' ? 1 : 2));
  expect(runsOf(places)).toBe(
    'here×8 thread×8 here×32 thread×8 here×64 thread×8 here×128 thread×8 here×128 thread×8 here×128 thread×8 here×64',
  );
});

it('leaves the thread when it becomes slower than here was', () => {
  const places = placesOf(300, (place, turn) => (place === 'here' ? 2 : turn < 104 ? 1 : 3));
  expect(runsOf(places.slice(0, 112))).toBe('here×8 thread×16 here×8 thread×80');
  expect(places[112]).toBe('here');
});

it('does not count the first turns of a block, nor a few that were held up', () => {
  const places = placesOf(400, (place, turn) => {
    if (place === 'here') return 2;
    return turn % 8 < 2 || turn % 8 === 5 ? 50 : 1;
  });
  expect(runsOf(places)).toBe('here×8 thread×16 here×8 thread×368');
});
