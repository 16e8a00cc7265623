import * as z from '../src/packages/zod.ts';
import type { Random } from '../src/random/random.ts';
import type { Drawing, Shape } from '../src/rollout/drawing.ts';
import type {
  DiscreteSpace,
  Environment,
  EnvironmentDefinition,
  TabularTransition,
  Transition,
} from '../src/rollout/environment.ts';
import { optimalReturn, returnBoundsOfTable } from '../src/rollout/dynamic-programming.ts';
import { Table } from '../src/rollout/table.ts';
import { timeLimitOption } from './gridworld.ts';

/** Two characters a cell: a letter or a space, then what is on its right, `:` where a way is free. */
const MAP = ['R: | : :G|', ' : | : : |', ' : : : : |', ' | : | : |', 'Y| : |B: |'];
const SIZE = 5;
/** Row and column of each place: where passengers wait and want to go. */
const PLACES = [
  { name: 'R', row: 0, column: 0 },
  { name: 'G', row: 0, column: 4 },
  { name: 'Y', row: 4, column: 0 },
  { name: 'B', row: 4, column: 3 },
] as const;
/** Where a passenger is that is in the taxi. */
const ABOARD = PLACES.length;
/** What is seen: 25 cells, 5 places of the passenger, 4 destinations. */
const OBSERVATIONS = SIZE * SIZE * (PLACES.length + 1) * PLACES.length;

const SOUTH = 0;
const NORTH = 1;
const EAST = 2;
const WEST = 3;
const PICK_UP = 4;
const NAMES = ['south', 'north', 'east', 'west', 'pick up', 'drop off'];
/** The directions to the sides of each. */
const SIDES = [
  [EAST, WEST],
  [WEST, EAST],
  [NORTH, SOUTH],
  [SOUTH, NORTH],
] as const;

interface Seen {
  readonly row: number;
  readonly column: number;
  /** The place at which the passenger is, or `ABOARD`. */
  readonly passenger: number;
  readonly destination: number;
}

function encode({ row, column, passenger, destination }: Seen): number {
  return ((row * SIZE + column) * (PLACES.length + 1) + passenger) * PLACES.length + destination;
}

function decode(observation: number): Seen {
  const cell = Math.floor(observation / PLACES.length / (PLACES.length + 1));
  return {
    row: Math.floor(cell / SIZE),
    column: cell % SIZE,
    passenger: Math.floor(observation / PLACES.length) % (PLACES.length + 1),
    destination: observation % PLACES.length,
  };
}

function moved({ row, column }: Seen, action: number): { row: number; column: number } {
  if (action === SOUTH) return { row: Math.min(row + 1, SIZE - 1), column };
  if (action === NORTH) return { row: Math.max(row - 1, 0), column };
  if (action === EAST) return { row, column: MAP[row][2 * column + 1] === ':' ? column + 1 : column };
  return { row, column: column > 0 && MAP[row][2 * column - 1] === ':' ? column - 1 : column };
}

const options = z.strictObject({
  rainy: z
    .boolean()
    .default(false)
    .describe('Whether a taxi that could go ahead may slide to either side instead.'),
  rainyProbability: z
    .number()
    .min(0)
    .max(1)
    .default(0.8)
    .describe('When rainy: probability of going ahead; half of the rest to each side.'),
  ficklePassenger: z
    .boolean()
    .default(false)
    .describe('Whether a passenger may change the destination after the first move aboard.'),
  fickleProbability: z
    .number()
    .min(0)
    .max(1)
    .default(0.3)
    .describe('When fickle: share of the episodes in which the passenger does.'),
  timeLimit: timeLimitOption(200),
});
type Options = z.output<typeof options>;

/**
 * Gymnasium's table. Where passengers are fickle, a second half of states, 500 + observation, says that this one is going to
 * change the destination, which nobody sees.
 */
function taxiTable({ rainy, rainyProbability, ficklePassenger, fickleProbability }: Options): Table {
  const halves = ficklePassenger ? 2 : 1;
  const initial = new Float64Array(halves * OBSERVATIONS);
  const isStart = ({ passenger, destination }: Seen): boolean =>
    passenger !== ABOARD && passenger !== destination;
  const seen = Array.from({ length: OBSERVATIONS }, (_, observation) => decode(observation));
  const starts = seen.filter(isStart).length;
  for (const [observation, each] of seen.entries()) {
    if (!isStart(each)) continue;
    initial[observation] = (ficklePassenger ? 1 - fickleProbability : 1) / starts;
    if (ficklePassenger) initial[OBSERVATIONS + observation] = fickleProbability / starts;
  }
  const ahead = rainy ? rainyProbability : 1;
  const transitions = (state: number, action: number): TabularTransition[] => {
    const from = decode(state % OBSERVATIONS);
    const outcomes = action < PICK_UP ? drive(from, action, rainy, ahead) : [atPlace(from, action)];
    const half = state - (state % OBSERVATIONS);
    return outcomes.flatMap((outcome) => (half === 0 ? [outcome] : changed(from, outcome)));
  };
  return new Table({ states: initial.length, actions: NAMES.length, initial, transitions });
}

/** One entry, or three where it rains: ahead, left, right. Who cannot go ahead does not slide either. */
function drive(from: Seen, action: number, rainy: boolean, ahead: number): TabularTransition[] {
  const here = encode(from);
  const to = (direction: number): number => encode({ ...from, ...moved(from, direction) });
  const entry = (probability: number, next: number): TabularTransition => {
    return { probability, next, reward: -1, terminated: false };
  };
  if (!rainy) return [entry(1, to(action))];
  const next = to(action);
  const sides = SIDES[action].map((side) => entry((1 - ahead) / 2, next === here ? here : to(side)));
  return [entry(ahead, next), ...sides];
}

/** Picking up and dropping off: −10 where there is nothing to, +20 and the end at the destination. */
function atPlace(from: Seen, action: number): TabularTransition {
  const place = PLACES.findIndex(({ row, column }) => row === from.row && column === from.column);
  const then = (passenger: number, reward: number, terminated = false): TabularTransition => {
    return { probability: 1, next: encode({ ...from, passenger }), reward, terminated };
  };
  if (action === PICK_UP) return place === from.passenger ? then(ABOARD, -1) : then(from.passenger, -10);
  if (from.passenger !== ABOARD || place < 0) return then(from.passenger, -10);
  return place === from.destination ? then(place, 20, true) : then(place, -1);
}

/** In the second half: on the first move with the passenger aboard one of the other destinations, and back to the first half. */
function changed(from: Seen, outcome: TabularTransition): TabularTransition[] {
  const to = decode(outcome.next);
  const hasMoved = to.row !== from.row || to.column !== from.column;
  if (from.passenger !== ABOARD || !hasMoved) return [{ ...outcome, next: OBSERVATIONS + outcome.next }];
  const others = [...PLACES.keys()].filter((destination) => destination !== from.destination);
  const probability = outcome.probability / others.length;
  return others.map((destination) => ({ ...outcome, probability, next: encode({ ...to, destination }) }));
}

/** One table for all the copies that are made of the same options. */
const tables = new WeakMap<Options, Table>();

function tableOf(options: Options): Table {
  const table = tables.get(options) ?? taxiTable(options);
  tables.set(options, table);
  return table;
}

/** A taxi on a field of 5 × 5. Observation: ((row·5 + column)·5 + passenger)·4 + destination. */
export class Taxi implements Environment {
  readonly observationSpace: DiscreteSpace = { kind: 'discrete', n: OBSERVATIONS };
  readonly actionSpace: DiscreteSpace = { kind: 'discrete', n: NAMES.length, names: NAMES };
  /** Where what is seen is the whole state. */
  readonly tabular?: Table;
  private readonly table: Table;
  private state = 0;

  constructor(table: Table) {
    this.table = table;
    if (table.states === OBSERVATIONS) this.tabular = table;
  }

  reset(random: Random, observation: Float32Array): void {
    this.state = this.table.sampleInitial(random);
    observation[0] = this.state % OBSERVATIONS;
  }

  step(action: Float32Array, random: Random, observation: Float32Array, transition: Transition): void {
    this.state = this.table.sample(this.state, action[0], random, transition);
    observation[0] = this.state % OBSERVATIONS;
  }

  snapshot(): number {
    return this.state;
  }

  restore(state: number): void {
    this.state = state;
  }

  /** A cell is 1 wide; the passenger rides on the taxi, the destination is the square in the colour of goals. */
  draw(): Drawing {
    const seen = decode(this.state % OBSERVATIONS);
    const square = (row: number, column: number, margin: number, ink: 'ground' | 'start' | 'goal'): Shape => {
      const side = 1 - 2 * margin;
      return { kind: 'rectangle', x: column + margin, y: row + margin, width: side, height: side, ink };
    };
    const cells = MAP.flatMap((_, row) =>
      Array.from({ length: SIZE }, (_, c) => square(row, c, 0.03, 'ground')),
    );
    const walls = MAP.flatMap((line, row) =>
      [...line].flatMap((character, at): Shape[] => {
        if (at % 2 === 0 || character === ':' || at === 2 * SIZE - 1) return [];
        const x = (at + 1) / 2;
        return [{ kind: 'line', x1: x, y1: row + 0.05, x2: x, y2: row + 0.95, width: 0.1, ink: 'line' }];
      }),
    );
    const goal = PLACES[seen.destination];
    const at = seen.passenger === ABOARD ? seen : PLACES[seen.passenger];
    const [x, y] = [seen.column + 0.5, seen.row + 0.5];
    return {
      width: SIZE,
      height: SIZE,
      seconds: 0.3,
      shapes: [
        ...cells,
        ...PLACES.map(({ row, column }) => square(row, column, 0.1, 'start')),
        square(goal.row, goal.column, 0.1, 'goal'),
        ...walls,
        { kind: 'circle', x, y, radius: 0.33, ink: 'agent' },
        { kind: 'circle', x: at.column + 0.5, y: at.row + 0.5, radius: 0.16, ink: 'part' },
      ],
    };
  }

  /** The map with the taxi as @, and what it is to do. */
  render(): string {
    const { row, column, passenger, destination } = decode(this.state % OBSERVATIONS);
    const lines = MAP.map((line, index) =>
      index === row ? `${line.slice(0, 2 * column)}@${line.slice(2 * column + 1)}` : line,
    );
    const where = passenger === ABOARD ? 'aboard' : `at ${PLACES[passenger].name}`;
    return [
      '+---------+',
      ...lines.map((line) => `|${line}`),
      '+---------+',
      `passenger ${where}, to ${PLACES[destination].name}`,
    ].join('\n');
  }
}

export const taxi: EnvironmentDefinition<Options> = {
  id: 'Taxi-v4',
  summary:
    'Fetch a passenger and bring it where it wants to go: −1 a step, −10 for a mistake, +20 at the end.',
  source: 'Gymnasium 1.3, toy_text/taxi.py; Dietterich 2000, MAXQ, §3.1 and §7.1',
  options,
  timeLimit: (options) => options.timeLimit,
  bestReturn(options) {
    // Who knew what a passenger is going to do would do better than is possible.
    const value = options.ficklePassenger ? undefined : optimalReturn(tableOf(options), options.timeLimit);
    if (value === undefined) return undefined;
    return {
      value,
      how: `exact, by dynamic programming over ${options.timeLimit} steps; the policy may look at the clock`,
    };
  },
  returnBounds: (options) =>
    returnBoundsOfTable(tableOf(options), options.timeLimit) ?? {
      least: Number.NEGATIVE_INFINITY,
      greatest: 20,
    },
  enumerate: (options) => (options.ficklePassenger ? undefined : { kind: 'table', table: tableOf(options) }),
  create: (options) => new Taxi(tableOf(options)),
};
