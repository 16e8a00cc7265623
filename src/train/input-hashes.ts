import type { FileHashes } from '../run/differing-files.ts';
import { modelBytes } from '../run/files-of-run.ts';
import { parameterBytes } from '../run/policy-file.ts';
import type { Host } from './host.ts';
import type { TrainingInputs } from './initial-policy.ts';

/** Of what stands in the files that a config names: the parameters of policies, all of layers models. */
export function hashesOfInputs(
  { initialPolicy, referencePolicy, models }: TrainingInputs,
  sha256: Host['sha256'],
): FileHashes {
  return {
    ...(initialPolicy && { 'network.initialWeights': sha256(parameterBytes(initialPolicy)) }),
    ...(models && {
      'network.tfjs.policy': sha256(modelBytes(models.policy)),
      'network.tfjs.value': sha256(modelBytes(models.value)),
    }),
    ...(referencePolicy && { 'reference.policy': sha256(parameterBytes(referencePolicy)) }),
  };
}

/** What is to be kept of the files that a run begins with; the hash of its reference is kept apart. */
export function recordedFiles(
  { initialPolicy, models }: TrainingInputs,
  sha256: Host['sha256'],
): FileHashes | undefined {
  const files = hashesOfInputs({ initialPolicy, models }, sha256);
  return Object.keys(files).length === 0 ? undefined : files;
}
