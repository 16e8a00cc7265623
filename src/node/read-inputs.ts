import type { Config } from '../config/schema.ts';
import { readLayersModel } from '../exchange/read-layers-model.ts';
import type { TrainingInputs } from '../train/initial-policy.ts';
import type { ModelSource } from '../train/model-network.ts';
import { UserError } from '../user-error.ts';
import { readPolicyFile } from './policy.ts';

/** What stands in the files that a config names. @throws UserError when one cannot be read */
export function readTrainingInputs({ network }: Config): TrainingInputs {
  const { initialWeights, tfjs } = network;
  const modelOf = (role: 'policy' | 'value', path: string): ModelSource =>
    naming(`network.tfjs.${role}`, () => ({
      ...readLayersModel(path),
      place: `network.tfjs.${role}: ${path}`,
    }));
  return {
    initialPolicy:
      initialWeights === null
        ? undefined
        : naming('network.initialWeights', () => readPolicyFile(initialWeights)),
    models: tfjs
      ? { policy: modelOf('policy', tfjs.policy), value: modelOf('value', tfjs.value) }
      : undefined,
  };
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
