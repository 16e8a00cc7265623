import { existsSync } from 'node:fs';
import { importPolicy } from '../../exchange/import-policy.ts';
import { layoutOf } from '../../network/layout.ts';
import type { NetworkShape } from '../../network/network.ts';
import { encodePolicy } from '../../run/policy-file.ts';
import { writeOutput } from '../../run/output-file.ts';
import { oneLine, UserError } from '../../user-error.ts';
import { print, printJson } from '../print/print.ts';

/** Flags of `leash import`. */
export interface ImportFlags {
  MODEL: string;
  out: string;
  value?: string | undefined;
  activation?: string | undefined;
  logStd?: string | undefined;
}

/** `leash import MODEL`: writes a policy for `network.initialWeights` and prints what a config needs to take it. */
export async function runImport({ MODEL, out, value, ...given }: ImportFlags): Promise<number> {
  const { activation } = given;
  if (activation !== undefined && activation !== 'tanh' && activation !== 'relu')
    throw new UserError(`--activation must be tanh or relu, got ${activation}`);
  const logStd = given.logStd === undefined ? undefined : Number(given.logStd);
  if (logStd !== undefined && !(logStd >= -20 && logStd <= 2))
    throw new UserError(`--log-std must be in [-20, 2], got ${given.logStd}`);
  if (existsSync(out)) throw new UserError(`--out: ${out} is there already; remove it or name another`);
  const imported = importPolicy(MODEL, { activation, value, logStd });
  const stored = (role: 'policy' | 'value') => ({
    ...imported[role],
    layout: layoutOf(imported[role].shape),
  });
  writeOutput('--out', out, encodePolicy({ ...imported, policy: stored('policy'), value: stored('value') }));
  if (imported.hasNewValue)
    process.stderr.write(
      `${oneLine(`leash: ${MODEL} has no value network: that of ${out} is new, its weights random`)}\n`,
    );
  if (imported.policy.shape.model) {
    print(`${out}: a layers model, evaluated by --engine tfjs, trained by network.tfjs (docs/engines.md)`);
    return 0;
  }
  const settings = {
    ...(imported.observationMoments && { environment: { normalizeObservations: true } }),
    network: {
      initialWeights: out,
      policy: settingsOf(imported.policy.shape),
      value: settingsOf(imported.value.shape),
    },
  };
  print(`${out}: in a config`);
  printJson(JSON.stringify(settings, null, 2));
  return 0;
}

function settingsOf({ hidden, activation }: NetworkShape): Pick<NetworkShape, 'hidden' | 'activation'> {
  return { hidden, activation };
}
