/*
 * The files that leash writes into an experiment's folder, beside its runs. Only these are ever deleted there, and
 * nothing else is written over them.
 */

/** What marks a folder of runs as an experiment's own: only there are unfinished runs made again. */
export const MARKER = 'experiment.json';

const REPORTS = ['report.json', 'report.html'] as const;
export type ReportFile = (typeof REPORTS)[number];

/** The lock of leash 0.1.0: a process id. */
export const OLD_LOCK = 'lock';

/** Whether a name in an experiment's folder is one of its locks'. */
export function isLockName(name: string): boolean {
  return name === OLD_LOCK || /^\.lock\.[0-9a-z]+\.(\d+|tmp)$/.test(name);
}

/** The N-th hold of the experiment of that token. */
export function lockName(token: string, generation: number): string {
  return `.lock.${token}.${generation}`;
}

/** What a shard says of the study of which it makes a part. */
export function shardName(index: number, count: number): string {
  return `shard-${index}-of-${count}.json`;
}

export function isShardName(name: string): boolean {
  return /^shard-[1-9]\d*-of-[1-9]\d*\.json$/.test(name);
}

/** Whether leash writes a file of that name into an experiment's folder, half-written ones included. */
export function isExperimentFile(name: string): boolean {
  const whole = name.endsWith('.tmp') ? name.slice(0, -'.tmp'.length) : name;
  const isOwn = whole === MARKER || REPORTS.some((each) => each === whole) || isShardName(whole);
  return isOwn || isLockName(name);
}
