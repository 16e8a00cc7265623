import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { policyJson } from '../exchange/json.ts';
import { policyLayersModel, WEIGHTS_FILE } from '../exchange/layers-model.ts';
import { policyNpz } from '../exchange/npz.ts';
import { policyOnnx } from '../exchange/onnx.ts';
import { type PolicyGraph, policyGraphOf } from '../exchange/policy-graph.ts';
import { readPolicyFile } from '../run/policy-file.ts';
import { loadRun } from '../run/run-directory.ts';
import { UserError } from '../user-error.ts';

/** Flags of `leash export`. */
export interface ExportFlags {
  RUN: string;
  format: string;
  out: string;
}

const writers: Readonly<Record<string, (graph: PolicyGraph, out: string) => void>> = {
  tfjs: (graph, out) => {
    const { json, weights } = policyLayersModel(graph);
    mkdirSync(out, { recursive: true });
    writeFileSync(join(out, 'model.json'), json);
    writeFileSync(join(out, WEIGHTS_FILE), weights);
  },
  onnx: (graph, out) => writeFileSync(out, policyOnnx(graph)),
  json: (graph, out) => writeFileSync(out, policyJson(graph)),
  npz: (graph, out) => writeFileSync(out, policyNpz(graph)),
};

/** `leash export RUN`. */
export async function runExport({ RUN, format, out }: ExportFlags): Promise<number> {
  const write = Object.hasOwn(writers, format) ? writers[format] : undefined;
  if (write === undefined)
    throw new UserError(`--format must be one of ${Object.keys(writers).join(', ')}, got ${format}`);
  const { path, record } = loadRun(RUN);
  const file = join(path, 'policy.safetensors');
  if (!existsSync(file)) throw new UserError(`${path} has no policy; its run.json says ${record.status}`);
  const target = format === 'tfjs' ? join(out, 'model.json') : out;
  if (existsSync(target)) throw new UserError(`--out: ${target} is there already; remove it or name another`);
  if (format === 'tfjs' && existsSync(out) && !statSync(out).isDirectory())
    throw new UserError(`--out: ${out} is a file; tfjs writes a folder`);
  write(policyGraphOf(readPolicyFile(file)), out);
  process.stdout.write(`${target}\n`);
  return 0;
}
