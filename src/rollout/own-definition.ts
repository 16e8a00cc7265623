import type { z } from 'zod';
import type { Random } from '../random/random.ts';
import { asked, isCount, requireEnvironment, requireTimeLimit, shown } from './contract.ts';
import { type EnvironmentDefinition, EnvironmentError, type ReturnBounds } from './environment.ts';
import { guardCopy } from './own-copy.ts';
import { guardEnumerated } from './own-model.ts';

/**
 * Somebody's own environment, whose parts are told as theirs where they throw, or give what they may not.
 * @param name how errors call it: id and file
 */
export function guardDefinition<Options>(
  own: EnvironmentDefinition<Options>,
  name: string,
): EnvironmentDefinition<Options> {
  const { returnBounds, bytesPerCopy, episodeLength, enumerate } = own;
  const ask = <T>(part: string, call: () => T): T => asked(`${part} of ${name}`, call);
  return {
    ...own,
    options: guardOptions(own.options, ask),
    create: (options, task) =>
      guardCopy(
        requireEnvironment(
          ask('create', () => own.create(options, task)),
          name,
        ),
        name,
      ),
    timeLimit: (options) =>
      requireTimeLimit(
        ask('timeLimit', () => own.timeLimit(options)),
        name,
      ),
    bestReturn: (options) =>
      requireBest(
        ask('bestReturn', () => own.bestReturn(options)),
        name,
      ),
    ...(returnBounds && {
      returnBounds: (options: Options) =>
        requireBounds(
          ask('returnBounds', () => returnBounds.call(own, options)),
          name,
        ),
    }),
    ...(bytesPerCopy && {
      bytesPerCopy(options: Options) {
        const bytes = ask('bytesPerCopy', () => bytesPerCopy.call(own, options));
        if (Number.isFinite(bytes) && bytes >= 0) return bytes;
        throw new EnvironmentError(
          `bytesPerCopy of ${name} must give a finite number ≥ 0, got ${shown(bytes)}`,
        );
      },
    }),
    ...(episodeLength && {
      episodeLength(options: Options) {
        const length = ask('episodeLength', () => episodeLength.call(own, options));
        if (length === undefined || isCount(length)) return length;
        throw new EnvironmentError(
          `episodeLength of ${name} must give a whole number ≥ 1, or undefined, got ${shown(length)}`,
        );
      },
    }),
    ...(enumerate && {
      enumerate: (options: Options, task: Random) =>
        guardEnumerated(
          ask('enumerate', () => enumerate.call(own, options, task)),
          name,
        ),
    }),
  };
}

/** A schema whose own refinements and transforms are told as of the environment where they throw, or are of promises. */
function guardOptions<Options>(
  own: z.ZodType<Options>,
  ask: <T>(part: string, call: () => T) => T,
): z.ZodType<Options> {
  const guarded = Object.create(own) as z.ZodType<Options>;
  guarded.parse = (given, params) => ask('options', () => own.parse(given, params));
  guarded.safeParse = (given, params) => ask('options', () => own.safeParse(given, params));
  return guarded;
}

type BestReturn = ReturnType<EnvironmentDefinition['bestReturn']>;

function requireBest(best: BestReturn | null, name: string): BestReturn {
  if (best === undefined || best === null) return undefined;
  if (Number.isFinite(best.value) && typeof best.how === 'string') return best;
  throw new EnvironmentError(
    `bestReturn of ${name} must give { value, how }, a finite number and a text, or undefined, got ${parts(best, ['value', 'how'])}`,
  );
}

function requireBounds(bounds: ReturnBounds, name: string): ReturnBounds {
  // NaN is neither less nor greater.
  if (isNumber(bounds?.least) && isNumber(bounds.greatest) && bounds.least <= bounds.greatest) return bounds;
  throw new EnvironmentError(
    `returnBounds of ${name} must give { least, greatest }, two numbers, least ≤ greatest, got ${parts(bounds, ['least', 'greatest'])}`,
  );
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}

/** Of an object that has such parts these: JSON has no NaN and no infinity. */
function parts(value: unknown, names: readonly string[]): string {
  if (typeof value !== 'object' || value === null || !names.some((each) => each in value))
    return shown(value);
  return names.map((each) => `${each} ${shown((value as Record<string, unknown>)[each])}`).join(', ');
}
