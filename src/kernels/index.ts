// Kernels of the wasm engine: plain loops over raw pointers (bytes). TypeScript lays out the memory, which it
// passes in; nothing here allocates. Built by `npm run build:kernels`.

export { affine, pairsVectors } from './affine';
export { reluDerivative, reluRows, tanhDerivative, tanhRows } from './activation';
export { expTile, log1pTile } from './elementary';
export { affineFewSamples, joinOutputs } from './few-samples';
export { adam, sumOfSquares } from './flat-vector';
export { PANEL_SAMPLES, ROW } from './panel';
export { fillRows, pack, unpack } from './transpose';
export { rowSums, weightGradient } from './weight-gradient';

/** The first byte that is free for TypeScript to use. */
export const FREE: usize = __heap_base;
