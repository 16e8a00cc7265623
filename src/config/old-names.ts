import { isTree, type Tree } from './problem.ts';

/** What the kinds of `objective` were called once: leash 0.1.0 wrote these. */
const OLD_KINDS: Readonly<Record<string, string>> = { none: 'surrogate' };

/** A config as it was written, with today's names for what was called otherwise. The given one stays as it is. */
export function withNewNames(written: Tree): Tree {
  const { objective } = written;
  if (!isTree(objective) || typeof objective.kind !== 'string' || !Object.hasOwn(OLD_KINDS, objective.kind))
    return written;
  return { ...written, objective: { ...objective, kind: OLD_KINDS[objective.kind] } };
}
