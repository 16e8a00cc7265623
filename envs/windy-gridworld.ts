import * as z from '../src/packages/zod.ts';
import type { EnvironmentDefinition } from '../src/rollout/environment.ts';
import type { GridRules } from './grid-model.ts';
import { bestGridReturn, enumerateGrid, GRID_DEFAULTS, GridWorld, timeLimitOption } from './gridworld.ts';

const options = z.strictObject({ timeLimit: timeLimitOption(200) });

const rules: GridRules = {
  ...GRID_DEFAULTS,
  map: ['..........', '..........', '..........', 'S......G..', '..........', '..........', '..........'],
  wind: [0, 0, 0, 1, 1, 1, 2, 2, 1, 0],
  stepCost: 1,
  goalReward: 0,
};

export const windyGridworld: EnvironmentDefinition<z.output<typeof options>> = {
  id: 'WindyGridworld',
  summary: 'An open field with an upward wind in the middle columns; −1 a step until the goal.',
  source: 'Sutton & Barto 2018, example 6.5',
  options,
  timeLimit: (options) => options.timeLimit,
  bestReturn: (options) => bestGridReturn(rules, options.timeLimit),
  enumerate: () => enumerateGrid(rules),
  create: () => new GridWorld(rules),
};
