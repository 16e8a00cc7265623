import type { PolicyGraph } from './policy-graph.ts';
import { readZip, writeZip } from './zip.ts';

/** An array of numbers as NumPy holds it, row-major. */
export interface NumpyArray {
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array;
}

/** The arrays of a policy by name; `activation` and `head` stand in the names that are there, and in the docs. */
export function policyNpz({ layers, normalization, logStd }: PolicyGraph): Buffer {
  const arrays: Record<string, NumpyArray> = {};
  layers.forEach(({ inputs, outputs, weight, bias }, l) => {
    const name = l === layers.length - 1 ? 'output' : `hidden.${l}`;
    arrays[`${name}.weight`] = { shape: [inputs, outputs], data: weight };
    arrays[`${name}.bias`] = { shape: [outputs], data: bias };
  });
  if (logStd) arrays.logStd = { shape: [logStd.length], data: logStd };
  if (normalization) {
    const { mean, deviation, clip } = normalization;
    arrays['observation.mean'] = { shape: [mean.length], data: mean };
    arrays['observation.deviation'] = { shape: [mean.length], data: deviation };
    arrays['observation.clip'] = { shape: [], data: Float64Array.of(clip) };
  }
  return writeNpz(arrays);
}

/** NumPy's `.npz`: a zip of `.npy` files. */
export function writeNpz(arrays: Readonly<Record<string, NumpyArray>>): Buffer {
  return writeZip(
    Object.entries(arrays).map(([name, array]) => ({ name: `${name}.npy`, bytes: encodeNpy(array) })),
  );
}

/** The arrays of an `.npz`, float16 and integers excluded. @throws Error naming the array that is not float, or damaged */
export function readNpz(bytes: Buffer): Map<string, NumpyArray> {
  const arrays = new Map<string, NumpyArray>();
  for (const { name, bytes: file } of readZip(bytes)) {
    const key = name.replace(/\.npy$/, '');
    if (arrays.has(key)) throw new Error(`it holds the array ${key} twice`);
    arrays.set(key, decodeNpy(key, file));
  }
  return arrays;
}

const MAGIC = Buffer.from('\x93NUMPY', 'latin1');

/** NumPy's format version 1.0: magic, header as a Python literal padded to 64 bytes, then the numbers. */
function encodeNpy({ shape, data }: NumpyArray): Buffer {
  const double = data instanceof Float64Array;
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const header = `{'descr': '${double ? '<f8' : '<f4'}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const padded = `${header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11)}\n`;
  const prefix = Buffer.from([1, 0, padded.length % 256, padded.length >> 8]);
  const numbers = Buffer.alloc(data.length * data.BYTES_PER_ELEMENT);
  data.forEach((value, i) => {
    if (double) numbers.writeDoubleLE(value, i * 8);
    else numbers.writeFloatLE(value, i * 4);
  });
  return Buffer.concat([MAGIC, prefix, Buffer.from(padded), numbers]);
}

function decodeNpy(name: string, file: Buffer): NumpyArray {
  if (!file.subarray(0, 6).equals(MAGIC)) throw new Error(`${name} is not a .npy array`);
  const wide = file[6] !== 1;
  const start = wide ? 12 : 10;
  const length = file.length < start ? 0 : wide ? file.readUInt32LE(8) : file.readUInt16LE(8);
  const header = file.toString('latin1', start, start + length);
  const type = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  if (type !== '<f4' && type !== '<f8')
    throw new Error(`${name} holds ${type ?? 'objects'}, not float32 or float64`);
  const shape = shapeOf(name, header);
  if (/'fortran_order':\s*True/.test(header) && shape.length > 1)
    throw new Error(`${name} is in Fortran order: save numpy.ascontiguousarray of it`);
  const count = shape.reduce((product, size) => product * size, 1);
  const numbers = file.subarray(start + length);
  const double = type === '<f8';
  const width = double ? 8 : 4;
  if (numbers.length !== count * width)
    throw new Error(
      `${name} of shape [${shape.join(', ')}] needs ${count * width} bytes, has ${numbers.length}`,
    );
  const data = double ? new Float64Array(count) : new Float32Array(count);
  for (let i = 0; i < count; i++) data[i] = double ? numbers.readDoubleLE(i * 8) : numbers.readFloatLE(i * 4);
  return { shape, data };
}

/** NumPy has at most 64 dimensions. */
const MOST_DIMENSIONS = 64;

function shapeOf(name: string, header: string): number[] {
  const written = /'shape':\s*\(([^)]*)\)/.exec(header)?.[1];
  const parts = (written ?? '-').split(',').map((part) => part.trim());
  if (parts.at(-1) === '') parts.pop();
  if (parts.length > MOST_DIMENSIONS || parts.some((part) => !/^\d{1,15}$/.test(part)))
    throw new Error(`${name} has the shape (${written ?? ''}), not whole numbers ≥ 0`);
  return parts.map(Number);
}
