import * as z from '../src/packages/zod.ts';
import type { EnvironmentDefinition } from '../src/rollout/environment.ts';
import type { GridRules } from './grid-model.ts';
import { bestGridReturn, enumerateGrid, GRID_DEFAULTS, GridWorld, timeLimitOption } from './gridworld.ts';

const MAP = [
  '#############',
  '#S....#.....#',
  '#.....#.....#',
  '#...........#',
  '#.....#.....#',
  '#.....#.....#',
  '##.####.....#',
  '#.....###.###',
  '#.....#.....#',
  '#.....#.....#',
  '#...........#',
  '#.....#....G#',
  '#############',
];

const options = z.strictObject({
  slip: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('Probability of going to either side, half of it each, instead of ahead.'),
  stepCost: z.number().default(0.01).describe('Subtracted from the reward of every step.'),
  timeLimit: timeLimitOption(500),
});
type Options = z.output<typeof options>;

function rulesOf({ slip, stepCost }: Options): GridRules {
  return { ...GRID_DEFAULTS, map: MAP, stepCost, intended: 1 - slip, sideways: slip / 2 };
}

export const fourRooms: EnvironmentDefinition<Options> = {
  id: 'FourRooms',
  summary: 'Four rooms joined by four doors; from one corner to the opposite one, 1 for the goal.',
  source:
    'Map of Sutton, Precup & Singh 1999, Between MDPs and semi-MDPs, figure 2; start, goal and rewards ours',
  options,
  timeLimit: (options) => options.timeLimit,
  bestReturn: (options) => bestGridReturn(rulesOf(options), options.timeLimit),
  enumerate: (options) => enumerateGrid(rulesOf(options)),
  create: (options) => new GridWorld(rulesOf(options)),
};
