import { codeOf } from '../config/environment-name.ts';
import type { Config } from '../config/schema.ts';
import type { EnvironmentDefinition } from '../rollout/environment.ts';
import { returnBoundsOf } from '../rollout/return-bounds.ts';
import { randomStream } from '../random/random.ts';
import { UNBOUNDED } from '../statistics/bounded-interval.ts';
import type { ResolveEnvironment } from '../wrapper/wrappers.ts';
import type { ReportInput } from './report-data.ts';

/** What is known of the returns of an environment before anything is trained. */
export type KnownReturns = Pick<ReportInput, 'bestReturn' | 'returnBounds'>;

/** Of an environment that is not asked. */
export const NOTHING_KNOWN: KnownReturns = { bestReturn: null, returnBounds: UNBOUNDED };

/** @param options resolved */
export function knownReturns(definition: EnvironmentDefinition, options: unknown): KnownReturns {
  // Asked for only where bounds are not said: writing a large table out takes a while.
  const found =
    definition.returnBounds === undefined
      ? definition.enumerate?.(options, randomStream(0, 'environment/task'))
      : undefined;
  return {
    bestReturn: definition.bestReturn(options) ?? null,
    returnBounds: returnBoundsOf(
      definition,
      options,
      found?.kind === 'table' ? { tabular: found.table } : {},
    ),
  };
}

/** Of runs that are there: what they name was somebody's, and its code is not run to read them. */
export async function knownReturnsOfRuns(
  environment: Config['environment'],
  resolve: ResolveEnvironment,
): Promise<KnownReturns> {
  return codeOf(environment) === undefined
    ? knownReturns(await resolve(environment), environment.options)
    : NOTHING_KNOWN;
}
