import { configJsonSchema, listFields } from './fields.ts';
import { type Config, configSchema } from './schema.ts';
import type { Preset } from './presets.ts';
import { isTree, valueAt } from './problem.ts';

/** Where two configs differ in one setting; undefined: the other settings rule it out. */
export interface Difference {
  readonly path: string;
  readonly a: unknown;
  readonly b: unknown;
  /** What the difference does to training. */
  readonly why: string;
}

/** A preset with our defaults around it, for an environment of no name. */
export function configOfPreset({ settings }: Preset): Config {
  const { environment } = settings;
  return configSchema.parse({
    ...settings,
    environment: { ...(isTree(environment) ? environment : {}), id: '-' },
  });
}

/**
 * Every setting in which two configs differ. A section that one of them does without differs as a whole.
 * @param ignored settings that are not compared
 */
export function diffConfigs(a: Config, b: Config, ignored: readonly string[]): Difference[] {
  const differences = new Map<string, Difference>();
  for (const { path } of listFields(configJsonSchema())) {
    if (ignored.includes(path)) continue;
    const at = absentSection(a, path) ?? absentSection(b, path) ?? path;
    const [inA, inB] = [valueAt(a, at.split('.')), valueAt(b, at.split('.'))];
    if (JSON.stringify(inA) === JSON.stringify(inB)) continue;
    differences.set(at, { path: at, a: inA, b: inB, why: whyItMatters(at) });
  }
  return [...differences.values()];
}

/** The section above the path that the config does without. */
function absentSection(config: Config, path: string): string | undefined {
  const keys = path.split('.');
  for (let depth = 1; depth < keys.length; depth++) {
    const section = keys.slice(0, depth).join('.');
    if ((valueAt(config, section.split('.')) ?? null) === null) return section;
  }
  return undefined;
}

/** One sentence on a setting, or on the section that it is in. */
export function whyItMatters(path: string): string {
  const keys = path.split('.');
  for (let depth = keys.length; depth > 0; depth--) {
    const reason = reasons[keys.slice(0, depth).join('.')];
    if (reason !== undefined) return reason;
  }
  return '';
}

const reasons: Readonly<Record<string, string>> = {
  description: 'Words only.',
  seed: 'Another draw of everything random: compare several seeds before saying that one config is better.',
  steps: 'Longer training; linear schedules run over the whole of it.',
  engine: 'The same arithmetic with other rounding.',
  tfjsBackend: 'The same arithmetic with other rounding.',
  'environment.id': 'Another task.',
  'environment.module': 'Another task, or the same from another file.',
  'environment.options': 'Another variant of the task.',
  'environment.copies': 'More copies make a rollout wider: less correlated samples of the same number.',
  'environment.wrappers': 'Another task, or the same seen and paid otherwise: the order counts.',
  'environment.normalizeRewards':
    'Rescaled rewards change the scale of value loss and its share of the gradient norm.',
  'environment.normalizeObservations': 'The networks see other inputs.',
  'rollout.steps':
    'Longer stretches between updates: fewer updates from the same steps, advantages that look further before they bootstrap.',
  network: 'Another function class or start: more capacity, another step size in function space.',
  'network.hiddenGain': 'The scale that signals and gradients start with.',
  'network.policyHeadGain':
    'A small gain starts with a nearly uniform policy, a large one with a committed one.',
  'network.valueHeadGain': 'The scale of the first value estimates, hence of the first advantages.',
  'network.initialLogStd':
    'How widely a Gaussian policy explores at first; a smaller σ makes each step a larger KL.',
  'network.stateDependentStd':
    'A policy that can be sure in one state and unsure in another explores where it is unsure.',
  'network.squash':
    'Actions near the bounds are squashed onto them by tanh, not clipped: log-probabilities and entropy are of what is done.',
  'advantage.estimator':
    'A value network tells steps apart and may be wrong; groups compare whole episodes that began alike, with more noise and no bias.',
  'advantage.groupSize': 'A larger group compares with a better mean, and has fewer beginnings in a rollout.',
  'advantage.divideByStd':
    'Divided, beginnings whose returns hardly differ push as hard as those where they differ much.',
  'advantage.gamma': 'The horizon: rewards 1/(1 − γ) steps ahead still count.',
  'advantage.gaeLambda': 'Bias against variance of advantages: at 1 they are Monte Carlo returns minus V.',
  'advantage.standardize':
    'The scope sets the step size: within a minibatch every one pushes equally hard, over the rollout a minibatch of poor samples pushes less.',
  'ppo.epochs': 'More passes move the policy further from the one that sampled: more KL an update.',
  'ppo.minibatchSize': 'Smaller minibatches are more and noisier gradient steps an epoch.',
  'objective.kind': 'What holds the policy near the old one, and where its gradient vanishes.',
  'objective.clipRange': 'How far a ratio may go before clipping takes its gradient away.',
  'objective.beta': 'How much a nat of KL costs against a unit of advantage.',
  'objective.adapt':
    'A β that follows the KL holds it near a target; a fixed one lets it drift with the advantages.',
  'objective.dualClip': 'How large a ratio with a negative advantage may push.',
  'objective.clipRangeLow': 'How improbable an action with a negative advantage is made in one update.',
  'objective.clipRangeHigh':
    'How much more probable an action with a positive advantage is made in one update.',
  'objective.rollbackSlope': 'How hard a ratio outside the band is pulled back.',
  'objective.divergence': 'In what a state is near or far: total variation counts probability, KL surprise.',
  'objective.divergenceBound': 'How far a state may move before samples that lead further away are left out.',
  'objective.klRange':
    'How far improbable actions may go in one update: their ratios become large at little KL.',
  'objective.gate': 'The shape of the edge at which clipping takes the gradient away.',
  'objective.softness': 'The width of that edge: the smaller, the nearer to clip.',
  'objective.temperaturePositive': 'How fast the push of good actions fades away from ratio 1.',
  'objective.temperatureNegative': 'How fast the push of bad actions fades away from ratio 1.',
  'objective.temperature': 'How fast the soft clip fades away from ratio 1.',
  reference: 'What it may forget: π stays near another policy, and returns are traded for that.',
  'reference.policy': 'Near which policy it stays.',
  'reference.beta': 'How much a nat of drift costs against a unit of reward.',
  'reference.placement':
    'In the reward the drift is learned like any cost, by way of advantages; in the loss it pulls directly.',
  'reference.estimator': 'Some have the gradient of the KL, some only part of it, k1 in the loss none.',
  'reference.importance': 'Whether the drift is still that of the policy after its first gradient step.',
  'reference.level': 'Whether early steps answer for the drift that they lead to.',
  'reference.adapt': 'A β that follows the drift holds it near a target.',
  'loss.entropyCoefficient': 'Exploration: a bonus keeps the policy from committing early.',
  'loss.valueCoefficient':
    'With the gradient norm clipped over both networks, a heavier value loss leaves the policy smaller steps.',
  'loss.valueClip': 'How fast the value function may follow returns.',
  'loss.valueClipRange': 'In units of reward: a range that suits one task stalls another.',
  'optimizer.learningRate': 'The step size itself; annealed to 0, late updates hardly move.',
  'optimizer.valueLearningRate':
    'A value function that learns faster gives better advantages, or noisier ones.',
  'optimizer.adamBeta1': 'How long Adam’s momentum lasts.',
  'optimizer.adamBeta2': 'How long Adam remembers the size of gradients.',
  'optimizer.adamEpsilon':
    'Bounds Adam’s steps where gradients are tiny: 1e-8 lets them be larger than 1e-5.',
  'optimizer.maxGradientNorm': 'Without a bound one bad minibatch moves Adam’s moments as far as it likes.',
  algorithm:
    'PPO takes many small steps against an objective that discourages leaving; TRPO and NPG one step along the natural gradient, sized by δ.',
  'trpo.damping': 'More damping turns the natural gradient towards the plain one and shortens the step.',
  'trpo.cgIterations':
    'Too few leave the natural gradient unsolved: the step points elsewhere than it claims.',
  'trpo.cgTolerance': 'When conjugate gradient is content and stops before its iterations are used up.',
  'trpo.fisherSubsample':
    'A Fisher matrix from fewer states is cheaper and noisier; δ is still checked on all.',
  'trpo.lineSearch': 'How finely and how far a step that fails its tests is shortened before it is given up.',
  'trpo.value': 'How well the value function fits before the next update: it shares nothing with the policy.',
  'trustRegion.delta': 'The bound that stop rule, rollback and the count of violations measure against.',
  'trustRegion.over':
    'Whether δ bounds the mean of the states, behind which single states may go far, or each of them, which is a smaller region.',
  'trustRegion.stop':
    'Whether, on which measure and when an update ends early: estimators on a minibatch are noisy, exact KL is not; the factor is slack on δ.',
  'trustRegion.onOvershoot': 'Whether an update may end outside δ at all.',
  'trustRegion.projection':
    'Whether the objective sees the policy pulled back into the region of each state: outside it a state’s gradient goes along the edge, not further out.',
  'trustRegion.projection.direction':
    'Which KL is bounded: that of the old policy from the new one minds actions that vanish, the other one actions that appear.',
  'trustRegion.projection.regressionCoefficient':
    'How hard the network, which acts, is held to its projection, which learns.',
  'trustRegion.projection.regression':
    'Whether the network is fitted to its projection before it acts again: without that it may be outside.',
  'trustRegion.ledger': 'What is written; training is the same.',
  evaluation: 'What is written, and how long it takes; training is the same.',
  checkpoint: 'What a killed run goes on from; training is the same.',
  snapshots: 'What is kept; training is the same.',
  groundTruth: 'What is logged; training is the same.',
};
