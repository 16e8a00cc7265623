import { scheduled } from '../optimizer/schedule.ts';
import type { Config } from './schema.ts';

/**
 * Least and greatest δ, nats, of the updates that a run made so far: of a branch those after its parent's.
 * @param run updates that it has come to, of as many as are planned
 */
export function deltaRangeOf(
  { delta }: Config['trustRegion'],
  run: {
    readonly updates: number;
    readonly updatesPlanned: number;
    readonly parent?: { readonly update: number } | undefined;
  },
): { least: number; greatest: number } {
  const first = (run.parent?.update ?? 0) + 1;
  const ends = [first, Math.max(first, run.updates)].map((update) =>
    scheduled(delta, update, run.updatesPlanned),
  );
  return { least: Math.min(...ends), greatest: Math.max(...ends) };
}
