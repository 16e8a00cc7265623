import { existsSync } from 'node:fs';
import type { NetworkShape } from '../../network/shape.ts';
import { oneLine, UserError } from '../../user-error.ts';
import { defineCommand } from '../command.ts';

/** Writes a policy for `network.initialWeights` and prints what a config needs to take it. */
export const importCommand = defineCommand({
  summary:
    'make a policy to evaluate or to start from, of what leash export wrote, TensorFlow.js or Stable-Baselines3',
  arguments: {
    MODEL: {
      type: 'one',
      describe:
        'policy.safetensors, what leash export wrote (json, npz, model.json), a model.json of TensorFlow.js or an .npz of SB3',
    },
  },
  flags: {
    out: {
      type: 'text',
      isRequired: true,
      describe: 'file to write, for network.initialWeights of a config',
    },
    value: {
      type: 'text',
      describe: 'of a model.json: that of its value network; without it a random one',
    },
    activation: { type: 'text', describe: 'tanh or relu: of an SB3 policy whose .npz does not say it' },
    'log-std': {
      type: 'text',
      describe: 'of a model.json: it gives means of a Gaussian with this log standard deviation',
    },
  },
  async run({ MODEL, out, value, ...given }) {
    const { importPolicy } = await import('../../exchange/import-policy.ts');
    const { decimal } = await import('../../config/decimal.ts');
    const { layoutOf } = await import('../../network/layout.ts');
    const { requireKind } = await import('../../node/file-kind.ts');
    const { hasStatesStd } = await import('../../run/head-shape.ts');
    const { writeOutput } = await import('../../run/output-file.ts');
    const { encodePolicy } = await import('../../run/policy-file.ts');
    const { oneOf } = await import('../flag-values.ts');
    const { print, printJson } = await import('../print/print.ts');
    const activation =
      given.activation === undefined ? undefined : oneOf('activation', given.activation, ['tanh', 'relu']);
    const logStd = given.logStd === undefined ? undefined : decimal(given.logStd);
    if (logStd !== undefined && !(logStd >= -20 && logStd <= 2))
      throw new UserError(`--log-std must be in [-20, 2], got ${given.logStd}`);
    if (existsSync(out)) throw new UserError(`--out: ${out} is there already; remove it or name another`);
    requireKind(MODEL, [
      'policy',
      'exportedPolicy',
      'layersModel',
      'foreignModel',
      'folder',
      'text',
      'binary',
    ]);
    const imported = importPolicy(MODEL, { activation, value, logStd });
    const stored = (role: 'policy' | 'value') => ({
      ...imported[role],
      layout: layoutOf(imported[role].shape),
    });
    writeOutput(
      '--out',
      out,
      encodePolicy({ ...imported, policy: stored('policy'), value: stored('value') }),
    );
    if (imported.hasNewValue)
      process.stderr.write(
        `${oneLine(`leash: ${MODEL} has no value network: that of ${out} is new, its weights random`)}\n`,
      );
    if (imported.policy.shape.model) {
      print(`${out}: a layers model, evaluated by --engine tfjs, trained by network.tfjs (docs/engines.md)`);
      return 0;
    }
    const environment = {
      ...(imported.observationWrappers && { wrappers: imported.observationWrappers }),
      ...(imported.observationMoments && { normalizeObservations: true }),
    };
    const settings = {
      ...(Object.keys(environment).length > 0 && { environment }),
      network: {
        initialWeights: out,
        policy: settingsOf(imported.policy.shape),
        value: settingsOf(imported.value.shape),
        ...(imported.head === 'squashedGaussian' && { squash: true }),
        ...(hasStatesStd(imported.head, imported.policy.shape) && { stateDependentStd: true }),
      },
    };
    print(`${out}: in a config in this folder`);
    printJson(JSON.stringify(settings, null, 2));
    return 0;
  },
});

function settingsOf({
  hidden,
  activation,
  bias,
}: NetworkShape): Pick<NetworkShape, 'hidden' | 'activation' | 'bias'> {
  return { hidden, activation, ...(bias === false && { bias }) };
}
