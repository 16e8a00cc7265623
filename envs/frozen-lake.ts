import * as z from '../src/packages/zod.ts';
import type { EnvironmentDefinition } from '../src/rollout/environment.ts';
import type { GridRules } from './grid-model.ts';
import { bestGridReturn, enumerateGrid, GRID_DEFAULTS, GridWorld, timeLimitOption } from './gridworld.ts';

const MAPS = {
  '4x4': ['SFFF', 'FHFH', 'FFFH', 'HFFG'],
  '8x8': ['SFFFFFFF', 'FFFFFFFF', 'FFFHFFFF', 'FFFFFHFF', 'FFFHFFFF', 'FHHFFFHF', 'FHFFHFHF', 'FFFHFFFG'],
};
type MapName = keyof typeof MAPS;

const slippery = z
  .boolean()
  .default(true)
  .describe('Whether the ice is slippery: ahead or to either side, a third each.');

const successRate = z
  .number()
  .min(0)
  .max(1)
  .default(1 / 3)
  .describe('On slippery ice the probability of going ahead; half of the rest each goes to a side.');

const rewardSchedule = z
  .array(z.number())
  .length(3)
  .default([1, 0, 0])
  .describe('What reaching the goal, a hole, and any other cell pays.');

/** What both lakes have. */
interface Ice {
  readonly slippery: boolean;
  readonly successRate: number;
  readonly rewardSchedule: readonly number[];
}

function rules(map: MapName, { slippery, successRate, rewardSchedule }: Ice): GridRules {
  const intended = slippery ? successRate : 1;
  const [goalReward = 1, holeReward = 0, freeReward = 0] = rewardSchedule;
  // Not 1/3: Gymnasium's rounding, so that the tables are equal to the last bit.
  const sideways = (1 - intended) / 2;
  return { ...GRID_DEFAULTS, map: MAPS[map], intended, sideways, goalReward, holeReward, freeReward };
}

const options = z.strictObject({
  map: z.enum(['4x4', '8x8']).default('4x4').describe('Which of Gymnasium’s two maps.'),
  slippery,
  successRate,
  rewardSchedule,
  timeLimit: timeLimitOption(100),
});

export const frozenLake: EnvironmentDefinition<z.output<typeof options>> = {
  id: 'FrozenLake-v1',
  summary: 'Cross a frozen lake without falling into a hole; 1 for the goal, 0 for all else.',
  source: 'Gymnasium 1.3, toy_text/frozen_lake.py',
  options,
  timeLimit: (options) => options.timeLimit,
  bestReturn: (options) => bestGridReturn(rules(options.map, options), options.timeLimit),
  enumerate: (options) => enumerateGrid(rules(options.map, options)),
  create: (options) => new GridWorld(rules(options.map, options)),
};

const options8x8 = z.strictObject({
  slippery,
  successRate,
  rewardSchedule,
  timeLimit: timeLimitOption(200),
});

export const frozenLake8x8: EnvironmentDefinition<z.output<typeof options8x8>> = {
  id: 'FrozenLake8x8-v1',
  summary: 'FrozenLake on the 8x8 map, with twice the time.',
  source: 'Gymnasium 1.3, toy_text/frozen_lake.py',
  options: options8x8,
  timeLimit: (options) => options.timeLimit,
  bestReturn: (options) => bestGridReturn(rules('8x8', options), options.timeLimit),
  enumerate: (options) => enumerateGrid(rules('8x8', options)),
  create: (options) => new GridWorld(rules('8x8', options)),
};
