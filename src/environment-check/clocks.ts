/*
 * Randomness and time that no seed repeats: whoever asks for them is told apart by the place in the code that asked.
 */

/** What can be asked, by its path from the global object. */
const SOURCES: readonly string[] = [
  'Math.random',
  'Date.now',
  'performance.now',
  'crypto.getRandomValues',
  'crypto.randomUUID',
  'process.hrtime',
  'process.hrtime.bigint',
  'process.uptime',
  'process.cpuUsage',
];

/** What does something later, between two steps that no seed knows of. */
export const TIMERS: readonly string[] = ['setTimeout', 'setInterval', 'setImmediate'];

/** Somebody asked. */
export interface Asked {
  /** `Math.random` */
  readonly what: string;
  /** Place in the code that asked, `file:///…/my-env.ts:12:7`; undefined where that is not known. */
  readonly at: string | undefined;
}

/** Clocks that are watched. */
export interface WatchedClocks {
  /** So far, each once. */
  readonly asked: readonly Asked[];
  /** They are as they were before. */
  end(): void;
}

type Function = (...given: unknown[]) => unknown;

/** Watches every clock and every source of randomness of the platform until its `end`. @param others to be watched, too */
export function watchClocks(others: readonly string[] = []): WatchedClocks {
  const asked: Asked[] = [];
  const note = (what: string): void => {
    if (!asked.some((each) => each.what === what)) asked.push({ what, at: callerOf(new Error().stack) });
  };
  const ends = [...SOURCES, ...others].map((path) => watchFunction(path, () => note(path)));
  const { Date: Clock } = globalThis;
  globalThis.Date = new Proxy(Clock, {
    construct(target, given, newTarget) {
      if (given.length === 0) note('new Date()');
      return Reflect.construct(target, given, newTarget) as object;
    },
    apply(target) {
      note('Date()');
      return target();
    },
  });
  return {
    asked,
    end() {
      globalThis.Date = Clock;
      // The last first: of two on one path the outer one was put in place before.
      for (const end of ends.reverse()) end();
    },
  };
}

/** @returns what puts the function back */
function watchFunction(path: string, note: () => void): () => void {
  const names = path.split('.');
  const name = names.pop() as string;
  let owner: unknown = globalThis;
  for (const step of names) owner = (owner as Record<string, unknown> | undefined)?.[step];
  const called = (owner as Record<string, unknown> | undefined)?.[name];
  if (typeof called !== 'function') return () => {};
  const target = owner as object;
  const before = Object.getOwnPropertyDescriptor(target, name);
  const value = new Proxy(called as Function, {
    apply(inner, self, given) {
      note();
      return Reflect.apply(inner, self, given) as unknown;
    },
  });
  Object.defineProperty(target, name, { value, configurable: true, writable: true, enumerable: false });
  return () => {
    if (before === undefined) Reflect.deleteProperty(target, name);
    else Object.defineProperty(target, name, before);
  };
}

/** Of a stack the first place that is not in this file. */
function callerOf(stack = ''): string | undefined {
  const places = stack
    .split('\n')
    .map((line) => placeIn(line))
    .filter((place) => place !== undefined);
  const [here] = places;
  const file = here?.replace(/:\d+:\d+$/, '');
  return places.find((place) => file !== undefined && !place.startsWith(`${file}:`));
}

/** The place that a line of a stack names: `file:///…/my-env.ts:12:7`. */
export function placeIn(line: string): string | undefined {
  return /\(?((?:file:\/\/)?\/[^()\n]+:\d+:\d+)\)?$/.exec(line)?.[1];
}
