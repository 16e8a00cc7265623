import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { policyJson } from '../../exchange/json.ts';
import {
  encodeModel,
  type LayersModelFiles,
  policyLayersModel,
  WEIGHTS_FILE,
} from '../../exchange/layers-model.ts';
import { policyOnnx } from '../../exchange/onnx.ts';
import { policyGraphOf } from '../../exchange/policy-graph.ts';
import { policyNpz } from '../../exchange/policy-npz.ts';
import { writeModelFiles } from '../../exchange/write-layers-model.ts';
import { layoutOf } from '../../network/layout.ts';
import type { LoadedPolicy } from '../../run/policy-file.ts';
import { requireOutsideRuns, writeOutput, writing } from '../../run/output-file.ts';
import { oneLine, UserError } from '../../user-error.ts';
import { readRunPolicy } from '../run-policy.ts';
import { print } from '../print/print.ts';

/** Flags of `leash export`. */
export interface ExportFlags {
  RUN: string;
  format: string;
  out: string;
}

const writers: Readonly<Record<string, (stored: LoadedPolicy, out: string) => void>> = {
  tfjs: (stored, out) => writing('--out', out, () => void writeModelFiles(layersModelOf(stored), out)),
  onnx: (stored, out) => writeOutput('--out', out, policyOnnx(policyGraphOf(stored))),
  json: (stored, out) => writeOutput('--out', out, policyJson(policyGraphOf(stored))),
  npz: (stored, out) => writeOutput('--out', out, policyNpz(policyGraphOf(stored))),
};

/** A layers model goes out as it came in, with the weights it has learned. */
function layersModelOf(stored: LoadedPolicy): LayersModelFiles {
  const { shape, parameters } = stored.policy;
  if (shape.model === undefined) return policyLayersModel(policyGraphOf(stored));
  const weights = layoutOf({ ...shape, logStd: 0 }).blocks.map(({ name, offset, shape: dimensions }) => {
    const size = dimensions.reduce((product, d) => product * d, 1);
    return { name, shape: dimensions, data: parameters.subarray(offset, offset + size) };
  });
  const { inputs, outputs, activation, logStd } = shape;
  return encodeModel(shape.model.topology, weights, {
    head: stored.head,
    activation,
    observationMoments: stored.observationMoments,
    model: { inputs, outputs, logStd: [...parameters.subarray(parameters.length - logStd)] },
  });
}

/** `leash export RUN`. */
export async function runExport({ RUN, format, out }: ExportFlags): Promise<number> {
  const write = Object.hasOwn(writers, format) ? writers[format] : undefined;
  if (write === undefined)
    throw new UserError(`--format must be one of ${Object.keys(writers).join(', ')}, got ${format}`);
  const { path, stored, caveat } = readRunPolicy(RUN);
  const target = format === 'tfjs' ? join(out, 'model.json') : out;
  const taken = (format === 'tfjs' ? [target, join(out, WEIGHTS_FILE)] : [target]).find((path) =>
    existsSync(path),
  );
  if (taken !== undefined) throw new UserError(`--out: ${taken} is there already; remove it or name another`);
  if (format === 'tfjs' && existsSync(out) && !statSync(out).isDirectory())
    throw new UserError(`--out: ${out} is a file; tfjs writes a folder`);
  if (stored.policy.shape.model && format !== 'tfjs')
    throw new UserError(`--format ${format} has no layers models; this policy is one: export it as tfjs`);
  requireOutsideRuns('--out', out);
  write(stored, out);
  if (caveat !== undefined) process.stderr.write(`${oneLine(`leash: ${path} ${caveat}`)}\n`);
  if (stored.policy.shape.model && stored.observationMoments)
    process.stderr.write(
      `leash: ${oneLine(target)} takes standardised observations: their moments stand in its userDefinedMetadata\n`,
    );
  print(target);
  return 0;
}
