import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeJson } from '../row/json.ts';
import { UserError } from '../user-error.ts';
import { linkOnce } from './link-once.ts';
import { describeOwner, isAlive, type Owner, ownerHere, readOwner } from './owner.ts';
import { claimName, isClaim, OWNER, RUN_FORMAT } from './run-files.ts';
import { holdOf, recordedStatus, standingOf } from './status.ts';

/**
 * Makes this process the owner of a run that is over.
 *
 * Whoever goes on with the run of an owner links its own finished file to the name of that owner's successor, which one
 * process can; then `run.json` says `running`, and only then the file becomes the owner's. One that died on the way is
 * followed in the same way. A process that was slow and took a name that was left behind finds another owner and withdraws.
 * @param markRunning makes `run.json` say `running`
 * @throws UserError where the run goes on, or another process was first; then nothing was touched
 */
export function takeOver(path: string, name: string, seed: number, markRunning: () => void): void {
  const owner = { ...ownerHere(RUN_FORMAT), name, seed };
  const file = join(path, OWNER);
  const base = tokenOf(readOwner(file));
  requireOver(path);
  const last = successorOf(path, base);
  const draft = join(path, `.owner.${owner.token}.tmp`);
  const claim = join(path, claimName(last));
  try {
    writeFileSync(draft, `${encodeJson(owner, 2)}\n`);
    if (!linkOnce(draft, claim)) throw takenBy(path, readOwner(claim));
    const now = readOwner(file);
    if (tokenOf(now) !== base) {
      rmSync(claim, { force: true });
      throw takenBy(path, now);
    }
    markRunning();
    renameSync(draft, file);
  } finally {
    rmSync(draft, { force: true });
  }
  for (const each of readdirSync(path)) if (isClaim(each)) rmSync(join(path, each), { force: true });
}

/** Those of leash 0.1.0 have no owner. */
function tokenOf(owner: Owner | undefined): string {
  return owner !== undefined && /^[0-9a-z]+$/.test(owner.token) ? owner.token : 'none';
}

/** The last of those who began to go on and died. @throws UserError where one lives */
function successorOf(path: string, token: string): string {
  const claim = join(path, claimName(token));
  if (!existsSync(claim)) return token;
  const owner = readOwner(claim);
  if (owner === undefined || isAlive(owner, Date.now())) throw takenBy(path, owner);
  return successorOf(path, tokenOf(owner));
}

/** @throws UserError where a process is at work in the run */
export function requireOver(path: string): void {
  if (standingOf(path, recordedStatus(path)) === 'alive') throw takenBy(path, holdOf(path).owner);
}

function takenBy(path: string, owner: Owner | undefined): UserError {
  const who = owner === undefined ? 'another process' : describeOwner(owner);
  return new UserError(`${path}: ${who} is at work in it; nothing was touched`);
}
