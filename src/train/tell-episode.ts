import { exp, sigmoid } from '../elementary/exponential.ts';
import type { Head, HeadKind } from '../policy/head.ts';
import type { Drawing } from '../rollout/drawing.ts';
import type { ActionSpace } from '../rollout/environment.ts';
import type { ToldEpisode, ToldStep } from '../rollout/told-episode.ts';
import { headOfPolicy } from './evaluate.ts';
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
  const head = headOfPolicy(stored);
  for (const { name, action, distribution, before, earned } of playSteps(options)) {
    const done = name ?? Array.from(action ?? [], (value) => String(Number(value.toPrecision(3)))).join(', ');
    yield {
      step: {
        done,
        distribution: distribution === undefined ? [] : readable(stored.head, distribution),
        ...(distribution && before && { before: comparedWith(before, distribution, head) }),
        earned,
      },
      drawing: environment.draw?.(),
    };
  }
}

function comparedWith(before: Float64Array, now: Float64Array, head: Head): NonNullable<ToldStep['before']> {
  const out = new Float64Array(1);
  const kl = (p: Float64Array, q: Float64Array): number => {
    head.kl(p, q, 1, out);
    // Of two that are the same what is left of rounding may be below 0.
    return Math.max(0, out[0]);
  };
  return { distribution: readable(head.kind, before), klTo: kl(before, now), klFrom: kl(now, before) };
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
  const { actionSpace } = environment;
  const bounds = boundsOf(actionSpace);
  return {
    ...{ seed, head: stored.head, actions: namesOf(actionSpace), drawings, steps },
    ...(bounds && { bounds }),
  };
}

/** Of each dimension of a box; null where it goes on for ever. */
function boundsOf(space: ActionSpace): ToldEpisode['bounds'] {
  if (space.kind !== 'box') return undefined;
  const finite = (value: number | undefined): number | null =>
    value !== undefined && Number.isFinite(value) ? value : null;
  return Array.from(space.low, (low, at) => [finite(low), finite(space.high[at])]);
}

/**
 * What a distribution says: probabilities of the actions, of several choices those of each one after the other, of bits that of a
 * 1; or means and then standard deviations, those before tanh of a squashed Gaussian.
 */
export function readable(head: HeadKind, distribution: Float64Array): number[] {
  switch (head) {
    case 'categorical':
    case 'multiDiscrete':
      return Array.from(distribution, exp);
    case 'multiBinary':
      return Array.from(distribution, sigmoid);
    case 'diagonalGaussian':
    case 'squashedGaussian': {
      const dimensions = distribution.length / 2;
      return Array.from(distribution, (value, at) => (at < dimensions ? value : exp(value)));
    }
  }
}

/** What each action is called, of several choices each value of each; of a box each dimension. */
export function namesOf(space: ActionSpace): string[] {
  const named = (at: number): string => space.names?.[at] ?? String(at);
  if (space.kind === 'multiDiscrete')
    return space.n.flatMap((n, at) => Array.from({ length: n }, (_, value) => `${named(at)} = ${value}`));
  const count = space.kind === 'box' ? space.low.length : space.n;
  return Array.from({ length: count }, (_, at) => named(at));
}
