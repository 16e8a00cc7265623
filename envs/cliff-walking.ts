import * as z from '../src/packages/zod.ts';
import type { EnvironmentDefinition } from '../src/rollout/environment.ts';
import { type GridRules, UP_RIGHT_DOWN_LEFT } from './grid-model.ts';
import { bestGridReturn, enumerateGrid, GRID_DEFAULTS, GridWorld, timeLimitOption } from './gridworld.ts';

const options = z.strictObject({
  slippery: z
    .boolean()
    .default(false)
    .describe('Whether the ground is slippery: ahead or to either side, a third each.'),
  timeLimit: timeLimitOption(200),
});

function rules(slippery: boolean): GridRules {
  return {
    ...GRID_DEFAULTS,
    map: ['............', '............', '............', 'SCCCCCCCCCCG'],
    moves: UP_RIGHT_DOWN_LEFT,
    intended: slippery ? 1 / 3 : 1,
    sideways: slippery ? 1 / 3 : 0,
    stepCost: 1,
    goalReward: 0,
    cliffReward: -100,
    afterEnd: 'move',
  };
}

export const cliffWalking: EnvironmentDefinition<z.output<typeof options>> = {
  id: 'CliffWalking-v1',
  summary:
    'The shortest way to the goal runs along a cliff: −1 a step, −100 and back to the start for a fall.',
  source: 'Gymnasium 1.3, toy_text/cliffwalking.py; Sutton & Barto 2018, example 6.6',
  options,
  timeLimit: (options) => options.timeLimit,
  bestReturn: (options) => bestGridReturn(rules(options.slippery), options.timeLimit),
  enumerate: (options) => enumerateGrid(rules(options.slippery)),
  create: (options) => new GridWorld(rules(options.slippery)),
};
