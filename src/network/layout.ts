import type { NetworkShape } from './shape.ts';

/** One named array inside the flat parameters. Weights are [in, out] row-major (y = xW + b). */
export interface Block {
  readonly name: string;
  readonly offset: number;
  readonly shape: readonly number[];
}

/** Where each array of a network stands in its flat parameters. */
export interface Layout {
  readonly blocks: readonly Block[];
  /** Number of parameters. */
  readonly size: number;
}

/**
 * Blocks in order: `hidden.0.weight` [D, h0], `hidden.0.bias` [h0], …, `output.weight`, `output.bias`, and
 * `logStd` [A] where the shape has state-independent outputs; without the biases where the shape has none. Of a layers model
 * its weights by their names.
 */
export function layoutOf(shape: NetworkShape): Layout {
  const blocks: Block[] = [];
  let offset = 0;
  const add = (name: string, dimensions: readonly number[]): void => {
    blocks.push({ name, offset, shape: dimensions });
    offset += dimensions.reduce((product, d) => product * d, 1);
  };
  if (shape.model) {
    for (const { name, shape: dimensions } of shape.model.weights) add(name, dimensions);
    if (shape.logStd > 0) add('logStd', [shape.logStd]);
    return { blocks, size: offset };
  }
  let width = shape.inputs;
  shape.hidden.forEach((next, i) => {
    add(`hidden.${i}.weight`, [width, next]);
    if (shape.bias !== false) add(`hidden.${i}.bias`, [next]);
    width = next;
  });
  add('output.weight', [width, shape.outputs]);
  if (shape.bias !== false) add('output.bias', [shape.outputs]);
  if (shape.logStd > 0) add('logStd', [shape.logStd]);
  return { blocks, size: offset };
}

/** The block of that name. @throws Error naming the blocks there are */
export function blockOf(layout: Layout, name: string): Block {
  const block = layout.blocks.find((b) => b.name === name);
  if (!block) throw new Error(`no block ${name}; there are ${layout.blocks.map((b) => b.name).join(', ')}`);
  return block;
}

/** A view on one block of a flat vector. */
export function viewOf(layout: Layout, name: string, flat: Float32Array): Float32Array {
  const { offset, shape } = blockOf(layout, name);
  return flat.subarray(offset, offset + shape.reduce((product, d) => product * d, 1));
}

/** One affine map of a network, and where its parameters stand in the flat vector. */
export interface Layer {
  readonly inputs: number;
  readonly outputs: number;
  /** Offset of the weights [inputs, outputs]. */
  readonly weight: number;
  /** Offset of the bias [outputs]; undefined: it has none. */
  readonly bias: number | undefined;
}

/** The layers, first to last; the network's activation stands between them, not after the last. */
export function layersOf(shape: NetworkShape): Layer[] {
  const layers: Layer[] = [];
  let inputs = shape.inputs;
  let weight = 0;
  for (const outputs of [...shape.hidden, shape.outputs]) {
    const end = weight + inputs * outputs;
    const bias = shape.bias === false ? undefined : end;
    layers.push({ inputs, outputs, weight, bias });
    weight = bias === undefined ? end : end + outputs;
    inputs = outputs;
  }
  return layers;
}
