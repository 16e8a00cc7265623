import { type CellsWhen, field, type MetricValue, type RowOf } from './field.ts';

/**
 * Every column of `metrics.jsonl`, in order; figures of the environment follow under their own names. What knows
 * columns derives from here: the type of a row, what a reader takes for one, docs/metrics.md, the names on axes and
 * those of `--metric`.
 */
export const metricFields = [
  field('update', 'count', 'Number of the update, from 1.'),
  field('steps', 'environment steps', 'Steps taken by all copies together, this rollout included.'),
  field('episodes', 'count', 'Episodes finished in this rollout.'),
  field('returnMean', 'reward', 'Mean undiscounted raw return of those episodes.', {
    label: 'return',
    short: ['return'],
    nullWhen: 'when none finished',
  }),
  field('returnMin', 'reward', 'Least of those returns.', {
    label: 'least return',
    nullWhen: 'when none finished',
  }),
  field('returnMax', 'reward', 'Greatest of those returns.', {
    label: 'greatest return',
    nullWhen: 'when none finished',
  }),
  field('lengthMean', 'environment steps', 'Mean length of those episodes.', {
    label: 'episode length',
    short: ['length'],
    nullWhen: 'when none finished',
  }),
  field(
    'curveUpdates',
    'count',
    'Updates, from the first on, of which the curve of returns (docs/compare.md) is known by now.',
    { when: 'afterFirstRelease' },
  ),
  field('curveReturn', 'reward', 'The curve’s mean over the updates that became known in this one.', {
    nullWhen: 'where none did',
    when: 'afterFirstRelease',
  }),
  field(
    'klOldNewMean',
    'nats',
    'Mean over the rollout’s states of KL(π_old‖π_new), exact, after the update.',
    { label: 'KL(π_old‖π_new)', short: ['kl', 'klOldNew'], heldToDelta: 'mean' },
  ),
  field('klOldNewP95', 'nats', '95th percentile over states of the same.', {
    label: 'KL(π_old‖π_new), 95th percentile',
  }),
  field('klOldNewMax', 'nats', 'Maximum over states of the same.', {
    label: 'KL(π_old‖π_new), maximum',
    short: ['klMax'],
    heldToDelta: 'eachState',
  }),
  field('klNewOldMean', 'nats', 'Mean over states of KL(π_new‖π_old), exact, after the update.', {
    label: 'KL(π_new‖π_old)',
    short: ['klNewOld'],
  }),
  field('k1', 'nats', 'mean(−ℓ) over the rollout, ℓ = log π_new(a|s) − log π_old(a|s), after the update.', {
    heldToDelta: 'mean',
  }),
  field('k2', 'nats', 'mean(ℓ²/2), likewise.', { heldToDelta: 'mean' }),
  field('k3', 'nats', 'mean(expm1(ℓ) − ℓ), likewise.', { heldToDelta: 'mean' }),
  field(
    'delta',
    'nats',
    'δ in this update, the bound on klOldNewMean; on klOldNewMax with `trustRegion.over` `max` or `perState`.',
    { label: 'δ' },
  ),
  field('deltaViolated', 'true or false', 'Whether what δ bounds is > δ.'),
  field('statesOutsideDelta', 'share', 'Share of the rollout’s states with KL(π_old‖π_new) > δ.', {
    label: 'states outside δ',
    when: 'eachState',
  }),
  field('clipFraction', 'share', 'Share of samples with |ratio − 1| > ε, mean over the gradient steps.', {
    label: 'clip fraction',
    short: ['clip'],
    nullWhen: 'where the objective has no ε',
  }),
  field('entropy', 'nats', 'Mean entropy of π_new over the rollout’s states.'),
  field(
    'policyLoss',
    'reward',
    'Loss of the policy objective, KL penalty included, without the bonus, mean over the gradient steps.',
    { label: 'policy loss', short: ['loss'] },
  ),
  field('valueLoss', 'reward²', '½·mean((V − R)²) without its coefficient, mean over the gradient steps.', {
    label: 'value loss',
    when: 'critic',
  }),
  field('explainedVariance', 'share', '1 − Var(R − V)/Var(R) of the values before the update.', {
    label: 'explained variance',
    when: 'critic',
  }),
  field('learningRate', '1', 'Adam’s step size in this update; of the value network alone with TRPO.', {
    label: 'learning rate',
    short: ['lr'],
  }),
  field('clipRange', '1', 'ε in this update.', {
    label: 'ε',
    short: ['epsilon'],
    nullWhen: 'where the objective has none',
  }),
  field(
    'gradientNorm',
    '1',
    'Global L2 norm over both networks before clipping, mean over the gradient steps; with TRPO ‖g‖ of the surrogate.',
    { label: 'gradient norm', short: ['gradient'] },
  ),
  field('gradientStepsPlanned', 'count', 'Gradient steps the update would take without a stop rule.', {
    label: 'gradient steps planned',
  }),
  field('gradientStepsApplied', 'count', 'Gradient steps it took.', { label: 'gradient steps applied' }),
  field('stopReason', 'word', 'Why its gradient steps ended.', {
    label: 'stop reason',
    short: ['stop'],
    words: {
      completed: 'all planned steps',
      stopped: 'the stop rule ended it',
      rolledBack: 'brought back inside δ',
      rejected: 'no step was acceptable, the policy is as it was',
    },
  }),
  field('beta', '1', 'β of the KL penalty in this update.', { label: 'β', when: 'klPenalty' }),
  field(
    'betaSaturated',
    'true or false',
    'Whether a bound of `objective.adapt` held back the β of the next update.',
    { when: 'adaptivePenalty' },
  ),
  field(
    'learningRateSaturated',
    'true or false',
    'Whether a bound of `optimizer.learningRate` held it back in this update.',
    { when: 'adaptiveLearningRate' },
  ),
  field(
    'klPolicyReference',
    'nats',
    'Mean over the rollout’s states of KL(π_new‖π_ref), exact, after the update: the drift.',
    { label: 'KL(π‖π_ref)', short: ['drift'], when: 'reference' },
  ),
  field('klReferencePolicy', 'nats', 'Mean over states of KL(π_ref‖π_new), likewise.', {
    label: 'KL(π_ref‖π)',
    when: 'reference',
  }),
  field('referenceBeta', '1', 'β of the reference in this update.', {
    label: 'β of the reference',
    when: 'adaptiveReference',
  }),
  field(
    'referenceBetaSaturated',
    'true or false',
    'Whether a bound of `reference.adapt` held back the β of the next update.',
    { when: 'adaptiveReference' },
  ),
  field(
    'samplesProjected',
    'share',
    'Share of samples whose state was outside the ball and seen projected, mean over the gradient steps.',
    { label: 'projected samples', short: ['projected'], when: 'projection' },
  ),
  field(
    'klProjectedMax',
    'nats',
    'Maximum over the rollout’s states of the KL that the projection bounds, of the projected policy π̃ after the update: at most δ.',
    { label: 'KL of the projected policy, maximum', when: 'projection' },
  ),
  field(
    'statesOutsideProjection',
    'share',
    'Share of the rollout’s states in which the saved network, which acts next, is outside the ball: its KL in the projection’s direction is > δ.',
    { label: 'network outside the ball', when: 'projection' },
  ),
  field(
    'klProjectedNew',
    'nats',
    'Mean over states of KL(π̃‖π_new): how far the network is from its projection.',
    {
      label: 'KL(π̃‖π_new)',
      when: 'projection',
    },
  ),
  field('regressionEpochs', 'count', 'Epochs of the regression step.', {
    label: 'regression epochs',
    when: 'projection',
  }),
  field('cgIterations', 'count', 'Iterations of conjugate gradient.', { when: 'naturalStep' }),
  field('cgResidualInitial', '1', '‖g‖: the residual of x = 0.', { when: 'naturalStep' }),
  field('cgResidualFinal', '1', '‖g − (F + λI)x‖ of the x found, computed anew.', { when: 'naturalStep' }),
  field(
    'stepFisherNorm',
    'nats',
    'sᵀFs of the full step s, without damping: twice the KL it would make if KL were quadratic.',
    { nullWhen: 'where no step was tried', when: 'naturalStep' },
  ),
  field('klPredicted', 'nats', '½·sᵀFs of the step taken, or of the last one tried where none was.', {
    nullWhen: 'where no step was tried',
    when: 'naturalStep',
  }),
  field('klActual', 'nats', 'Mean KL(π_old‖π_new) of the same step, exact, on the whole rollout.', {
    nullWhen: 'where no step was tried',
    when: 'naturalStep',
  }),
  field('improvementPredicted', 'reward', 'gᵀs of the same step.', {
    nullWhen: 'where no step was tried',
    when: 'naturalStep',
  }),
  field(
    'improvementActual',
    'reward',
    'Surrogate mean(ratio·Â) after that step minus before, standardised advantages.',
    { nullWhen: 'where no step was tried', when: 'naturalStep' },
  ),
  field('backtracks', 'count', 'Times the line search shortened the step.', { when: 'naturalStep' }),
  field('rejectedReason', 'word', 'Why the policy was left as it was.', {
    nullWhen: 'where the step was taken',
    when: 'naturalStep',
    words: {
      zeroGradient: '‖g‖ is at most `trpo.cgTolerance`, no direction to step in',
      negativeCurvature: 'conjugate gradient met xᵀ(F + λI)x ≤ 0',
      nonFinite: 'a gradient, a product or a trial’s KL or surrogate is not finite',
      outsideDelta: 'the last step tried was still outside δ',
      noImprovement: 'the last step tried was inside δ but did not improve the surrogate',
    },
  }),
  field(
    'bestArmProbability',
    'share',
    'Mean probability that π_old gave the best action, over the rollout’s states.',
    { when: 'knownBest' },
  ),
  field('discountedReturn', 'reward', 'J(π_new) = E[Σ γᵗ r], exact, without a time limit.', {
    label: 'J(π), discounted',
    nullWhen: 'where γ is 1',
    when: 'groundTruth',
  }),
  field('trueImprovement', 'reward', 'J(π_new) − J(π_old), likewise.', {
    label: 'true improvement',
    short: ['truth'],
    nullWhen: 'where γ is 1',
    when: 'groundTruth',
  }),
  field(
    'surrogateImprovement',
    'reward',
    'What the surrogate promises of it: Σ_s ρ_old(s) Σ_a π_new(a|s)·A_old(s, a), ρ and A exact.',
    {
      label: 'surrogate’s promise',
      short: ['promise'],
      nullWhen: 'where γ is 1',
      when: 'groundTruth',
    },
  ),
  field('boundConstant', 'reward', 'C = 4εγ/(1 − γ)², ε = max |A_old(s, a)|. [TRPO, eq. 9]', {
    nullWhen: 'where γ is 1: there is no bound',
    when: 'groundTruth',
  }),
  field(
    'boundMaxKl',
    'reward',
    'TRPO’s lower bound on trueImprovement: surrogateImprovement − C·klOldNewStateMax.',
    {
      label: 'lower bound, largest KL (TRPO)',
      nullWhen: 'where γ is 1: there is no bound',
      when: 'groundTruth',
    },
  ),
  field(
    'boundMeanKl',
    'reward',
    'The bound in the mean KL: surrogateImprovement − 2γε′/(1 − γ)²·√(½·(1 − γ)·Σ_s ρ_old(s)·KL_s), ε′ = max_s |Σ_a π_new(a|s)·A_old(s, a)|. [arXiv 1705.10528, corollary 3]',
    {
      label: 'lower bound, mean KL (CPO)',
      nullWhen: 'where γ is 1: there is no bound',
      when: 'groundTruth',
    },
  ),
  field(
    'klOldNewDiscounted',
    'nats',
    'Σ_s ρ_old(s)·KL_s / Σ_s ρ_old(s): mean over the discounted visitation.',
    {
      label: 'KL, discounted',
      nullWhen: 'where γ is 1',
      when: 'groundTruth',
      heldToDelta: 'mean',
    },
  ),
  field(
    'criticError',
    'reward',
    '√(Σ_s ρ_old(s)·(V_φ(s) − V(s))² / Σ_s ρ_old(s)): V_φ the critic before the update, V the values of π_old.',
    { label: 'critic’s error', nullWhen: 'where γ is 1 or rewards are normalised', when: 'groundTruth' },
  ),
  field('discountedGap', 'reward', 'J of the best policy − discountedReturn.', {
    label: 'discounted gap',
    nullWhen: 'where γ is 1',
    when: 'groundTruth',
  }),
  field('klOldNewStateMax', 'nats', 'Greatest KL(π_old‖π_new) of all states, visited or not.', {
    label: 'KL, maximum of all states',
    when: 'groundTruth',
  }),
  field(
    'klOldNewVisited',
    'nats',
    'Mean over the states that episodes of π_old come to within the time limit: what klOldNewMean is an estimate of.',
    {
      label: 'KL, true visits',
      nullWhen: 'where there is no time limit',
      when: 'groundTruth',
      heldToDelta: 'mean',
    },
  ),
  field(
    'exactReturn',
    'reward',
    'Expected undiscounted return of an episode of π_new within the time limit.',
    {
      label: 'exact return',
      short: ['exact'],
      nullWhen: 'where there is no time limit',
      when: 'groundTruth',
    },
  ),
  field('exactImprovement', 'reward', 'exactReturn − that of π_old.', {
    label: 'true improvement, undiscounted',
    nullWhen: 'where there is no time limit',
    when: 'groundTruth',
  }),
  field(
    'exactPromise',
    'reward',
    'The surrogate’s promise of it: Σ_t Σ_s P(s_t = s) Σ_a (π_new − π_old)(a|s)·Q_t(s, a).',
    {
      label: 'surrogate’s promise, undiscounted',
      nullWhen: 'where there is no time limit',
      when: 'groundTruth',
    },
  ),
  field(
    'exactGap',
    'reward',
    'Best return within the time limit, of a policy that may look at the clock − exactReturn.',
    {
      label: 'gap to the optimum',
      short: ['gap'],
      nullWhen: 'where there is no time limit, or the best takes too long to compute',
      when: 'groundTruth',
    },
  ),
  field(
    'surrogateSampled',
    'reward',
    'What the rollout makes of surrogateImprovement: mean((π_new/π_old − 1)(a|s)·Â) over its samples, Â not standardised, times Σ_s ρ_old(s).',
    {
      label: 'surrogate’s promise, sampled',
      nullWhen:
        'where γ is 1, or Â is of other rewards: normalised, priced by a reference, or compared within groups',
      when: 'groundTruth',
    },
  ),
  field(
    'exactTrueReturn',
    'reward',
    'Expectation of what answers of π_new are really worth (`trueReward`); exactReturn is of the reward that is paid.',
    { label: 'exact true reward', short: ['trueReward'], when: 'trueReward' },
  ),
  field(
    'sequenceKlPolicyReference',
    'nats',
    'KL(π_new‖π_ref) of whole answers, exact, mean over the prompts.',
    {
      label: 'KL(π‖π_ref), sequences',
      when: 'sequenceReference',
    },
  ),
  field('sequenceKlReferencePolicy', 'nats', 'KL(π_ref‖π_new), likewise.', {
    label: 'KL(π_ref‖π), sequences',
    when: 'sequenceReference',
  }),
  field('sequenceObjective', 'reward', 'exactReturn − β·sequenceKlPolicyReference, β that of the update.', {
    label: 'E r − β·KL',
    short: ['objective'],
    when: 'sequenceReference',
  }),
  field('optimumObjective', 'reward', 'The most that it can be: that of π*(y) ∝ π_ref(y)·e^(r(y)/β).', {
    label: 'E r − β·KL of the optimum',
    when: 'sequenceReference',
  }),
  field(
    'klPolicyOptimum',
    'nats',
    'KL(π_new‖π*), of whole answers: (optimumObjective − sequenceObjective)/β.',
    {
      label: 'KL(π‖π*)',
      short: ['optimum'],
      when: 'sequenceReference',
    },
  ),
  field('klOptimumPolicy', 'nats', 'KL(π*‖π_new), likewise.', {
    label: 'KL(π*‖π)',
    when: 'sequenceReference',
  }),
] as const;

export type MetricFields = typeof metricFields;

/** A row of `metrics.jsonl` in memory; on disk the figures stand beside the columns, after them. */
export interface MetricsRow extends RowOf<MetricFields> {
  /** The environment's own, by the names it gave them (`regret`). */
  readonly figures: Readonly<Record<string, MetricValue>>;
}

/** The KL that δ bounds: of the worst state where the row counts states outside (`trustRegion.over`), else the mean. */
export function heldKl(row: Pick<MetricsRow, 'klOldNewMean' | 'klOldNewMax' | 'statesOutsideDelta'>): number {
  return row.statesOutsideDelta === undefined ? row.klOldNewMean : row.klOldNewMax;
}

/** A row as this version writes it: with the columns that older rows are read without. */
export type WrittenRow = MetricsRow & MetricsWhen<'afterFirstRelease'>;

/** The cells of a row that only some have. */
export type MetricsWhen<O extends NonNullable<FieldOf['when']>> = CellsWhen<MetricFields, O>;
export type FieldOf = Extract<MetricFields[number], { readonly when: string }>;

type WordOf<Name extends string> = keyof Extract<
  MetricFields[number],
  { readonly name: Name; readonly words: object }
>['words'];

/** Why the gradient steps of an update ended. */
export type StopReason = WordOf<'stopReason'>;
/** Why an update of TRPO left the policy where it was. */
export type RejectedReason = WordOf<'rejectedReason'>;
