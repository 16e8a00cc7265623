import { isTree } from './problem.ts';

/** The same value of JSON with the members of every object by name: a config's come in another order where it was read again. */
export function sorted<T>(value: T): T {
  if (Array.isArray(value)) return value.map(sorted) as T;
  if (!isTree(value)) return value;
  const members = Object.entries(value).map(([name, each]) => [name, sorted(each)] as const);
  return Object.fromEntries(members.sort(([a], [b]) => (a < b ? -1 : 1))) as T;
}
