import * as z from '../src/packages/zod.ts';
import type { Random } from '../src/random/random.ts';
import type { Drawing, Ink, Shape } from '../src/rollout/drawing.ts';
import type {
  DiscreteSpace,
  Enumerated,
  Environment,
  EnvironmentDefinition,
  Transition,
} from '../src/rollout/environment.ts';
import { optimalReturn } from '../src/rollout/dynamic-programming.ts';
import type { Table } from '../src/rollout/table.ts';
import {
  enclosedStart,
  type GridRules,
  gridTable,
  LEFT_DOWN_RIGHT_UP,
  mapProblem,
  mapRows,
} from './grid-model.ts';

/** One walker on a map. Observation: the cell, row·columns + column. */
export class GridWorld implements Environment {
  readonly observationSpace: DiscreteSpace;
  readonly actionSpace: DiscreteSpace;
  readonly tabular: Table;
  readonly actionMask?: (mask: Uint8Array) => void;
  private state = 0;

  /** @param table of the rules, where it is made already: copies share it */
  constructor(rules: GridRules, table = gridTable(rules)) {
    this.tabular = table;
    const { states, grid } = table;
    this.observationSpace = {
      kind: 'discrete',
      n: states,
      ...(grid && { shape: [grid.rows, grid.columns] }),
    };
    this.actionSpace = {
      kind: 'discrete',
      n: rules.moves.length,
      names: rules.moves.map((move) => move.name),
    };
    const { masks, actions } = table;
    if (masks)
      this.actionMask = (mask) => mask.set(masks.subarray(this.state * actions, (this.state + 1) * actions));
  }

  reset(random: Random, observation: Float32Array): void {
    this.state = this.tabular.sampleInitial(random);
    observation[0] = this.state;
  }

  step(action: Float32Array, random: Random, observation: Float32Array, transition: Transition): void {
    this.state = this.tabular.sample(this.state, action[0], random, transition);
    observation[0] = this.state;
  }

  snapshot(): number {
    return this.state;
  }

  restore(state: number): void {
    this.state = state;
  }

  /** A cell is 1 wide. */
  draw(): Drawing {
    const { rows, columns, cells } = this.tabular.grid as NonNullable<Table['grid']>;
    const fields = cells.map(
      (cell, state): Shape => ({
        kind: 'rectangle',
        x: (state % columns) + 0.03,
        y: Math.floor(state / columns) + 0.03,
        width: 0.94,
        height: 0.94,
        ink: inkOf(cell),
      }),
    );
    const [x, y] = [(this.state % columns) + 0.5, Math.floor(this.state / columns) + 0.5];
    return {
      width: columns,
      height: rows,
      seconds: 0.3,
      shapes: [...fields, { kind: 'circle', x, y, radius: 0.3, ink: 'agent' }],
    };
  }

  /** The map with the walker as @. */
  render(): string {
    const grid = this.tabular.grid;
    if (!grid) return '';
    const cells = grid.cells.map((cell, state) => (state === this.state ? '@' : cell));
    return Array.from({ length: grid.rows }, (_, row) =>
      cells.slice(row * grid.columns, (row + 1) * grid.columns).join(''),
    ).join('\n');
  }
}

/** Of a cell of a map: walls are dark, what ends an episode badly or throws back too, further ends as goals. */
function inkOf(cell: string): Ink {
  if (cell === 'S') return 'start';
  if (cell === '#') return 'line';
  if (cell === 'H' || cell === 'C') return 'danger';
  return cell === 'G' || /[^F.]/.test(cell) ? 'goal' : 'ground';
}

/** The exact optimum of a gridworld within its time limit, where that takes no hours. @param table of the rules, where it is made already */
export function bestGridReturn(
  rules: GridRules,
  timeLimit: number,
  table = gridTable(rules),
): { value: number; how: string } | undefined {
  const value = optimalReturn(table, timeLimit);
  if (value === undefined) return undefined;
  return {
    value,
    how: `exact, by dynamic programming over ${timeLimit} steps; the policy may look at the clock`,
  };
}

/** @param table of the rules, where it is made already */
export function enumerateGrid(rules: GridRules, table = gridTable(rules)): Enumerated {
  return { kind: 'table', table };
}

/** The time limit of every gridworld and of Taxi, with its default. */
export function timeLimitOption(steps: number): z.ZodDefault<z.ZodInt> {
  return z.int().min(1).max(1_000_000).default(steps).describe('Steps after which an episode is truncated.');
}

/** Rewards and chances that gridworlds share, with the defaults of a deterministic one. */
export const GRID_DEFAULTS: Omit<GridRules, 'map'> = {
  moves: LEFT_DOWN_RIGHT_UP,
  intended: 1,
  sideways: 0,
  stepCost: 0,
  goalReward: 1,
  holeReward: 0,
  freeReward: 0,
  cliffReward: -100,
  terminals: {},
  wind: [],
  masksWalls: false,
  afterEnd: 'stay',
};

/** 500 × 500: its table and its one-hot observations take a hundred megabytes already. */
const MOST_CELLS = 250_000;

const options = z
  .strictObject({
    map: z
      .union([z.string(), z.array(z.string()).min(1)])
      .describe(
        'Rows of equal length, as an array or one string with newlines: # wall, S start (one of several is drawn), G goal, H hole, C cliff (back to a start), . F or space free, and the characters of `terminals`. At most 250,000 cells.',
      ),
    goalReward: z.number().default(1).describe('Reward of reaching G, which ends the episode.'),
    holeReward: z.number().default(0).describe('Reward of falling into H, which ends the episode.'),
    cliffReward: z
      .number()
      .default(-100)
      .describe('Whole reward of stepping onto C, in place of the step cost; the walker is back at a start.'),
    stepCost: z.number().default(0).describe('Subtracted from the reward of every step.'),
    terminals: z
      .record(z.string(), z.number())
      .default({})
      .describe('Further cells that end the episode: character → reward.'),
    slip: z
      .number()
      .min(0)
      .max(1)
      .default(0)
      .describe(
        'Probability of going to either side, half of it each, instead of ahead; FrozenLake has 2/3.',
      ),
    wind: z
      .array(z.int().min(-100).max(100))
      .default([])
      .describe(
        'Cells upwards that each column blows a walker leaving it, one number a column; negative is down.',
      ),
    maskWalls: z
      .boolean()
      .default(false)
      .describe(
        'Whether moves into walls and over the edge are ruled out (`actionMask`), instead of leaving the walker where it is.',
      ),
    timeLimit: timeLimitOption(100),
  })
  .superRefine((value, context) => {
    const rows = mapRows(value.map);
    // An empty array is refused for its length already.
    if (rows.length === 0) return;
    const cells = rows.length * rows[0].length;
    const problem =
      cells > MOST_CELLS
        ? `must have at most ${MOST_CELLS} cells, got ${rows.length} × ${rows[0].length} = ${cells}`
        : mapProblem(rows, Object.keys(value.terminals));
    const enclosed = value.maskWalls && problem === undefined ? enclosedStart(rows) : undefined;
    if (problem) context.addIssue({ code: 'custom', path: ['map'], message: problem });
    else if (enclosed)
      context.addIssue({
        code: 'custom',
        path: ['maskWalls'],
        message: `${enclosed} of the map`,
        input: true,
      });
    else if (value.wind.length > 0 && value.wind.length !== rows[0].length) {
      const message = `must have one number for each of the ${rows[0].length} columns, got ${value.wind.length}`;
      context.addIssue({ code: 'custom', path: ['wind'], message });
    }
  });
type Options = z.output<typeof options>;

function rulesOf(options: Options): GridRules {
  const { timeLimit: _, slip, map, maskWalls, ...rewards } = options;
  const chances = { intended: 1 - slip, sideways: slip / 2 };
  return { ...GRID_DEFAULTS, ...rewards, map: mapRows(map), ...chances, masksWalls: maskWalls };
}

/** Tables of large maps, one for all the copies that are made of the same options. */
const tables = new WeakMap<Options, Table>();

function tableOf(options: Options): Table {
  const table = tables.get(options) ?? gridTable(rulesOf(options));
  tables.set(options, table);
  return table;
}

export const gridWorld: EnvironmentDefinition<Options> = {
  id: 'GridWorld',
  summary: 'A walk on a map of your own: walls, holes, cliffs, wind and slipping.',
  source: 'leash; conventions of Gymnasium’s toy-text environments',
  options,
  example: { map: ['S..', '.#.', '..G'] },
  timeLimit: (options) => options.timeLimit,
  bestReturn: (options) => bestGridReturn(rulesOf(options), options.timeLimit, tableOf(options)),
  enumerate: (options) => enumerateGrid(rulesOf(options), tableOf(options)),
  create: (options) => new GridWorld(rulesOf(options), tableOf(options)),
};
