import { shown } from '../rollout/contract.ts';
import { type ActionSpace, EnvironmentError, type Space } from '../rollout/environment.ts';
import { shortLine } from '../user-error.ts';

/* Spaces as a server of the protocol says them, and as leash has them. */

/** A bound as JSON has it. */
type Bound = number | '-Infinity' | 'Infinity';

export type SpaceWords =
  | { readonly kind: 'discrete'; readonly n: number }
  | {
      readonly kind: 'box';
      readonly low: readonly Bound[];
      readonly high: readonly Bound[];
      readonly shape?: readonly number[];
      readonly image?: string;
    };

export type ChoicesWords =
  | { readonly kind: 'multiDiscrete'; readonly n: readonly number[] }
  | { readonly kind: 'multiBinary'; readonly n: number };

export function actionSpaceOf(words: SpaceWords | ChoicesWords, id: string): ActionSpace {
  return words.kind === 'multiDiscrete' || words.kind === 'multiBinary'
    ? words
    : spaceOf(words, 'actions', id);
}

export function spaceOf(words: SpaceWords, what: string, id: string): Space {
  switch (words.kind) {
    case 'discrete':
      return words;
    case 'box':
      return {
        kind: 'box',
        low: words.low.map(Number),
        high: words.high.map(Number),
        ...(words.shape !== undefined && { shape: words.shape }),
        ...(words.image !== undefined && { image: shortLine(String(words.image)) }),
      };
    default:
      throw new EnvironmentError(
        `the ${what} of ${id} are ${shown((words as { kind?: unknown }).kind)}, which leash does not know`,
      );
  }
}
