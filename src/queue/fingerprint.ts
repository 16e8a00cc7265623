import { environmentOptions, findBuiltIn } from '../../envs/environment-options.ts';
import { resolveConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { loadEngine } from '../node/load-engine.ts';
import { parametersSha256 } from '../node/policy.ts';
import { createTraining } from '../train/training.ts';

/** A training of a few milliseconds in which every kernel of an engine has its part. */
const WORKLOAD = {
  steps: 256,
  environment: { id: 'CartPole-v1', copies: 4 },
  rollout: { steps: 32 },
  network: { policy: { hidden: [32, 32] }, value: { hidden: [32, 32] } },
};

/** What computes a run. */
export interface Computing {
  readonly config: Pick<Config, 'engine' | 'tfjsBackend'>;
  readonly fastMath?: boolean | undefined;
}

const known = new Map<string, Promise<string>>();

/**
 * What an engine makes of a small training here, SHA-256 of the parameters: where it is the same, runs are the same bytes.
 * @throws UserError where there is no such engine
 */
export function fingerprintOf({ config, fastMath = false }: Computing): Promise<string> {
  const { engine, tfjsBackend } = config;
  const key = JSON.stringify([engine, tfjsBackend, fastMath]);
  const found = known.get(key) ?? fingerprint({ engine, tfjsBackend }, fastMath);
  known.set(key, found);
  return found;
}

async function fingerprint({ engine, tfjsBackend }: Computing['config'], fastMath: boolean): Promise<string> {
  const { loaded, problems } = resolveConfig(
    { ...WORKLOAD, engine, tfjsBackend },
    'fingerprint',
    [],
    environmentOptions,
  );
  if (loaded === undefined) throw new Error(problems[0]);
  const { config } = loaded;
  const definition = findBuiltIn(WORKLOAD.environment, 'fingerprint');
  const training = createTraining(config, definition, await loadEngine(engine, { tfjsBackend, fastMath }));
  try {
    for (let update = 1; update <= training.updates; update++) training.update();
    return parametersSha256(training.stored());
  } finally {
    training.dispose();
  }
}
