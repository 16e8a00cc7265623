import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { oneLine, UserError } from '../../user-error.ts';
import { defineCommand } from '../command.ts';

export const exportCommand = defineCommand({
  summary: 'write the policy of a run for TensorFlow.js, ONNX, NumPy or as JSON',
  arguments: {
    RUN: { type: 'one', describe: 'runs/NAME or runs/NAME/seed-N, with @UPDATE for a policy on the way' },
  },
  flags: {
    format: {
      type: 'text',
      isRequired: true,
      describe: 'tfjs, onnx (the policy alone), json or npz (with its value network)',
    },
    best: { type: 'switch', describe: 'the policy of its best evaluation in training, not its last' },
    out: { type: 'text', isRequired: true, describe: 'file to write; for tfjs a folder' },
  },
  async run({ RUN, format: name, out, best }) {
    const { requireOutsideRuns } = await import('../../run/output-file.ts');
    const { exportFormats } = await import('../policy/export-formats.ts');
    const { print } = await import('../print/print.ts');
    const { readRunPolicy } = await import('../policy/run-policy.ts');
    const format = Object.hasOwn(exportFormats, name) ? exportFormats[name] : undefined;
    if (format === undefined)
      throw new UserError(`--format must be one of ${Object.keys(exportFormats).join(', ')}, got ${name}`);
    const { path, stored, caveat } = readRunPolicy(RUN, { isBest: best });
    const targets = format.files?.map((file) => join(out, file)) ?? [out];
    const taken = targets.find((target) => existsSync(target));
    if (taken !== undefined)
      throw new UserError(`--out: ${taken} is there already; remove it or name another`);
    if (format.files !== undefined && existsSync(out) && !statSync(out).isDirectory())
      throw new UserError(`--out: ${out} is a file; ${name} writes a folder`);
    const isLayersModel = stored.policy.shape.model !== undefined;
    if (isLayersModel && !format.hasLayers)
      throw new UserError(`--format ${name} has no layers models; this policy is one: export it as tfjs`);
    requireOutsideRuns('--out', out);
    format.write(stored, out);
    if (caveat !== undefined) process.stderr.write(`${oneLine(`leash: ${path} ${caveat}`)}\n`);
    const [target] = targets;
    if (isLayersModel && stored.observationMoments)
      process.stderr.write(
        `leash: ${oneLine(target)} takes standardised observations: their moments stand in its userDefinedMetadata\n`,
      );
    print(target);
    return 0;
  },
});
