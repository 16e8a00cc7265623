import { ignoredBy } from './algorithm.ts';
import { diffConfigs } from './diff.ts';
import { type EnvironmentOptions, leavesOf, type Override, resolveConfig } from './load.ts';
import { settingsOver } from './presets.ts';
import { isTree, show, type Tree, valueAt } from './problem.ts';
import type { Config } from './schema.ts';
import { objectives } from '../objective/objective.ts';
import { UserError } from '../user-error.ts';

/** Settings, and sections of them, that a checkpoint has decided, and how. */
const DECIDED: Readonly<Record<string, string>> = {
  seed: 'its random streams go on from where they were',
  environment: 'its copies go on in the middle of their episodes, as they were normalised so far',
  'rollout.steps': 'its counters and its curve of returns are in rollouts of that length',
  network: 'its parameters and Adam’s moments are those of the networks that it has',
};

/** What is put over the config of a run, at one of its updates. */
export interface Changes {
  /** Words for the run at that update: `runs/a/seed-0@40`. */
  readonly place: string;
  readonly settings?: Tree | undefined;
  readonly overrides?: readonly Override[] | undefined;
}

/**
 * The config of a run that begins where another was after some update. Settings of another objective or algorithm than
 * the one that is now asked for fall away; every other setting stays what it was.
 * @throws UserError naming the first setting that the checkpoint has decided, or what else is wrong
 */
export function configOfBranch(
  parent: Config,
  { place, settings = {}, overrides = [] }: Changes,
  environments: EnvironmentOptions,
): Config {
  const base = withoutForeign(parent, (path) => asked(path, settings, overrides));
  const { loaded, problems } = resolveConfig(settingsOver(base, settings), place, overrides, environments);
  // What is wrong with a setting that cannot change follows from that.
  if (loaded === undefined) {
    for (const { path, text } of overrides) requireUndecided(path, text, parent, place);
    for (const path of leavesOf(settings))
      requireUndecided(path, valueAt(settings, path.split('.')), parent, place);
    throw new UserError(problems.slice(0, 2).join('; '));
  }
  const { config } = loaded;
  for (const { path, a } of diffConfigs(config, parent, [])) requireUndecided(path, a, parent, place);
  return config;
}

/** @throws UserError where a checkpoint has decided the setting, and otherwise */
function requireUndecided(path: string, wanted: unknown, parent: Config, place: string): void {
  const at = Object.keys(DECIDED).find((each) => path === each || path.startsWith(`${each}.`));
  const value = valueAt(parent, path.split('.'));
  // Of options as a whole the one that is another: so many in a line look the same.
  if (isTree(value) && isTree(wanted)) {
    const names = Object.keys({ ...value, ...wanted });
    const other = names.find((name) => JSON.stringify(value[name]) !== JSON.stringify(wanted[name]));
    if (other !== undefined) requireUndecided(`${path}.${other}`, wanted[other], parent, place);
    return;
  }
  const same = [JSON.stringify(value), JSON.stringify(String(value))];
  if (at === undefined || same.includes(JSON.stringify(wanted))) return;
  throw new UserError(
    `${path} must stay ${show(value)} in a branch of ${place}, got ${show(wanted)}: ${DECIDED[at]}`,
  );
}

/** What is asked for at a path, as it was written; undefined: nothing. */
function asked(
  path: 'algorithm' | 'objective.kind',
  settings: Tree,
  overrides: readonly Override[],
): unknown {
  const override = overrides.findLast((each) => each.path === path);
  if (override !== undefined) return override.text;
  if (path === 'algorithm') return settings.algorithm;
  return isTree(settings.objective) ? settings.objective.kind : undefined;
}

/** The config without what only its own objective or algorithm reads. */
function withoutForeign(parent: Config, askedFor: (path: 'algorithm' | 'objective.kind') => unknown): Tree {
  const base = structuredClone(parent) as unknown as Tree;
  const kind = askedFor('objective.kind');
  if (kind !== undefined && kind !== parent.objective.kind) {
    const own: readonly string[] = objectives.find((each) => each.kind === kind)?.settings ?? [];
    const shared = Object.entries(parent.objective).filter(([name]) => own.includes(name));
    base.objective = Object.fromEntries([['kind', kind], ...shared]);
  }
  const algorithm = askedFor('algorithm') ?? parent.algorithm;
  if (algorithm !== 'ppo' && algorithm !== 'trpo' && algorithm !== 'npg') return base;
  for (const path of ignoredBy(algorithm)) {
    const keys = path.split('.');
    const last = keys.pop() as string;
    const section = keys.reduce<unknown>((tree, key) => (isTree(tree) ? tree[key] : undefined), base);
    if (isTree(section)) delete section[last];
  }
  return base;
}
