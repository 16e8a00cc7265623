import { activationBytes, estimateOf, type MemoryEstimate, parameterBytes } from '../network/memory.ts';
import type { DatasetSizes } from './examples.ts';
import { fitShape, forwardCapacity, inputsPerExample } from './model.ts';
import type { FitConfig } from './schema.ts';

/** Of a cell of a table while it is read: its text and its place in a row; of a row: its array, with room to grow. */
const CELL = 50;
const ROW = 450;

/**
 * The memory of `leash fit`, from its sizes alone: the arrays of the data set, of `fitModel` and of `reachable`, and
 * the network with its optimiser. Checked against what fits take in test/cli/memory.test.ts.
 */
export function estimateFit(config: FitConfig, sizes: DatasetSizes): MemoryEstimate {
  const { what, count, features, classes: K, cells } = sizes;
  const R = inputsPerExample(config);
  const D = R * features;
  const shape = fitShape(config, features, K);
  const batch = Math.min(count, config.batchSize);
  // The columns of a table as numbers beside what they become; later targets, log Q, and either the means of equal
  // inputs and what tells these apart or log Q once more.
  const reading = cells * CELL + (cells === 0 ? 0 : count * ROW) + count * (12 * D + 8 * K);
  const fitting = count * (8 * D + 24 * K + 20);
  return estimateOf(
    [
      {
        what: `${what}: ${count} examples × (${D} inputs + ${K} classes)`,
        bytes: Math.max(reading, fitting),
      },
      {
        what: `batchSize ${config.batchSize}`,
        bytes: activationBytes(shape, R * forwardCapacity(config, count)) + batch * (4 * D + 20 * K + 8),
      },
      {
        // Parameters, gradient, two moments.
        what: `network.hidden ${JSON.stringify(config.network.hidden)} on ${D} inputs`,
        bytes: parameterBytes(shape, 4),
      },
    ],
    1,
  );
}
