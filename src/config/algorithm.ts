import { hasCritic } from './advantage.ts';
import type { Config } from './schema.ts';

/** A setting or section that an algorithm does not read, and what it has instead. */
interface Ignored {
  readonly path: string;
  readonly why: string;
}

const NATURAL_STEP: readonly Ignored[] = [
  { path: 'ppo', why: 'its policy makes one step on the whole rollout; its value network has trpo.value' },
  { path: 'objective', why: 'its objective is the bare surrogate' },
  { path: 'loss', why: 'it has no entropy bonus, and its value loss is mean((V − R)²)' },
  { path: 'optimizer.learningRate', why: 'δ sets its step; its value network has trpo.value.learningRate' },
  { path: 'optimizer.valueLearningRate', why: 'its value network has trpo.value.learningRate' },
  { path: 'optimizer.maxGradientNorm', why: 'δ sets its step; no gradient is clipped' },
  { path: 'trustRegion.ledger', why: 'its only gradient step stands in metrics.jsonl' },
  { path: 'trustRegion.projection', why: 'its only step is taken from π_old, which is inside' },
  { path: 'trustRegion.stop', why: 'its only step has nothing to stop before' },
];

/** Everything that each algorithm ignores. */
const ignored: Readonly<Record<Config['algorithm'], readonly Ignored[]>> = {
  ppo: [{ path: 'trpo', why: 'set algorithm to "trpo" or "npg"' }],
  trpo: [
    ...NATURAL_STEP,
    { path: 'trustRegion.onOvershoot', why: 'its line search accepts no step outside δ' },
  ],
  npg: [...NATURAL_STEP, { path: 'trpo.lineSearch', why: 'it has no line search' }],
};

/** What estimators without a value network ignore. */
const WITHOUT_CRITIC: readonly Ignored[] = [
  { path: 'advantage.gaeLambda', why: 'its advantages are those of whole episodes' },
  { path: 'advantage.gamma', why: 'its returns are undiscounted: 1 may be said' },
  ...[
    'network.value',
    'network.valueHeadGain',
    'loss.valueCoefficient',
    'loss.valueClip',
    'loss.valueClipRange',
    'optimizer.valueLearningRate',
    'trpo.value',
  ].map((path) => ({ path, why: 'it has no value network' })),
];

/** Paths of settings and sections that an algorithm does not read. */
export function ignoredBy(algorithm: Config['algorithm']): string[] {
  return ignored[algorithm].map(({ path }) => path);
}

/**
 * One line for each setting that was given and that the algorithm or the estimator ignores. A file may state such a setting's
 * default, as the config that a run writes does; from the command line even that is a mistake.
 * @param given paths of the settings given
 * @param changes whether the setting at a path differs from its default or is an override
 */
export function ignoredSettings(
  config: Config,
  given: Iterable<string>,
  changes: (path: string) => boolean,
  place: (path: string) => string,
): string[] {
  const { algorithm, advantage } = config;
  const problems: string[] = [];
  const tell = (path: string, rules: readonly Ignored[], setting: string): void => {
    const rule = rules.find((each) => path === each.path || path.startsWith(`${each.path}.`));
    if (rule === undefined || !changes(path)) return;
    problems.push(`${path} has no effect with ${setting}: ${rule.why} (${place(path)})`);
  };
  for (const path of given) {
    tell(path, ignored[algorithm], `algorithm "${algorithm}"`);
    if (hasCritic(config) || (path === 'advantage.gamma' && advantage.gamma === 1)) continue;
    tell(path, WITHOUT_CRITIC, `advantage.estimator "${advantage.estimator}"`);
  }
  return problems;
}
