import type { PolicyGraph } from './policy-graph.ts';

/** The policy as JSON that any language can run: weights are arrays of rows [inputs][outputs]. */
export function policyJson({ head, activation, normalization, layers, logStd }: PolicyGraph): string {
  const rows = (weight: Float32Array, width: number): number[][] =>
    Array.from({ length: weight.length / width }, (_, i) => [...weight.subarray(i * width, (i + 1) * width)]);
  const document = {
    format: 'leash-policy-json-1',
    head,
    activation,
    normalization: normalization && {
      mean: [...normalization.mean],
      deviation: [...normalization.deviation],
      clip: normalization.clip,
    },
    layers: layers.map(({ weight, bias, outputs }) => ({ weight: rows(weight, outputs), bias: [...bias] })),
    logStd: logStd && [...logStd],
  };
  return `${JSON.stringify(document)}\n`;
}
