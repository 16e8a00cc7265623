import { exp } from '../elementary/exponential.ts';
import type { HeadKind } from '../policy/head.ts';
import type { Drawing } from '../rollout/drawing.ts';
import type { ActionSpace } from '../rollout/environment.ts';
import type { ToldEpisode, ToldStep } from '../rollout/told-episode.ts';
import { type PlayOptions, playSteps } from './play-steps.ts';

/** Steps of an episode that are shown. */
export const MOST_SHOWN = 2000;

/** A step of an episode and the picture after it, where the environment has one. */
export interface ToldPart {
  readonly step: ToldStep;
  readonly drawing: Drawing | undefined;
}

/** An episode step by step, for who shows it. */
export function* tellSteps(options: PlayOptions): Generator<ToldPart> {
  const { environment, stored } = options;
  for (const { name, action, distribution, earned } of playSteps(options)) {
    const done = name ?? Array.from(action ?? [], (value) => String(Number(value.toPrecision(3)))).join(', ');
    yield {
      step: {
        done,
        distribution: distribution === undefined ? [] : readable(stored.head, distribution),
        earned,
      },
      drawing: environment.draw?.(),
    };
  }
}

/** The whole of it. */
export function episodeOf(
  { environment, stored, seed }: PlayOptions,
  parts: Iterable<ToldPart>,
): ToldEpisode {
  const drawings: Drawing[] | null = environment.draw === undefined ? null : [];
  const steps: ToldStep[] = [];
  for (const { step, drawing } of parts) {
    steps.push(step);
    if (drawing !== undefined) drawings?.push(drawing);
  }
  return { seed, head: stored.head, actions: namesOf(environment.actionSpace), drawings, steps };
}

/** What a distribution says: probabilities, or means and then standard deviations; nothing of several choices or bits. */
export function readable(head: HeadKind, distribution: Float64Array): number[] {
  if (head === 'categorical') return Array.from(distribution, exp);
  const dimensions = distribution.length / 2;
  if (head !== 'diagonalGaussian' && head !== 'squashedGaussian') return [];
  return Array.from(distribution, (value, at) => (at < dimensions ? value : exp(value)));
}

/** What each action, or dimension of one, is called. */
export function namesOf(space: ActionSpace): string[] {
  const count =
    space.kind === 'box' ? space.low.length : space.kind === 'multiDiscrete' ? space.n.length : space.n;
  return Array.from({ length: count }, (_, at) => space.names?.[at] ?? String(at));
}
