import { setTimeout } from 'node:timers/promises';
import type { Engine } from '../../network/network.ts';
import { randomStream } from '../../random/random.ts';
import { type Environment, widthOf } from '../../rollout/environment.ts';
import { createPlayed } from '../../rollout/played-actions.ts';
import { ObservationNormalizer } from '../../rollout/normalize.ts';
import type { LoadedPolicy } from '../../run/policy-file.ts';
import { headOfPolicy } from '../../train/evaluate.ts';
import { quantity } from './quantities.ts';
import { paint, printable } from './print.ts';

/** Milliseconds that a frame stays on a terminal. */
const FRAME = 150;

/** What playing one episode needs. */
export interface PlayOptions {
  readonly environment: Environment;
  readonly stored: LoadedPolicy;
  readonly engine: Engine;
  readonly mode: 'greedy' | 'sampled';
  readonly seed: number;
  readonly timeLimit: number | undefined;
}

/** Plays one episode frame by frame: redrawn in place on a terminal, one below the other elsewhere. */
export async function playEpisode(options: PlayOptions): Promise<void> {
  const { stdout } = process;
  let lines = 0;
  for (const title of episode(options)) {
    const frame = printable(`${paint('dim', title)}\n${options.environment.render?.() ?? ''}\n`);
    if (stdout.isTTY && lines > 0) stdout.write(`\u001b[${lines}A\u001b[0J`);
    stdout.write(stdout.isTTY ? frame : `\n${frame}`);
    lines = frame.split('\n').length - 1;
    if (stdout.isTTY) await setTimeout(FRAME);
  }
}

/** One episode, step by step: what was done and earned. The environment is in the state after it. */
export function* episode(options: PlayOptions): Generator<string> {
  const { environment, stored, engine, mode, seed, timeLimit } = options;
  const { observationSpace, actionSpace } = environment;
  const { shape, parameters } = stored.policy;
  const random = randomStream(seed, 'play/environment');
  const actionRandom = randomStream(seed, 'play/action');
  const head = headOfPolicy(stored);
  const network = engine.create(shape, 1);
  const normalizer =
    stored.observationMoments && new ObservationNormalizer(shape.inputs, stored.observationMoments);
  const observation = new Float32Array(widthOf(observationSpace));
  const features = new Float32Array(shape.inputs);
  const distribution = new Float64Array(head.width);
  const action = new Float32Array(head.actionWidth);
  const played = createPlayed(head, actionSpace, 1);
  const mask = new Uint8Array(head.maskWidth);
  const masks = environment.actionMask && mask;
  const transition = { reward: 0, terminated: false };
  try {
    let earned = 0;
    environment.reset(random, observation);
    yield 'start';
    for (let step = 1; step <= (timeLimit ?? Number.POSITIVE_INFINITY) && !transition.terminated; step++) {
      features.fill(0);
      if (observationSpace.kind === 'discrete') features[observation[0] as number] = 1;
      else features.set(observation);
      normalizer?.apply(features, 1, features);
      environment.actionMask?.(mask.fill(1));
      head.read(network.infer(parameters, features, 1), 1, distribution, masks);
      if (mode === 'greedy') head.mode(distribution, 0, action);
      else head.sample(distribution, 0, actionRandom, action);
      environment.step(played(action), random, observation, transition);
      earned += environment.rawReward ?? transition.reward;
      const name = actionSpace.kind === 'discrete' ? actionSpace.names?.[action[0] as number] : undefined;
      const done = name ?? `action ${Array.from(played(action), quantity).join(', ')}`;
      yield `step ${step}: ${done}, return ${quantity(earned)}`;
    }
  } finally {
    network.dispose();
  }
}
