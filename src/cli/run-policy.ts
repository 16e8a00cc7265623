import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type LoadedPolicy, readPolicyFile } from '../run/policy-file.ts';
import { type LoadedRun, loadRun, type RunRecord } from '../run/run-directory.ts';
import { UserError } from '../user-error.ts';

/** A run with the policy that it ended with. */
export interface RunPolicy extends LoadedRun {
  readonly stored: LoadedPolicy;
  /** That it is not what the config asked for: the run failed or was interrupted. */
  readonly caveat: string | undefined;
}

/** Reads a run and its policy. @throws UserError when there is no policy or it can't be read, with how the run ended */
export function readRunPolicy(path: string): RunPolicy {
  const run = loadRun(path);
  const file = join(run.path, 'policy.safetensors');
  if (!existsSync(file))
    throw new UserError(`${run.path} has no policy; its run.json says ${run.record.status}`);
  const caveat = caveatOf(run.record);
  try {
    return { ...run, stored: readPolicyFile(file), caveat };
  } catch (error) {
    if (!(error instanceof UserError) || caveat === undefined) throw error;
    throw new UserError(`${error.message}; the run ${caveat}`);
  }
}

function caveatOf({ status, updates, updatesPlanned, failure }: RunRecord): string | undefined {
  const reached = `after update ${updates} of ${updatesPlanned}`;
  if (status === 'interrupted') return `was interrupted ${reached}`;
  if (status === 'failed') return `failed ${reached}: ${failure ?? 'its run.json does not say why'}`;
  return status === 'running' ? 'has no recorded end: its run.json says running' : undefined;
}
