import { environmentName } from '../config/environment-name.ts';
import { isAside } from '../config/aside.ts';
import { nearest } from '../config/nearest.ts';
import { differingFiles, MODULE } from '../run/differing-files.ts';
import { shortHash } from '../run/short-hash.ts';
import { UserError } from '../user-error.ts';
import type { PlottedRun } from './plotted-run.ts';

/** Runs drawn as one curve. */
export interface RunGroup<R extends PlottedRun = PlottedRun> {
  readonly label: string;
  readonly runs: readonly R[];
  /** Its colour in every picture of an experiment; without it a group takes the first that is nobody's. */
  readonly hue?: number | undefined;
  /** Another one whenever its runs or their rows are others; without it nothing is remembered of it. */
  readonly version?: string;
}

/**
 * Runs into groups, in the order in which they come: by `config` (the same settings but for the seed), by
 * `seed` (each run alone) or by the value of a config path such as `objective.clipRange`.
 *
 * @throws UserError for a path that no config has
 */
export function groupRuns<R extends PlottedRun>(runs: readonly R[], by: string): RunGroup<R>[] {
  if (by === 'config') return byConfig(runs);
  if (by === 'seed') return runs.map((run) => ({ label: `${run.name}, seed ${run.seed}`, runs: [run] }));
  const flat = runs.map((run) => flatten(run.config));
  if (!flat.some((config) => config.has(by))) {
    const guess = nearest(by, ['config', 'seed', ...new Set(flat.flatMap((config) => [...config.keys()]))]);
    throw new UserError(
      `--group-by must be config, seed or a config path, got ${by}${guess ? `; did you mean ${guess}?` : ''}`,
    );
  }
  return collect(runs, (_, at) => `${by} = ${flat[at]?.get(by) ?? '–'}`);
}

function collect<R extends PlottedRun>(
  runs: readonly R[],
  labelOf: (run: R, at: number) => string,
): RunGroup<R>[] {
  const groups = new Map<string, R[]>();
  runs.forEach((run, at) => {
    const label = labelOf(run, at);
    const group = groups.get(label);
    if (group) group.push(run);
    else groups.set(label, [run]);
  });
  return [...groups].map(([label, members]) => ({ label, runs: members }));
}

/** One group a name; where the settings of one name differ, or the files that they name, one a setting, labelled by the difference. */
function byConfig<R extends PlottedRun>(runs: readonly R[]): RunGroup<R>[] {
  return collect(runs, (run) => run.name).flatMap((named) => {
    const flat = new Map(named.runs.map((run) => [run, flatten(run.config)]));
    const paths = new Set([...flat.values()].flatMap((config) => [...config.keys()]));
    const differing = [...paths].filter(
      (path) => !isAside(path) && new Set([...flat.values()].map((config) => config.get(path))).size > 1,
    );
    const files = differingFiles(named.runs.map((run) => run.files ?? {}));
    if (differing.length + files.length === 0) return [named];
    return collect(named.runs, (run) => {
      const own = differing.map((path) => `${path} = ${flat.get(run)?.get(path) ?? '–'}`);
      const hashes = files.map(
        (setting) => `${setting} by SHA-256 ${shortHash(run.files?.[setting] ?? '–')}`,
      );
      return `${named.label}, ${[...own, ...hashes].join(', ')}`;
    });
  });
}

/** Config path → value as JSON. */
export function flatten(tree: unknown, prefix = ''): Map<string, string> {
  const flat = new Map<string, string>();
  for (const [key, value] of Object.entries(tree as Record<string, unknown>)) {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
      for (const [below, leaf] of flatten(value, path)) flat.set(below, leaf);
    } else flat.set(path, typeof value === 'string' ? value : JSON.stringify(value));
  }
  return flat;
}

/** @throws UserError when the runs are of more than one environment */
export function requireOneEnvironment(runs: readonly PlottedRun[]): void {
  const environments = new Map<string, PlottedRun>();
  for (const run of runs) {
    const { environment } = run.config;
    const key = JSON.stringify([environmentName(environment), environment.options, run.files?.[MODULE]]);
    if (!environments.has(key)) environments.set(key, run);
  }
  const all = [...environments.values()];
  const [pair] = all.flatMap((one, i) =>
    all.slice(i + 1).flatMap((other) => (sharesEnvironment(one, other) ? [] : [[one, other] as const])),
  );
  if (pair === undefined) return;
  const [first, second] = pair;
  const sameId = environmentName(first.config.environment) === environmentName(second.config.environment);
  const hashOf = ({ files = {} }: PlottedRun): string =>
    files[MODULE] === undefined ? '' : ` SHA-256 ${shortHash(files[MODULE])}`;
  const nameOf = (run: PlottedRun): string => {
    const { environment } = run.config;
    const more = sameId ? ` ${JSON.stringify(environment.options)}${hashOf(run)}` : '';
    return `${environmentName(environment)}${more} (${run.path})`;
  };
  throw new UserError(
    `the runs are of different environments: ${nameOf(first)} and ${nameOf(second)}; plot them apart or add --across-environments`,
  );
}

/** A file of which the hash is not known is taken as the same. */
function sharesEnvironment(a: PlottedRun, b: PlottedRun): boolean {
  const [one, other] = [a.config.environment, b.config.environment];
  return (
    environmentName(one) === environmentName(other) &&
    JSON.stringify(one.options) === JSON.stringify(other.options) &&
    !differingFiles([a.files ?? {}, b.files ?? {}]).includes(MODULE)
  );
}
