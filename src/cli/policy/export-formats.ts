import {
  WEIGHTS_FILE,
  encodeModel,
  type LayersModelFiles,
  policyLayersModel,
} from '../../exchange/layers-model.ts';
import { policyJson } from '../../exchange/json.ts';
import { policyOnnx } from '../../exchange/onnx.ts';
import type { ExportedGraph } from '../../exchange/policy-graph.ts';
import { policyNpz } from '../../exchange/policy-npz.ts';
import { writeModelFiles } from '../../exchange/write-layers-model.ts';
import { layoutOf } from '../../network/layout.ts';
import type { LoadedPolicy } from '../../run/policy-file.ts';
import { writeOutput, writing } from '../../run/output-file.ts';

/** A kind of file that a policy is exported as. */
interface ExportFormat {
  /** What it writes into the folder `--out`; without it `--out` is the file. */
  readonly files?: readonly [string, ...string[]];
  /** Whether it has layers that leash itself does not. */
  readonly hasLayers?: true;
  write(graph: ExportedGraph, out: string): void;
}

export const exportFormatNames = ['tfjs', 'onnx', 'json', 'npz'] as const;
type ExportFormatName = (typeof exportFormatNames)[number];

/** `--format` → what is written. */
export const exportFormats: Readonly<Record<ExportFormatName, ExportFormat>> = {
  tfjs: {
    files: ['model.json', WEIGHTS_FILE],
    hasLayers: true,
    write: (graph, out) => writing('--out', out, () => void writeModelFiles(policyLayersModel(graph), out)),
  },
  onnx: { write: (graph, out) => writeOutput('--out', out, policyOnnx(graph)) },
  json: { write: (graph, out) => writeOutput('--out', out, policyJson(graph)) },
  npz: { write: (graph, out) => writeOutput('--out', out, policyNpz(graph)) },
};

/** Writes a policy that is itself a layers model: it goes out as it came in, with the weights it has learned. */
export function writeLayersModel(stored: LoadedPolicy, out: string): void {
  writing('--out', out, () => void writeModelFiles(layersModelOf(stored), out));
}

function layersModelOf(stored: LoadedPolicy): LayersModelFiles {
  const { shape, parameters } = stored.policy;
  if (shape.model === undefined) throw new Error('a policy of leash has a graph');
  const weights = layoutOf({ ...shape, logStd: 0 }).blocks.map(({ name, offset, shape: dimensions }) => {
    const size = dimensions.reduce((product, d) => product * d, 1);
    return { name, shape: dimensions, data: parameters.subarray(offset, offset + size) };
  });
  const { inputs, outputs, activation, logStd } = shape;
  return encodeModel(shape.model.topology, weights, {
    head: stored.head,
    activation,
    observationMoments: stored.observationMoments,
    observationWrappers: stored.observationWrappers?.length ? stored.observationWrappers : undefined,
    actionBounds: stored.actionBounds,
    choices: stored.choices,
    masked: stored.masked,
    tokens: stored.tokens,
    model: { inputs, outputs, logStd: [...parameters.subarray(parameters.length - logStd)] },
  });
}
