import { openEnvironments, type RunOfEnvironment } from '../../node/environments.ts';
import type { EnvironmentDefinition } from '../../rollout/environment.ts';
import { oneLine } from '../../user-error.ts';

/**
 * The environment that a run is played in again; where its file is another than the run was made with, that is said.
 * @param file what `--env` names
 * @throws UserError where the run's environment is a file and none is named
 */
export async function environmentOfRun(run: RunOfEnvironment, file?: string): Promise<EnvironmentDefinition> {
  const { definition, changed } = await openEnvironments().ofRun(run, file);
  if (changed !== undefined) process.stderr.write(`${oneLine(`leash: ${changed}`)}\n`);
  return definition;
}
