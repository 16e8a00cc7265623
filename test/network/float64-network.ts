import { layersOf } from '../../src/network/layout.ts';
import type { NetworkShape } from '../../src/network/shape.ts';

/** Independent of every engine: the network in float64 from its definition, [count, K] row-major. */
export function outputsInFloat64(
  shape: NetworkShape,
  parameters: ArrayLike<number>,
  observations: ArrayLike<number>,
  count: number,
): number[] {
  const at = (vector: ArrayLike<number>, i: number): number => vector[i] as number;
  const layers = layersOf(shape);
  const outputs: number[] = [];
  for (let s = 0; s < count; s++) {
    let x = Array.from({ length: shape.inputs }, (_, i) => at(observations, s * shape.inputs + i));
    layers.forEach((layer, l) => {
      x = Array.from({ length: layer.outputs }, (_, o) => {
        const z = x.reduce(
          (sum, xi, i) => sum + xi * at(parameters, layer.weight + i * layer.outputs + o),
          layer.bias === undefined ? 0 : at(parameters, layer.bias + o),
        );
        if (l === layers.length - 1) return z;
        return shape.activation === 'tanh' ? Math.tanh(z) : Math.max(z, 0);
      });
    });
    const size = parameters.length;
    outputs.push(
      ...x,
      ...Array.from({ length: shape.logStd }, (_, i) => at(parameters, size - shape.logStd + i)),
    );
  }
  return outputs;
}
