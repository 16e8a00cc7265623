import type { Config } from '../config/schema.ts';
import { probabilityRatios } from '../objective/surrogate.ts';
import { klPenalty } from '../objective/kl-penalty.ts';
import { Adam, type AdamSettings } from '../optimizer/adam.ts';
import { type Random, shuffle } from '../random/random.ts';
import { readDistributions } from '../rollout/collect.ts';
import type { Rollout } from '../rollout/rollout.ts';
import type { MetricsWhen } from '../row/metrics.ts';
import { mean } from '../trust-region/measure.ts';
import { createProjector } from '../trust-region/projection.ts';
import type { Agent } from './agent.ts';
import { gather, gatherDistributions, type Minibatch } from './minibatch.ts';
import type { Region } from './region.ts';

export type ProjectionSettings = NonNullable<Config['trustRegion']['projection']>;

/**
 * π̃, the network's policy π projected into the KL ball of each state, as PPO learns by it [TRPL, Otto et al., arXiv 2101.09207;
 * for discrete actions TROLL, Becker et al., arXiv 2510.03817]:
 *   loss of π̃ + α·mean KL(π̃‖π), π̃ in the second term a constant.
 * What acts next is π: how far that is from π̃, and from the ball, the figures say.
 */
export interface Projection {
  /** Before the gradient steps of an update. */
  begin(): void;
  /**
   * @param batch with π_old's distributions and π's; its ratios become those of π̃
   * @returns the batch as the objective sees it, with π̃ for π; what is written there is written in `batch`
   */
  look(batch: Minibatch, delta: number): Minibatch;
  /** Makes of the gradient in π̃, in `dOutputs`, that in π, and adds the penalty's. @returns the penalty */
  pullBack(batch: Minibatch): number;
  /**
   * The regression step after the gradient steps: fits π to π̃ as it is then, by KL(π̃‖π) with an Adam of its own, for so many epochs
   * or until the update is inside δ [`trust_region_regression` of TRPL's code].
   * @param batch scratch
   */
  regress(batch: Minibatch, delta: number): void;
  /** Of the update, and of the policy as it is now on the rollout's states. */
  figures(delta: number): MetricsWhen<'projection'>;
}

/** @param region after its rollout began @param optimizer constants of the regression's Adam @param random the stream that shuffles */
export function createProjection(
  settings: ProjectionSettings,
  { head, policy }: Agent,
  rollout: Rollout,
  region: Region,
  minibatchSize: number,
  optimizer: AdamSettings,
  random: Random,
): Projection {
  const { regressionCoefficient, regression } = settings;
  const { count } = rollout;
  const { width } = head;
  const projector = createProjector(head, settings.direction, count);
  const size = Math.min(minibatchSize, count);
  const ofBatch = { distributions: new Float64Array(size * width), logProbs: new Float64Array(size) };
  const shares = new Float64Array(count);
  const current = new Float64Array(count * width);
  const projected = new Float64Array(count * width);
  const kls = new Float64Array(count);
  const gradient = regression && policy.network.allocate();
  const adam = regression && new Adam(policy.network, optimizer);
  /** Over the minibatches of an update. */
  let sharesProjected = 0;
  let minibatches = 0;
  let epochs = 0;

  /** π and π̃ on the whole rollout. */
  const projectRollout = (delta: number): void => {
    readDistributions(policy, head, rollout.observations, count, current, rollout.masks);
    projector.project(rollout.distributions, current, count, delta, projected, shares);
  };

  /** One step of the regression; `batch` holds the targets where those of π_old are. */
  const stepTowards = (batch: Minibatch, to: Float32Array, by: Adam, learningRate: number): void => {
    const { network, parameters } = policy;
    batch.activations = network.forward(parameters, batch.observations, batch.size);
    head.read(batch.activations.outputs, batch.size, batch.distributions, batch.masks);
    batch.dOutputs.fill(0);
    head.addKlGradient(
      batch.oldDistributions,
      batch.distributions,
      1 / batch.size,
      batch.size,
      batch.dOutputs,
    );
    network.vjp(batch.activations, batch.dOutputs, to);
    by.step(parameters, to, 1, learningRate);
  };

  return {
    begin() {
      sharesProjected = 0;
      minibatches = 0;
      epochs = 0;
    },
    look(batch, delta) {
      const { size, oldDistributions, distributions } = batch;
      projector.project(oldDistributions, distributions, size, delta, ofBatch.distributions, shares);
      head.logProb(ofBatch.distributions, batch.actions, size, ofBatch.logProbs);
      probabilityRatios(ofBatch.logProbs, batch.oldLogProbs, size, batch.logRatios, batch.ratios);
      let outside = 0;
      for (let i = 0; i < size; i++) if (shares[i] < 1) outside += 1;
      sharesProjected += outside / size;
      minibatches += 1;
      return { ...batch, ...ofBatch };
    },
    pullBack({ size, oldDistributions, distributions, dOutputs, kl }) {
      projector.pullBack(oldDistributions, distributions, ofBatch.distributions, shares, size, dOutputs);
      if (regressionCoefficient === 0) return 0;
      return klPenalty(head, ofBatch.distributions, distributions, size, regressionCoefficient, dOutputs, kl);
    },
    regress(batch, delta) {
      if (!regression || !gradient || !adam || region.holds(delta)) return;
      projectRollout(regression.within * delta);
      adam.firstMoment.fill(0);
      adam.secondMoment.fill(0);
      adam.continueFrom(0);
      while (epochs < regression.epochs) {
        shuffle(rollout.order, random);
        for (let start = 0; start < count; start += minibatchSize) {
          gather(rollout, head, start, Math.min(minibatchSize, count - start), batch);
          gatherDistributions(projected, head, batch);
          stepTowards(batch, gradient, adam, regression.learningRate);
        }
        epochs += 1;
        if (region.holds(delta)) return;
      }
    },
    figures(delta) {
      projectRollout(delta);
      projector.kl(rollout.distributions, projected, count, kls);
      const klProjectedMax = kls.reduce((a, b) => Math.max(a, b), 0);
      projector.kl(rollout.distributions, current, count, kls);
      let outside = 0;
      for (let i = 0; i < count; i++) if (!(kls[i] <= delta)) outside += 1;
      head.kl(projected, current, count, kls);
      return {
        samplesProjected: minibatches === 0 ? 0 : sharesProjected / minibatches,
        klProjectedMax,
        statesOutsideProjection: outside / count,
        klProjectedNew: mean(kls, count),
        regressionEpochs: epochs,
      };
    },
  };
}
