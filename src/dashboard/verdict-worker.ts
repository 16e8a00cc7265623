import { parentPort, workerData } from 'node:worker_threads';
import { environmentOptions } from '../../envs/environment-options.ts';
import { UserError } from '../user-error.ts';
import { verdictOf } from './verdict.ts';
import type { VerdictAnswer, VerdictQuestion } from './verdicts.ts';

/*
 * The other end of `Verdicts`: one verdict.
 */

async function answer({ folders, root }: VerdictQuestion): Promise<VerdictAnswer> {
  try {
    return { verdict: await verdictOf(folders, root, environmentOptions) };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { problem: error.message };
  }
}

parentPort?.postMessage(await answer(workerData as VerdictQuestion));
