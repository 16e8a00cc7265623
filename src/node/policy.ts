import { createHash } from 'node:crypto';
import { readFile } from './text-file.ts';
import { UserError } from '../user-error.ts';
import { decodePolicy, decodeSnapshot, type LoadedPolicy, parameterBytes } from '../run/policy-file.ts';

/** Two networks of the widest layers that a config may ask for take 1.1 GB. */
const MOST_BYTES = 2 ** 31 - 1;

/** Reads what `encodePolicy` wrote. @throws UserError as `decodePolicy`, or when there is no such file */
export function readPolicyFile(path: string): LoadedPolicy {
  return decodePolicy(readFile(path, 'policy', MOST_BYTES), path);
}

/** As `readPolicyFile`, with what it says of where it is from. */
export function readSnapshot(path: string): ReturnType<typeof decodeSnapshot> {
  return decodeSnapshot(readFile(path, 'policy', MOST_BYTES), path);
}

/** @throws UserError where a policy in a run's folder is not the one that its `run.json` names */
export function requireRecorded(...told: Parameters<typeof unlikeRecorded>): void {
  const unlike = unlikeRecorded(...told);
  if (unlike !== undefined)
    throw new UserError(`${unlike}; as a file of its own it is evaluated with --env or --config`);
}

/**
 * That a policy in a run's folder is not the one that its `run.json` names, one line: a flipped bit leaves a whole file of
 * finite numbers. Undefined: it is that.
 * @param recorded `parametersSha256` there, undefined in what is still running
 */
export function unlikeRecorded(
  file: string,
  stored: LoadedPolicy,
  recorded: string | undefined,
  isBest = false,
): string | undefined {
  if (recorded === undefined || recorded === parametersSha256(stored)) return undefined;
  return `${file} is not the policy that its run ${isBest ? 'found best' : 'ended with'}: its weights are not those of ${isBest ? 'best.' : ''}parametersSha256 in run.json`;
}

/** SHA-256, in hexadecimal. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** SHA-256 of the parameters as they are stored; `run.json` holds it. */
export function parametersSha256(stored: Pick<LoadedPolicy, 'policy' | 'value'>): string {
  return sha256(parameterBytes(stored));
}
