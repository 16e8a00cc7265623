import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { oneLine, UserError } from '../../user-error.ts';
import { defineCommand } from '../command.ts';
import { moduleFlag, runsFlag } from '../shared-flags.ts';

export const exportCommand = defineCommand({
  summary: 'write the policy of a run, or what leash fit came to, for TensorFlow.js, ONNX, NumPy or as JSON',
  arguments: {
    RUN: {
      type: 'one',
      describe:
        'a run or its name: runs/NAME/seed-N, or NAME where it holds one seed; with @UPDATE a policy on the way',
    },
  },
  flags: {
    format: {
      type: 'text',
      values: ['tfjs', 'onnx', 'json', 'npz'],
      isRequired: true,
      describe: 'tfjs, onnx (the policy alone), json or npz (with its value network)',
    },
    best: { type: 'switch', describe: 'the policy of its best evaluation in training, not its last' },
    out: { type: 'text', isRequired: true, describe: 'file to write; for tfjs a folder' },
    ...moduleFlag,
    ...runsFlag,
  },
  async run({ RUN, runs, format: name, out, best, env }) {
    const { requireOutsideRuns } = await import('../../run/output-file.ts');
    const { oneOf } = await import('../flag-values.ts');
    const { exportFormatNames, exportFormats, writeLayersModel } = await import(
      '../policy/export-formats.ts'
    );
    const { givenRun } = await import('../given-run.ts');
    const { print } = await import('../print/print.ts');
    const { exportedOf } = await import('../policy/exported.ts');
    const format = exportFormats[oneOf('format', name, exportFormatNames)];
    const { path, caveat, graph, layersModel } = await exportedOf(givenRun(RUN, runs), best ?? false, env);
    const targets = format.files?.map((file) => join(out, file)) ?? [out];
    const taken = targets.find((target) => existsSync(target));
    if (taken !== undefined)
      throw new UserError(`--out: ${taken} is there already; remove it or name another`);
    if (format.files !== undefined && existsSync(out) && !statSync(out).isDirectory())
      throw new UserError(`--out: ${out} is a file; ${name} writes a folder`);
    if (layersModel !== undefined && !format.hasLayers)
      throw new UserError(`--format ${name} has no layers models; this policy is one: export it as tfjs`);
    requireOutsideRuns('--out', out);
    if (graph === undefined) writeLayersModel(layersModel, out);
    else format.write(graph, out);
    if (caveat !== undefined) process.stderr.write(`${oneLine(`leash: ${path} ${caveat}`)}\n`);
    const [target] = targets;
    if (layersModel?.observationMoments)
      process.stderr.write(
        `leash: ${oneLine(target)} takes standardised observations: their moments stand in its userDefinedMetadata\n`,
      );
    const seen = graph === undefined ? layersModel.observationWrappers : graph.observationWrappers;
    if (seen?.length)
      process.stderr.write(
        `leash: ${oneLine(target)} takes observations that went through environment.wrappers ${JSON.stringify(seen)}: feed it those\n`,
      );
    print(target);
    return 0;
  },
});
