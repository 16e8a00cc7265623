import { scheduled } from '../optimizer/schedule.ts';
import type { Config } from './schema.ts';

/** Least and greatest δ, nats, of a run's updates so far. @param updates made, of as many as are planned */
export function deltaRangeOf(
  { delta }: Config['trustRegion'],
  { updates, updatesPlanned }: { readonly updates: number; readonly updatesPlanned: number },
): { least: number; greatest: number } {
  const ends = [1, Math.max(1, updates)].map((update) => scheduled(delta, update, updatesPlanned));
  return { least: Math.min(...ends), greatest: Math.max(...ends) };
}
