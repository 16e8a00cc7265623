import { type Wrapper, wrapperOf } from '../wrapper/wrappers.ts';
import { environmentName, type NamedEnvironment } from './environment-name.ts';

/** Equal where returns can be compared: the same environment, but for wrappers that change nothing of what it pays. */
export function taskOf({
  wrappers,
  options,
  ...named
}: NamedEnvironment & { readonly options: unknown; readonly wrappers: readonly Wrapper[] }): string {
  const changing = wrappers.filter(({ kind }) => !wrapperOf(kind).keeps.bestReturn);
  return JSON.stringify([environmentName(named), options, changing]);
}
