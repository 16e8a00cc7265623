import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { environmentOptions } from '../../../envs/environment-options.ts';
import { classifierGraphOf, type ExportedGraph, policyGraphOf } from '../../exchange/policy-graph.ts';
import { decodeFittedModel } from '../../fit/model-file.ts';
import { numberBytes } from '../../formats/bytes.ts';
import { kindOfPlace } from '../../node/file-kind.ts';
import { sha256 } from '../../node/policy.ts';
import { readFile } from '../../node/text-file.ts';
import { readFacts } from '../../plot/read-runs.ts';
import { actionBoundsOf, hasActionBounds } from '../../run/action-bounds.ts';
import type { LoadedPolicy } from '../../run/policy-file.ts';
import { spacesOf } from '../../train/memory-estimate.ts';
import { UserError } from '../../user-error.ts';
import { readRunPolicy } from '../../node/run-policy.ts';
import { environmentOfRun } from './environment-of-run.ts';

/** What of a run goes out: a policy or classifier as layers, or a policy that is itself a layers model. */
export type Exported = {
  readonly path: string;
  /** That it is not what the config asked for. */
  readonly caveat: string | undefined;
} & (
  | { readonly graph: ExportedGraph; readonly layersModel?: never }
  | { readonly graph?: never; readonly layersModel: LoadedPolicy }
);

/**
 * Reads what a run of `leash train` or `leash fit` came to.
 * @param isBest of training the policy of its best evaluation
 * @param env the file of its environment, where it needs one
 * @throws UserError when there is none, or it cannot be read
 */
export async function exportedOf(run: string, isBest: boolean, env?: string): Promise<Exported> {
  if (kindOfPlace(run) !== 'fitRun') return await exportedPolicy(run, isBest, env);
  if (env !== undefined) throw new UserError(`--env is for a run of leash train; ${run} is one of leash fit`);
  if (isBest) throw new UserError(`--best is for a run of leash train; ${run} is one of leash fit`);
  return exportedClassifier(run);
}

async function exportedPolicy(run: string, isBest: boolean, env: string | undefined): Promise<Exported> {
  const read = readRunPolicy(run, environmentOptions, { isBest });
  const { path, config, caveat, stored } = read;
  // A run of leash 0.1.0 holds none.
  const isNeeded = stored.actionBounds === undefined && hasActionBounds(stored.head);
  const definition = isNeeded || env !== undefined ? await environmentOfRun(read, env) : undefined;
  const bounds = definition && actionBoundsOf(spacesOf(definition, config).actionSpace);
  const bounded = { ...stored, actionBounds: stored.actionBounds ?? bounds };
  return stored.policy.shape.model === undefined
    ? { path, caveat, graph: policyGraphOf(bounded) }
    : { path, caveat, layersModel: bounded };
}

function exportedClassifier(run: string): Exported {
  const { record, status, problems } = readFacts(run);
  if (record === undefined) throw new UserError(problems[0] ?? `${run} has no run.json`);
  const reward = join(run, 'reward-model.json');
  if (existsSync(reward))
    throw new UserError(
      `${run} came to a reward model: ${reward} is JSON as it is, a TokenTask's reward.model`,
    );
  const file = join(run, 'model.safetensors');
  if (!existsSync(file))
    throw new UserError(
      `${run} has no model.safetensors: the run is ${status}, and leash 0.1.0 wrote none; fit it again`,
    );
  const { shape, parameters, inputs, classes } = decodeFittedModel(readFile(file, 'model'), file);
  // A flipped bit leaves a whole file of finite numbers.
  if (record.parametersSha256 !== sha256(numberBytes(parameters)))
    throw new UserError(
      `${file} is not the model that its run ended with: its weights are not those of parametersSha256 in run.json`,
    );
  const caveat = status === 'completed' ? undefined : `was ${status}`;
  return { path: run, caveat, graph: classifierGraphOf({ shape, parameters }, inputs, classes) };
}
