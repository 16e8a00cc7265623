import { createHash } from 'node:crypto';
import { requireKind } from './file-kind.ts';
import { readFile } from './text-file.ts';
import { decodePolicy, type LoadedPolicy, parameterBytes } from '../run/policy-file.ts';

/** Two networks of the widest layers that a config may ask for take 1.1 GB. */
const MOST_BYTES = 2 ** 31 - 1;

/** Reads what `encodePolicy` wrote. @throws UserError as `decodePolicy`, or when there is no such file */
export function readPolicyFile(path: string): LoadedPolicy {
  return decodePolicy(readFile(path, 'policy', MOST_BYTES), path);
}

/** A policy that a user named. @throws UserError as `readPolicyFile`, and naming what it is where it is something else */
export function readGivenPolicy(path: string): LoadedPolicy {
  requireKind(path, ['run', 'policy', 'binary']);
  return readPolicyFile(path);
}

/** SHA-256, in hexadecimal. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** SHA-256 of the parameters as they are stored; `run.json` holds it. */
export function parametersSha256(stored: Pick<LoadedPolicy, 'policy' | 'value'>): string {
  return sha256(parameterBytes(stored));
}
