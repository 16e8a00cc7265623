import { findEnvironment } from '../../envs/registry.ts';
import { randomStream } from '../../src/random/random.ts';
import { ReturnCurve } from '../../src/rollout/return-curve.ts';
import { createCopies } from '../../src/rollout/copies.ts';
import type { MetricsRow } from '../../src/row/metrics.ts';

/** The shape of a run: copies, steps of each in a rollout, updates. */
export type Shape = readonly [copies: number, steps: number, updates: number];

/** What the rows of a run tell of its episodes. */
export type EpisodeRow = Pick<
  MetricsRow,
  'update' | 'steps' | 'episodes' | 'returnMean' | 'returnMin' | 'returnMax' | 'lengthMean'
> &
  Required<Pick<MetricsRow, 'curveUpdates' | 'curveReturn'>>;

/** A run of a policy that never learns: every action equally likely, or drawn from N(0, 1). */
export function untrainedRun(
  id: string,
  options: unknown,
  [copies, steps, updates]: Shape,
  seed: number,
): EpisodeRow[] {
  const environment = createCopies(findEnvironment(id), options, copies, seed);
  const curve = new ReturnCurve(copies, steps);
  environment.onEpisode = (copy, episodeReturn, length) => curve.ended(copy, episodeReturn, length);
  const { actionSpace } = environment;
  const random = randomStream(seed, 'action');
  const actions = new Float32Array(copies * environment.actionWidth);
  return Array.from({ length: updates }, (_, u) => {
    for (let t = 0; t < steps; t++) {
      for (let i = 0; i < actions.length; i++) {
        actions[i] = actionSpace.kind === 'discrete' ? random.integer(actionSpace.n) : random.normal();
      }
      environment.step(actions);
    }
    const { count: episodes, ...figures } = environment.drainEpisodes();
    return { update: u + 1, steps: (u + 1) * copies * steps, episodes, ...figures, ...curve.drain() };
  });
}
