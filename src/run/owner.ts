import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { hostname, uptime } from 'node:os';
import { join } from 'node:path';
import { LEASH_VERSION } from '../version.ts';

/** Who works in a folder: enough to tell later whether that process still lives. */
export interface Owner {
  /** `leash-run-1` marks a run's folder, `leash-lock-1` whoever holds an experiment's. */
  readonly format: string;
  readonly leash: string;
  readonly host: string;
  /** Of this start of the machine; null where the system doesn't say. Containers of one machine share it. */
  readonly boot: string | null;
  /** Process ids mean something only within one; null where there are none. */
  readonly pidNamespace: string | null;
  readonly pid: number;
  /** When the process began, as the system tells it; null where it doesn't: then the process id alone decides. */
  readonly processStart: string | null;
  /** Tells two holds of one process apart. */
  readonly token: string;
  readonly startedAt: string;
  /** Of a run: as its record has it. */
  readonly name?: string | undefined;
}

/**
 * Milliseconds after which an owner on another host (or in another container), whose process cannot be looked up,
 * is dead if it gave no sign of life. On its own host an owner is never judged by the clock.
 */
export const SILENCE = 15 * 60_000;
/** Milliseconds between two signs of life. */
export const HEARTBEAT = 30_000;

/** This process as the owner of something. */
export function ownerHere(format: string): Owner {
  return {
    format,
    leash: LEASH_VERSION,
    ...machine(),
    pid: process.pid,
    processStart: processStart(process.pid) ?? null,
    token: randomBytes(8).toString('hex'),
    startedAt: new Date().toISOString(),
  };
}

/** Reads an owner. @returns undefined where the file is none, a link or damaged */
export function readOwner(file: string): Owner | undefined {
  try {
    if (!lstatSync(file).isFile()) return undefined;
    return parseOwner(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** @returns undefined where the text is no owner's */
export function parseOwner(text: string): Owner | undefined {
  let found: Partial<Record<keyof Owner, unknown>> | null;
  try {
    found = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (found === null || typeof found !== 'object') return undefined;
  const isOwner =
    ['format', 'host', 'token', 'startedAt'].every((key) => typeof found[key as keyof Owner] === 'string') &&
    ['boot', 'pidNamespace', 'processStart'].every((key) => isTextOrNull(found[key as keyof Owner])) &&
    (found.name === undefined || typeof found.name === 'string') &&
    Number.isSafeInteger(found.pid) &&
    Number(found.pid) > 0;
  return isOwner ? (found as Owner) : undefined;
}

function isTextOrNull(value: unknown): boolean {
  return value === null || typeof value === 'string';
}

/**
 * Whether the owner's process lives. Where it can be looked up (this start of this machine, this namespace of
 * process ids) it lives as long as the process of that id and start does, however slow or stopped; a process id
 * given to another since is not it. Elsewhere it lives for `SILENCE` after its last sign of life.
 *
 * @param lastSign when the owner last touched its file, ms since 1970
 */
export function isAlive(owner: Owner, lastSign: number): boolean {
  const here = machine();
  const canLookUp =
    owner.boot === here.boot &&
    owner.pidNamespace === here.pidNamespace &&
    // Where the system names no start of the machine, the host's name stands for it.
    (owner.boot !== null || owner.host === here.host);
  if (!canLookUp) return !isOfEarlierStart(owner, here, lastSign) && Date.now() - lastSign < SILENCE;
  const start = processStart(owner.pid);
  if (start === undefined) return false;
  return start === null || owner.processStart === null || start === owner.processStart;
}

/**
 * Whether the owner ended when this machine was started again: its name is this machine's, its start another, and its
 * last sign of life older than this one. (Another machine of the same name gives one every `HEARTBEAT`.)
 */
function isOfEarlierStart(owner: Owner, here: Pick<Owner, 'host' | 'boot'>, lastSign: number): boolean {
  const isOther = owner.boot !== null && here.boot !== null && owner.boot !== here.boot;
  return isOther && owner.host === here.host && lastSign < Date.now() - 1000 * uptime();
}

export function isThisProcess({ pid, processStart: start, boot, pidNamespace }: Owner): boolean {
  const own = ownerHere('');
  const isSame = boot === own.boot && pidNamespace === own.pidNamespace && start === own.processStart;
  return isSame && pid === own.pid;
}

/** The owner in words. */
export function describeOwner({ pid, host }: Pick<Owner, 'pid' | 'host'>): string {
  return host === hostname() ? `process ${pid}` : `process ${pid} on ${host}`;
}

function machine(): Pick<Owner, 'host' | 'boot' | 'pidNamespace'> {
  return {
    host: hostname(),
    boot: systemSays(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    pidNamespace: systemSays(() => readlinkSync('/proc/self/ns/pid')),
  };
}

function systemSays<T>(ask: () => T): T | null {
  try {
    return ask();
  } catch {
    return null;
  }
}

/**
 * When a process began: Linux has it in clock ticks since the machine's start (field 22 of /proc/PID/stat),
 * macOS as a date.
 * @returns null where there is such a process but nobody says when it began; undefined where there is none: one
 *   that ended and waits for its parent is none
 */
export function processStart(pid: number): string | null | undefined {
  if (process.platform === 'linux') {
    const stat = systemSays(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
    // The name of the command, in parentheses, may itself hold spaces and parentheses.
    const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields !== undefined) return 'ZXx'.includes(fields[0]) ? undefined : fields[19];
  }
  if (process.platform === 'darwin') {
    const environment = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
    const { status, stdout } = spawnSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      env: environment,
      encoding: 'utf8',
    });
    const [, state, start] = /^\s*(\S+)\s+(.+?)\s*$/.exec(stdout ?? '') ?? [];
    if (status === 0 && start !== undefined) return state.startsWith('Z') ? undefined : start;
  }
  try {
    process.kill(pid, 0);
    return null;
  } catch (cause) {
    // EPERM: it is there, and another user's.
    return (cause as NodeJS.ErrnoException).code === 'EPERM' ? null : undefined;
  }
}

/**
 * Whether a process of this machine has the file open, as far as this user may see; undefined where the system
 * (Linux apart) doesn't say.
 */
export function isOpen(file: string): boolean | undefined {
  const path = systemSays(() => realpathSync(file));
  const processes = systemSays(() => readdirSync('/proc').filter((name) => /^\d+$/.test(name)));
  if (path === null) return false;
  if (processes === null || processes.length === 0) return undefined;
  return processes.some((pid) => {
    const folder = `/proc/${pid}/fd`;
    const files = systemSays(() => readdirSync(folder)) ?? [];
    return files.some((each) => systemSays(() => readlinkSync(join(folder, each))) === path);
  });
}
