import { statSync } from 'node:fs';
import { INITIAL } from '../config/file-paths.ts';
import type { Config } from '../config/schema.ts';
import { readLayersModel } from '../exchange/read-layers-model.ts';
import type { LoadedPolicy } from '../run/policy-file.ts';
import type { TrainingInputs } from '../train/initial-policy.ts';
import type { ModelSource } from '../train/model-network.ts';
import { UserError } from '../user-error.ts';
import { parseRunAt } from './checkpoints.ts';
import { readGivenPolicy, readRunPolicy } from './run-policy.ts';

/** What stands in the files that a config names. @throws UserError when one cannot be read */
export function readTrainingInputs({ network, reference }: Config): TrainingInputs {
  const { initialWeights, tfjs } = network;
  const modelOf = (role: 'policy' | 'value', path: string): ModelSource =>
    naming(`network.tfjs.${role}`, () => ({
      ...readLayersModel(path),
      place: `network.tfjs.${role}: ${path}`,
    }));
  return {
    initialPolicy:
      initialWeights === null ? undefined : naming('network.initialWeights', () => policyOf(initialWeights)),
    referencePolicy:
      reference === null || reference.policy === INITIAL
        ? undefined
        : naming('reference.policy', () => policyOf(reference.policy)),
    models: tfjs
      ? { policy: modelOf('policy', tfjs.policy), value: modelOf('value', tfjs.value) }
      : undefined,
  };
}

/** The policy in a file, that of a run, or that of a run after an update (`RUN@UPDATE`). */
function policyOf(place: string): LoadedPolicy {
  const isRun = parseRunAt(place) !== undefined || statSync(place, { throwIfNoEntry: false })?.isDirectory();
  return isRun ? readRunPolicy(place).stored : readGivenPolicy(place);
}

/** @throws UserError as `read`, with the field that names the file */
function naming<T>(field: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
    throw new UserError(`${field}: ${cause.message}`);
  }
}
