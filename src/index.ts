/** leash-rl: PPO and TRPO on a KL leash. */
export { type Config, configSchema } from './config/schema.ts';
export { configOf, type Settings } from './library/config.ts';
export { defineEnvironment, type OwnEnvironment } from '../envs/own-environment.ts';
export { type CheckEnvironmentOptions, checkEnvironment, loadEnvironment } from './library/environment.ts';
export type {
  CheckedEnvironment,
  EnvironmentFinding,
} from './environment-check/check-environment.ts';
export type { CheckName } from './environment-check/hints.ts';
export {
  type Evaluated,
  type EvaluateOptions,
  loadPolicy,
  type Policy,
  type PolicyOptions,
} from './library/policy.ts';
export {
  createTraining,
  type TrainedRun,
  type TrainingOptions,
  type TrainOptions,
  train,
} from './library/train.ts';
export { importPolicy } from './exchange/import-policy.ts';
export type { ImportedPolicy, ImportOptions } from './exchange/policy-bytes.ts';
export { policyJson } from './exchange/json.ts';
export { type LayersModelFiles, policyLayersModel } from './exchange/layers-model.ts';
export { policyNpz } from './exchange/policy-npz.ts';
export { policyOnnx } from './exchange/onnx.ts';
export {
  type NetworkGraph,
  type PolicyGraph,
  policyGraphOf,
  type DenseLayer,
  type ExportedGraph,
} from './exchange/policy-graph.ts';
export { type BuiltModel, writeLayersModel } from './exchange/write-layers-model.ts';
export { type EngineOptions, type EngineReport, loadEngine, surveyEngines } from './node/load-engine.ts';
export type { Engine, Network, Activations } from './network/network.ts';
export type { NetworkShape, LayersTopology } from './network/shape.ts';
export type {
  ActionSpace,
  BoxSpace,
  DiscreteSpace,
  Enumerated,
  Environment,
  EnvironmentDefinition,
  MultiBinarySpace,
  MultiDiscreteSpace,
  ReturnBounds,
  SequenceModel,
  Space,
  TabularModel,
  TabularTransition,
  Transition,
} from './rollout/environment.ts';
export { environments, findEnvironment } from '../envs/registry.ts';
export { type LoadedRun, loadRun, readFitRows, readRows } from './node/read-run.ts';
export { readEvaluations, readLedger, readMetrics, type Rows } from './run/read-rows.ts';
export {
  type Field,
  type MetricValue,
  type More,
  type Unit,
  type RowOf,
  type Occasion,
  type Shown,
  type IsIn,
  type Cell,
  type CellsWhen,
  occasions,
} from './row/field.ts';
export {
  type MetricsRow,
  metricFields,
  type MetricFields,
  type WrittenRow,
  type MetricsWhen,
  type FieldOf,
} from './row/metrics.ts';
export type { Standstill } from './train/standstill.ts';
export type { PolicyHealth, Training } from './train/training.ts';
export type { Evaluation } from './train/evaluate.ts';
export type { Threads } from './parallel/executor.ts';
export { type Random, randomStream, type RandomState } from './random/random.ts';
export { adaptBeta, type AdaptedBeta, type BetaRule } from './trust-region/adapt-beta.ts';
export {
  byUpdate,
  type CounterfactualStop,
  counterfactualStops,
  type StopSummary,
  type Stopper,
  summarizeStops,
  stoppers,
} from './trust-region/counterfactual.ts';
export { type LedgerRow, ledgerFields } from './row/ledger.ts';
export { type Preset, type PresetName, presets, presetNames } from './config/presets.ts';
export { UserError } from './user-error.ts';
export { bernoulliEntropy, bernoulliKl, bernoulliLogProb } from './divergence/bernoulli.ts';
export {
  type DiagonalGaussian,
  gaussianEntropy,
  gaussianKl,
  gaussianLogProb,
} from './divergence/diagonal-gaussian.ts';
export { type Base, DistributionError, fromCounts, type Vector } from './divergence/distribution.ts';
export { crossEntropy, crossEntropyFromLogits, entropy, entropyFromLogits } from './divergence/entropy.ts';
export {
  type Estimate,
  estimateKlNewOld,
  estimateKlOldNew,
  k1,
  k1NewOld,
  k2,
  k2NewOld,
  k3,
  k3NewOld,
  type LogRatios,
} from './divergence/estimators.ts';
export { jensenShannon } from './divergence/jensen-shannon.ts';
export { kl, klFromLogits, klFromLogProbs, klShares } from './divergence/kl.ts';
export { logSoftmax, softmax } from './divergence/softmax.ts';
export { totalVariation } from './divergence/total-variation.ts';
export type {
  EstimatorCell,
  EstimatorLevel,
  EstimatorWeight,
  PenaltyPlacement,
  SampleSource,
} from './drift/cells.ts';
export type { LibraryName } from './drift/libraries.ts';
export type { EstimatorQuality, MeasuredNumber } from './drift/measure.ts';
export type { ExampleSettings } from './drift/model.ts';
export {
  type EstimatorRow,
  type EstimatorSettings,
  type EstimatorTable,
  estimatorTable,
  type TableDistances,
} from './drift/table.ts';
export type { DriftName } from './objective/reference-penalty.ts';
export { type FitRow, fitFields } from './row/fit.ts';
export { type FitConfig, fitSchema } from './fit/schema.ts';
export { bootstrapIntervals, type Interval } from './statistics/bootstrap.ts';
export { adjustByHolm } from './statistics/holm.ts';
export { mannWhitneyPValue } from './statistics/mann-whitney.ts';
export {
  interquartileMean,
  median,
  optimalityGap,
  probabilityOfImprovement,
  type Scores,
} from './statistics/scores.ts';
export { interval as studentInterval, type MeanInterval } from './statistics/student-interval.ts';
export { type Drawing, type Ink, type Shape, inks } from './rollout/drawing.ts';
export { successInterval, wilsonInterval } from './statistics/success-interval.ts';
export type { RunLabels } from './run/labels.ts';
export type { Tree } from './config/problem.ts';
export {
  type ConfiguredSettings,
  objectiveSettings,
  type SettingName,
  type SettingKnob,
} from './objective/settings.ts';
export type {
  BestEvaluation,
  Parent,
  RecordOfRun,
  RunRecord,
  RunStatus,
  RunFinal,
  Warning,
} from './run/record.ts';
export type { Reachable } from './fit/reachable.ts';
export type { FitMeasures } from './fit/measure-fit.ts';
export type { Override, EnvironmentOptions } from './config/load.ts';
export type { Layout, Block } from './network/layout.ts';
export type { AdamStep, AdamState } from './optimizer/adam.ts';
export {
  type EngineName,
  type TfjsBackend,
  engineTraits,
  type EngineTraits,
} from './network/engine-traits.ts';
export type { CreateTile, Tile } from './elementary/tile.ts';
export type { Stateful, StateValue } from './elementary/state.ts';
export type { SequenceSpace } from './sequence/tree.ts';
export type { ActorCritic, LoadedPolicy, StoredPolicy, StoredNetwork } from './run/policy-file.ts';
export type { TrainingSnapshot, CollectingSnapshot } from './train/training-state.ts';
export { type HeadKind, headKinds } from './policy/head.ts';
export type { MomentsState, RewardNormalizerState } from './rollout/normalize.ts';
export { fit, type FitOptions, type FittedRun } from './library/fit.ts';
export type { FitRecord } from './fit/fit.ts';
export type { JsonSchema } from './config/fields.ts';
export type { LearnerState } from './train/agent.ts';
export type { CollectorState } from './rollout/collect.ts';
export type { ReturnCurveState } from './rollout/return-curve.ts';
export type { MeanState } from './elementary/mean.ts';
export { type EvaluationRow, evaluationFields } from './row/evaluation.ts';
export type { ActionBounds } from './run/action-bounds.ts';
