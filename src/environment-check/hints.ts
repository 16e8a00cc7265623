/** What is looked for. */
export type CheckName =
  | 'create'
  | 'options'
  | 'throws'
  | 'promise'
  | 'length'
  | 'bounds'
  | 'finite'
  | 'reward'
  | 'terminated'
  | 'action'
  | 'mask'
  | 'figures'
  | 'clock'
  | 'determinism'
  | 'reset'
  | 'copies'
  | 'snapshot'
  | 'table'
  | 'returns'
  | 'picture'
  | 'episodes'
  | 'effect'
  | 'scale';

const HINTS: Readonly<Record<CheckName, string>> = {
  create:
    'it must return spaces, reset and step (docs/environments.md); one of Gymnasium’s is made by Python (docs/gymnasium.md)',
  options: 'make them z.strictObject({ … }), so that a mistyped option is told',
  throws: 'training would stop there',
  promise:
    'reset and step write what they give before they return; load what takes long in the file itself, with await',
  length: 'write every number of the observation in place, and none beyond',
  bounds: 'widen observationSpace, or clip what is written',
  finite: 'training stops there: look for 0/0, overflow and empty sums',
  reward: 'set transition.reward to a number in every step: that of the step before would be taken again',
  terminated:
    'set transition.terminated to true or false in every step: that of the step before would be taken again; a time limit is timeLimit: () => N, which truncates',
  action: 'copy it first: learning reads the action that was asked for',
  mask: 'write 0 for what is ruled out in the current state and leave something of each choice; of a box there is no mask',
  figures: 'a figure is a finite number for each name; optimalAction an action, or −1 where none is known',
  clock: 'draw from the stream that reset and step are given, and count steps: then a run repeats',
  determinism:
    'draw from the stream that reset and step are given, and keep nothing outside the copy (variables of the module)',
  reset: 'reset must set all that step changes',
  copies: 'keep the state in what create makes, not in variables of the module',
  snapshot: 'snapshot gives, and restore takes, a copy of all that the next step depends on',
  table: 'enumerate must say what reset, step and actionMask do, since exact figures are those of its table',
  returns:
    'make bestReturn { value, how } and returnBounds { least, greatest } of what episodes return: intervals of means are drawn from them',
  picture:
    'render gives a text, draw { width, height, seconds, shapes }: leash evaluate --render and --gif show them',
  episodes: 'say timeLimit: () => N, and leave terminated to what really ends',
  effect: 'look whether step reads its action: a discrete one is action[0]',
  scale: 'scale it, or set environment.normalizeRewards or normalizeObservations',
};

/** The same of an environment of Gymnasium's, where its author would do something else about it. */
const PYTHON_HINTS: Partial<typeof HINTS> = {
  bounds: 'widen observation_space, or clip what reset and step return',
  reward: 'step must return a number',
  mask: 'info["action_mask"] must leave something of each choice',
  determinism:
    'draw from self.np_random, which super().reset(seed=seed) seeds, and keep nothing outside of self (variables of the class or module)',
  reset: 'reset must set all that step changes',
  copies: 'keep the state in self, not in variables of the class or module',
  effect: 'look whether step reads its action',
};

/** What to do about a finding. */
export function hintOf(check: CheckName, isPython: boolean): string {
  return (isPython ? PYTHON_HINTS[check] : undefined) ?? HINTS[check];
}

/** The same of episodes that nothing ends. */
export function hintOfEndless(isPython: boolean): string {
  const limit = isPython ? 'register it with max_episode_steps=N' : 'say timeLimit: () => N';
  return `${limit}: returns are those of episodes that end`;
}

/** The same of episodes that all, or none later, terminate after so many steps. */
export function hintOfClock(isPython: boolean, length: number, isEvery: boolean): string {
  const limit = isPython
    ? `return truncated, or register it with max_episode_steps=${length}`
    : `leave it to timeLimit: () => ${length}`;
  const otherwise =
    isEvery && !isPython
      ? `where all episodes are that long, say episodeLength: () => ${length}`
      : 'where the task itself is over then, all is well';
  return `where that is a time limit, ${limit}: what is only cut off is worth something, what terminates is not; ${otherwise}`;
}

/** In the order in which they are told. */
export const checkNames = Object.keys(HINTS) as CheckName[];
