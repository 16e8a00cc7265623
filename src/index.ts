/** leash-rl: PPO and TRPO on a KL leash. */
export { type Config, configSchema } from './config/schema.ts';
export { type ImportedPolicy, type ImportOptions, importPolicy } from './exchange/import-policy.ts';
export { policyJson } from './exchange/json.ts';
export { type LayersModelFiles, policyLayersModel } from './exchange/layers-model.ts';
export { policyNpz } from './exchange/policy-npz.ts';
export { policyOnnx } from './exchange/onnx.ts';
export { type NetworkGraph, type PolicyGraph, policyGraphOf } from './exchange/policy-graph.ts';
export { type BuiltModel, writeLayersModel } from './exchange/write-layers-model.ts';
export { type EngineOptions, type EngineReport, loadEngine, surveyEngines } from './node/load-engine.ts';
export type { Engine, Network } from './network/network.ts';
export type { NetworkShape } from './network/shape.ts';
export type { Environment, EnvironmentDefinition } from './rollout/environment.ts';
export { environments, findEnvironment } from '../envs/registry.ts';
export { startCriticThread } from './node/start-critic-thread.ts';
export { nodeHost } from './node/host.ts';
export type { SecondThread } from './parallel/executor.ts';
export type { Thread } from './parallel/thread.ts';
export { createRun } from './run/run-directory.ts';
export { type LoadedRun, loadRun, readFitRows, readRows } from './node/read-run.ts';
export { readLedger, readMetrics, type Rows } from './run/read-rows.ts';
export type { Field, MetricValue } from './row/field.ts';
export { type MetricsRow, metricFields } from './row/metrics.ts';
export { evaluate } from './train/evaluate.ts';
export { type Host, train } from './train/train.ts';
export { createTraining, type Training } from './train/training.ts';
export { adaptBeta, type AdaptedBeta, type BetaRule } from './trust-region/adapt-beta.ts';
export {
  byUpdate,
  type CounterfactualStop,
  counterfactualStops,
  type StopSummary,
  type Stopper,
  summarizeStops,
} from './trust-region/counterfactual.ts';
export { type LedgerRow, ledgerFields } from './row/ledger.ts';
export { type Preset, type PresetName, presets } from './config/presets.ts';
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
export { type Dataset, loadDataset } from './fit/dataset.ts';
export { type FitRow, fitFields } from './row/fit.ts';
export { type Fit, type FitRecord, fitModel } from './fit/fit.ts';
export { loadFit } from './fit/load.ts';
export { type FitConfig, fitSchema } from './fit/schema.ts';
