import { randomStream } from '../random/random.ts';
import {
  type ActionSpace,
  type Environment,
  type EnvironmentDefinition,
  EnvironmentError,
  maskWidthOf,
  type Space,
  ThrownError,
  type Transition,
  valuesOf,
  widthOf,
} from './environment.ts';

/*
 * What can be said of an environment before it is trained on: that it has the parts of its contract, and that it writes
 * observations of the length that its space says. An array of numbers swallows what is written beyond its end.
 */

/**
 * That somebody's own environment threw, with the words of it; what was told before as of somebody else is told anew.
 * @param what whose: `step of copy 2 of Corridor`
 */
export function thrownBy(what: string, cause: unknown): ThrownError {
  const thrown = cause instanceof ThrownError ? cause.thrown : cause;
  return new ThrownError(`${what} threw ${thrownInWords(thrown)}`, thrown);
}

/** Anything that was thrown. */
export function thrownInWords(thrown: unknown): string {
  if (thrown instanceof Error) return `${thrown.name}: ${thrown.message}`;
  return typeof thrown === 'string' ? thrown : shown(thrown);
}

/** What a part of somebody's own environment gives. @param what whose @throws ThrownError where it throws */
export function asked<T>(what: string, call: () => T): T {
  try {
    return call();
  } catch (cause) {
    throw thrownBy(what, cause);
  }
}

/** What `create` made, if it is an environment. @throws EnvironmentError naming the part that is missing or wrong */
export function requireEnvironment(made: unknown, id: string): Environment {
  if (typeof made !== 'object' || made === null)
    throw new EnvironmentError(`create of ${id} must return an environment, got ${shown(made)}`);
  const environment = made as Environment;
  for (const method of ['reset', 'step'] as const)
    if (typeof environment[method] !== 'function')
      throw new EnvironmentError(
        `${method} of ${id} must be a function, ${environment[method] === undefined ? 'but is missing' : `got ${shown(environment[method])}`}`,
      );
  if ((environment.snapshot === undefined) !== (environment.restore === undefined))
    throw new EnvironmentError(
      `${id} has ${environment.snapshot ? 'snapshot' : 'restore'} alone: resuming needs both, snapshot and restore`,
    );
  requireFigures(environment, id);
  const problems = {
    observationSpace: spaceProblem(environment.observationSpace),
    actionSpace: actionSpaceProblem(environment.actionSpace),
  };
  for (const [name, problem] of Object.entries(problems))
    if (problem !== undefined) throw new EnvironmentError(`${name} of ${id} ${problem}`);
  return environment;
}

/** @throws EnvironmentError where figures have no names, or names no figures */
function requireFigures({ figureNames, figures }: Environment, id: string): void {
  const isList = Array.isArray(figureNames) && figureNames.every((each) => typeof each === 'string');
  if (figureNames !== undefined && !isList)
    throw new EnvironmentError(`figureNames of ${id} must be an array of texts, got ${shown(figureNames)}`);
  const { length } = figureNames ?? [];
  if (length === 0) return;
  const twice = figureNames?.find((each, k) => figureNames.indexOf(each) < k);
  if (twice !== undefined)
    throw new EnvironmentError(`figureNames of ${id} must be different texts, got ${shown(twice)} twice`);
  // It may be made by the first reset.
  if (figures !== undefined && (!isArray(figures) || figures.length !== length))
    throw new EnvironmentError(
      `figures of ${id} must be an array of ${length} numbers, as figureNames says, got ${shown(figures)}`,
    );
}

const SPACES = "{ kind: 'discrete', n } or { kind: 'box', low: […], high: […] }";
const ACTION_SPACES =
  "{ kind: 'discrete', n }, { kind: 'multiDiscrete', n: […] }, { kind: 'multiBinary', n } or { kind: 'box', low: […], high: […] }";

/** What is wrong with a space of actions, to stand after its name; undefined: nothing. */
export function actionSpaceProblem(space: ActionSpace | undefined): string | undefined {
  if (space?.kind === 'multiBinary') return countProblem(space, 'bits');
  if (space?.kind !== 'multiDiscrete') return spaceProblem(space, ACTION_SPACES);
  const { n, names } = space;
  if (!isArray(n) || n.length === 0)
    return `needs an array n of how many values each choice has, got ${shown(n)}`;
  const wrong = Array.from(n).findIndex((values) => !isCount(values));
  if (wrong >= 0) return `must have whole numbers ≥ 1 in n, got ${shown(n[wrong])} at ${wrong}`;
  if (names !== undefined && names.length !== n.length)
    return `has ${names.length} names for ${n.length} choices`;
  return undefined;
}

/** Whether it is a whole number ≥ 1. */
export function isCount(n: unknown): n is number {
  return Number.isInteger(n) && (n as number) >= 1;
}

function countProblem(
  { n, names }: { readonly n: number; readonly names?: readonly string[] },
  what: string,
): string | undefined {
  if (!isCount(n)) return `must have a whole n ≥ 1, got ${shown(n)}`;
  return names !== undefined && names.length !== n ? `has ${names.length} names for ${n} ${what}` : undefined;
}

/** @param length numbers that are arranged */
function shapeProblem(shape: readonly number[] | undefined, length: number): string | undefined {
  if (shape === undefined) return undefined;
  const isWhole = isArray(shape) && Array.from(shape).every(isCount);
  if (isWhole && shape.reduce((product, side) => product * side, 1) === length) return undefined;
  return `must have whole numbers ≥ 1 in shape that multiply to ${length}, got ${shown(shape)}`;
}

/** What is wrong with a space, to stand after its name; undefined: nothing. @param spaces those that it may be */
export function spaceProblem(space: Space | undefined, spaces = SPACES): string | undefined {
  if (typeof space !== 'object' || space === null) return `must be ${spaces}, got ${shown(space)}`;
  if (space.kind === 'discrete') return countProblem(space, 'values') ?? shapeProblem(space.shape, space.n);
  if (space.kind !== 'box') return `must be ${spaces}, got kind ${shown((space as Space).kind)}`;
  const { low, high, names } = space;
  if (!isArray(low) || !isArray(high)) return 'needs low and high, an array of numbers each';
  if (low.length === 0 || low.length !== high.length)
    return `needs low and high of one length ≥ 1, got ${low.length} and ${high.length}`;
  const wrong = Array.from(low).findIndex((least, d) => !(least <= high[d]));
  if (wrong >= 0) return `needs low ≤ high, got ${shown(low[wrong])} and ${shown(high[wrong])} at ${wrong}`;
  if (names !== undefined && names.length !== low.length)
    return `has ${names.length} names for ${low.length} numbers`;
  return shapeProblem(space.shape, low.length);
}

/** Whether it is an array of numbers, by its type at least. */
export function isArray(value: unknown): value is ArrayLike<number> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

/** A value as a message shows it. */
export function shown(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'number' || value === undefined) return String(value);
  const text = jsonOf(value) ?? textOf(value);
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`;
}

function textOf(value: unknown): string {
  // An object without a prototype has no text.
  return typeof value === 'object' ? Object.prototype.toString.call(value) : String(value);
}

/** Undefined of what JSON has not: circles, and big integers within. */
function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

/** @throws EnvironmentError for steps that are no whole number ≥ 1 */
export function requireTimeLimit(limit: number | undefined, id: string): number | undefined {
  if (limit === undefined || isCount(limit)) return limit;
  throw new EnvironmentError(
    `timeLimit of ${id} must give a whole number ≥ 1, or undefined, got ${shown(limit)}`,
  );
}

/** @throws EnvironmentError where a copy shows or takes other things than the first */
export function requireSameSpaces(environments: readonly Environment[], id: string): void {
  const [first, ...others] = environments.map(({ observationSpace, actionSpace }) =>
    JSON.stringify({ observationSpace, actionSpace }),
  );
  const other = others.find((each) => each !== first);
  if (other !== undefined)
    throw new EnvironmentError(
      `create of ${id} must give every copy the same spaces, gave ${first} and ${other}`,
    );
}

/** The first choice that a mask leaves nothing of, to stand after "every"; undefined: something of each may be done. */
export function nothingAllowed(space: ActionSpace, mask: Uint8Array): string | undefined {
  if (space.kind === 'box') return undefined;
  let from = 0;
  for (let a = 0; a < widthOf(space); a++) {
    const values = valuesOf(space, a);
    let allowed = 0;
    for (let k = 0; k < values; k++) allowed += mask[from + k];
    if (allowed === 0) {
      if (space.kind === 'discrete') return 'action';
      const name = space.names?.[a] ?? a;
      return space.kind === 'multiBinary' ? `value of bit ${name}` : `value of choice ${name}`;
    }
    from += values;
  }
  return undefined;
}

/** Of a NaN that nobody computes: what still has it was not written. */
const UNWRITTEN = 0x7fa5a5a5;

/** An observation that tells what is written into it. */
export interface Watched {
  /** To be given to `reset` or `step`. */
  readonly observation: Float32Array;
  /**
   * What was written beyond its end, or is still unwritten.
   * @param what `reset of Corridor`
   * @param isWhole whether all of it should be written by now
   */
  problem(what: string, isWhole: boolean): string | undefined;
}

/** @param width numbers of an observation */
export function watch(width: number): Watched {
  const numbers = new Float32Array(width);
  const bits = new Uint32Array(numbers.buffer);
  bits.fill(UNWRITTEN);
  let beyond: string | undefined;
  const observation = new Proxy(numbers, {
    get(target, key) {
      const value = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      if (key !== 'set') return value.bind(target);
      return (source: ArrayLike<number>, offset = 0) => {
        if (source.length + offset > width) beyond ??= `${source.length + offset} numbers`;
        else target.set(source, offset);
      };
    },
    set(target, key, value) {
      const index = typeof key === 'string' ? Number(key) : Number.NaN;
      if (Number.isNaN(index)) return Reflect.set(target, key, value, target);
      if (index < 0 || index >= width || !Number.isInteger(index)) beyond ??= `observation[${String(key)}]`;
      else target[index] = value;
      return true;
    },
  });
  return {
    observation,
    problem(what, isWhole) {
      const numbers = width === 1 ? '1 number' : `${width} numbers`;
      if (beyond !== undefined)
        return `${what} writes ${beyond}; an observation has ${numbers}, as observationSpace says`;
      const missing = bits.indexOf(UNWRITTEN);
      if (missing < 0 || !isWhole) return undefined;
      return `${what} leaves observation[${missing}] unwritten; an observation has ${numbers}, as observationSpace says`;
    },
  };
}

/** A mask that tells what is written into it. */
export interface WatchedMask {
  /** All ones, to be given to `actionMask`. */
  readonly mask: Uint8Array;
  /** What was written that a mask has not, to stand after whose mask it is; undefined: nothing. */
  problem(): string | undefined;
}

/** @param width numbers of a mask */
export function watchMask(width: number): WatchedMask {
  const numbers = new Uint8Array(width).fill(1);
  let wrong: string | undefined;
  const write = (index: number, value: unknown): void => {
    if (!(index >= 0 && index < width && Number.isInteger(index)))
      wrong ??= `writes mask[${index}], a mask has ${width} numbers`;
    else if (![0, 1, false, true].includes(value as number))
      wrong ??= `writes ${shown(value)}; a mask has 0 and 1`;
    else numbers[index] = Number(value);
  };
  const mask = new Proxy(numbers, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      if (key === 'set')
        return (source: ArrayLike<unknown>, offset = 0) => {
          for (let i = 0; i < source.length; i++) write(offset + i, source[i]);
        };
      if (key === 'fill')
        return (filled: unknown, ...range: [number?, number?]) => {
          if (![0, 1].includes(filled as number)) write(0, filled);
          else target.fill(filled as number, ...range);
          return mask;
        };
      return value.bind(target);
    },
    set(target, key, value) {
      const index = typeof key === 'string' ? Number(key) : Number.NaN;
      if (Number.isNaN(index)) return Reflect.set(target, key, value, target);
      write(index, value);
      return true;
    },
  });
  return {
    mask,
    problem() {
      // Through a part of the array.
      const odd = numbers.find((each) => each > 1);
      if (odd !== undefined) wrong ??= `writes ${odd}; a mask has 0 and 1`;
      return wrong;
    },
  };
}

/** That a call returned a promise, to stand after whose call it is; its failure is nobody's any more. */
export function promiseProblem(returned: unknown): string | undefined {
  if (!(returned instanceof Promise)) return undefined;
  returned.catch(() => {});
  return 'returns a promise, which nobody waits for';
}

/**
 * One reset and one step of a copy that is thrown away, for the length of what they write, the mask between them, and whether they
 * are asynchronous. What they throw is told where
 * training meets it.
 * @throws EnvironmentError for an observation of another length
 */
export function probe<Options>(definition: EnvironmentDefinition<Options>, options: Options): void {
  const { id } = definition;
  const environment = definition.create(options, randomStream(0, 'environment/task'));
  const random = randomStream(0, 'environment/probe');
  const { actionSpace, observationSpace } = environment;
  const { observation, problem } = watch(widthOf(observationSpace));
  const refuse = (what: string, why: string | undefined): void => {
    if (why !== undefined) throw new EnvironmentError(`${what} of ${id} ${why}`);
  };
  const require = (what: string, isWhole: boolean): void => {
    const found = problem(what, isWhole);
    if (found !== undefined) throw new EnvironmentError(found);
  };
  // What they throw is told where training calls them again, and a run is to be marked failed.
  let returned: unknown;
  const hasReset = isQuiet(() => {
    returned = environment.reset(random, observation);
  });
  refuse('reset', promiseProblem(returned));
  require(`reset of ${id}`, hasReset);
  if (!hasReset) return;
  if (environment.actionMask !== undefined) {
    const watched = watchMask(maskWidthOf(actionSpace));
    isQuiet(() => environment.actionMask?.(watched.mask));
    refuse('actionMask', watched.problem());
  }
  const transition: Transition = { reward: 0, terminated: false };
  isQuiet(() => {
    returned = environment.step(someAction(actionSpace), random, observation, transition);
  });
  refuse('step', promiseProblem(returned));
  require(`step of ${id}`, false);
}

/** Whether it threw nothing. */
function isQuiet(action: () => void): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}

/** An action that every space has: the first, or the middle of the bounds. */
function someAction(space: ActionSpace): Float32Array {
  if (space.kind !== 'box') return new Float32Array(widthOf(space));
  return Float32Array.from(space.low, (low, a) => {
    const high = space.high[a];
    if (Number.isFinite(low) && Number.isFinite(high)) return (low + high) / 2;
    return Number.isFinite(low) ? low : Number.isFinite(high) ? high : 0;
  });
}

/**
 * What a value that is to be kept has that may not be in it, with its place; undefined: nothing.
 * @param problemOf what is wrong with one value, null and arrays of numbers aside, to stand after its place
 */
export function problemInState(
  value: unknown,
  problemOf: (value: unknown) => string | undefined,
  path = '',
  above: readonly unknown[] = [],
): string | undefined {
  if (value === null) return undefined;
  if (value instanceof Float32Array || value instanceof Float64Array || value instanceof Int32Array)
    return undefined;
  const problem = typeof value === 'object' && above.includes(value) ? 'is within itself' : problemOf(value);
  if (problem !== undefined) return `${path === '' ? 'it' : path} ${problem}`;
  if (typeof value !== 'object') return undefined;
  for (const [name, each] of Object.entries(value)) {
    const found = problemInState(each, problemOf, path === '' ? name : `${path}.${name}`, [...above, value]);
    if (found !== undefined) return found;
  }
  return undefined;
}
