import type { Config } from './schema.ts';

/**
 * Why the objective can't measure what it asks for, with the actions that there are; undefined where it can.
 * @param hasDiscreteActions asked only where that matters: an environment may have to be made for it
 */
export function problemOfDivergence(
  { algorithm, objective }: Config,
  hasDiscreteActions: () => boolean,
  environment: string,
): string | undefined {
  if (algorithm !== 'ppo' || !('divergence' in objective) || objective.divergence !== 'tv') return undefined;
  if (hasDiscreteActions()) return undefined;
  return `objective.divergence must be "kl", got "tv": total variation has a closed form for a single discrete action only, which those of ${environment} are not`;
}
