/**
 * Every file that leash writes into a run's folder, each in one of the two ways of `run-directory.ts`. Only these
 * are ever deleted.
 */
export const RUN_FILES = [
  // The owner first: it says that the folder is leash's, and stays until the rest is gone.
  'owner.json',
  'config.json',
  'run.json',
  'metrics.jsonl',
  'timing.jsonl',
  'ledger.jsonl',
  'evaluations.jsonl',
  'log.jsonl',
  'policy.safetensors',
  'model.safetensors',
  // What the config's reference.policy was when the run began.
  'reference.safetensors',
  'reward-model.json',
  'policy-best.safetensors',
  // The best before the evaluation of the end alone, which a longer run does not make.
  'policy-best-before-end.safetensors',
  // The checkpoint of another run that this one begins from.
  'parent.safetensors',
] as const;

export type RunFile = (typeof RUN_FILES)[number];

/** What `OWNER` says of a run's folder. */
export const RUN_FORMAT = 'leash-run-1';
export const OWNER: RunFile = 'owner.json';
/** What a branch begins from. */
export const PARENT: RunFile = 'parent.safetensors';

/** What `run.json` is written over at the end of a run, so that its last word needs no space on the disk. */
export const RESERVE = 'run.json.reserve';

/** A folder that is being made into a run, before it gets its name `seed-N`. */
export function stagingName(seed: number, token: string): string {
  return `.seed-${seed}.${token}.tmp`;
}

/** Where a run waits that another is being made in the place of. */
export function replacedName(seed: number, token: string): string {
  return `.seed-${seed}.${token}.replaced`;
}

/** The token of the run that one of that seed waits for under a name; undefined: none does. */
export function replacingToken(name: string, seed: number): string | undefined {
  const token = /\.([0-9a-f]+)\.replaced$/.exec(name)?.[1];
  return token !== undefined && name === replacedName(seed, token) ? token : undefined;
}

/** Whether a killed process left a folder of that name, which is no run's yet, or none's any more. */
export function isStagingName(name: string): boolean {
  return /^\.seed-\d+\.[0-9a-f]+\.(tmp|replaced)$/.test(name);
}

/** Whether leash writes a file of that name into a run's folder, half-written ones included. */
export function isRunFile(name: string): boolean {
  const whole = name.endsWith('.tmp') ? name.slice(0, -'.tmp'.length) : name;
  return name === RESERVE || RUN_FILES.some((each) => each === whole) || isClaim(name);
}

/** The folders in a run's that hold a file per update. */
export const UPDATE_FOLDERS = ['checkpoints', 'snapshots'] as const;
export type UpdateFolder = (typeof UPDATE_FOLDERS)[number];

/** The file of an update there. */
export function updateFile(update: number): string {
  return `update-${update}.safetensors`;
}

/** Whose update a file there is; undefined: none that leash wrote whole. */
export function updateOf(name: string): number | undefined {
  const found = /^update-(0|[1-9]\d{0,15})\.safetensors$/.exec(name);
  return found === null ? undefined : Number(found[1]);
}

/** Whether leash writes a file of that name there, half-written ones included. */
export function isUpdateFile(name: string): boolean {
  return updateOf(name.endsWith('.tmp') ? name.slice(0, -'.tmp'.length) : name) !== undefined;
}

/** Who goes on with the run of the owner of that token; see `takeOver`. */
export function claimName(token: string): string {
  return `.owner.${token}.claim`;
}

/** Whether a name is a claim's, or that of one that is being written. */
export function isClaim(name: string): boolean {
  return /^\.owner\.[0-9a-z]+\.(claim|tmp)$/.test(name);
}
