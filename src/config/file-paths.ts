/** What `reference.policy` says in place of a path: the policy that the run begins with. */
export const INITIAL = 'initial';

/** Settings that name files, of a config and of a config of `leash fit`. */
export const PATH_SETTINGS = [
  ['$schema'],
  ['environment', 'module'],
  ['network', 'tfjs', 'policy'],
  ['network', 'tfjs', 'value'],
  ['network', 'initialWeights'],
  ['reference', 'policy'],
  ['environment', 'options', 'reward', 'model'],
  ['environment', 'options', 'trueReward', 'model'],
  ['data', 'file'],
] as const;

/**
 * A config with other paths in the settings that name files; the given one stays as it is.
 * @param change gets the path and the setting that names it
 */
export function withPaths<T extends object>(config: T, change: (path: string, setting: string) => string): T {
  return PATH_SETTINGS.reduce(
    (changed, keys) =>
      withPathAt(changed, keys, (path) => (isPath(keys, path) ? change(path, keys.join('.')) : path)),
    config,
  );
}

/** With the names of the files alone. */
export function withFileNames<T extends object>(config: T): T {
  return withPaths(config, (path) => path.replace(/^.*[/\\]/s, ''));
}

/** Whether what stands in such a setting is a path. */
export function isPath(keys: readonly string[], value: string): boolean {
  return !isAddress(value) && !(keys[0] === 'reference' && value === INITIAL);
}

/** `https:…`, as `$schema` may be. */
function isAddress(path: string): boolean {
  return /^[a-z][a-z0-9+.-]+:/i.test(path);
}

function withPathAt<T extends object>(
  tree: T,
  [key, ...below]: readonly string[],
  change: (path: string) => string,
): T {
  const value: unknown = key === undefined ? undefined : tree[key as keyof T];
  if (below.length === 0)
    return typeof value === 'string' ? { ...tree, [key as string]: change(value) } : tree;
  if (typeof value !== 'object' || value === null) return tree;
  const changed = withPathAt(value, below, change);
  return changed === value ? tree : { ...tree, [key as string]: changed };
}
