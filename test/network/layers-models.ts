/**
 * The LayersModels that `configs/models` ships, and how they were made:
 *   npx tsx test/network/layers-models.ts
 */
import { fileURLToPath } from 'node:url';
import { initializers, layers, type Sequential, sequential } from '@tensorflow/tfjs-layers';
import { writeLayersModel } from '../../src/exchange/write-layers-model.ts';
import { loadEngine } from '../../src/node/load-engine.ts';

/** A 4×4 grid as an image: the one-hot state is a picture with one bright cell. */
export function gridModel(outputs: number, gain: number): Sequential {
  const normal = (scale: number, seed: number) =>
    initializers.varianceScaling({ scale, mode: 'fanIn', distribution: 'truncatedNormal', seed });
  return sequential({
    layers: [
      layers.reshape({ targetShape: [4, 4, 1], inputShape: [16], name: 'image' }),
      layers.conv2d({
        filters: 16,
        kernelSize: 3,
        padding: 'same',
        activation: 'relu',
        kernelInitializer: normal(2, 1),
        name: 'convolution',
      }),
      layers.flatten({ name: 'flat' }),
      layers.dense({
        units: 32,
        activation: 'tanh',
        kernelInitializer: normal(2, 2),
        name: 'hidden',
      }),
      layers.dense({ units: outputs, kernelInitializer: normal(gain ** 2, 3), name: 'output' }),
    ],
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await loadEngine('tfjs', { tfjsBackend: 'cpu' });
  for (const [name, model] of [
    ['grid-4x4-policy', gridModel(4, 0.01)],
    ['grid-4x4-value', gridModel(1, 1)],
  ] as const) {
    writeLayersModel(model, fileURLToPath(new URL(`../../configs/models/${name}`, import.meta.url)));
  }
}
