import { concatBytes, numberBytes, textBytes } from '../formats/bytes.ts';
import { UserError } from '../user-error.ts';
import { requireFinite } from '../run/policy-file.ts';
import { megabytes, MOST_BYTES, writeZip, type ZipEntry } from './zip.ts';

/** An array of numbers as NumPy holds it, row-major. */
export interface NumpyArray {
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array;
}

/** What an archive of NumPy holds, by name. */
export interface Npz {
  readonly arrays: ReadonlyMap<string, NumpyArray>;
  /** Single texts and truth values, the latter as NumPy prints them (`True`). */
  readonly words: ReadonlyMap<string, string>;
}

/** NumPy's `.npz`: a zip of `.npy` files. */
export function writeNpz(content: Readonly<Record<string, NumpyArray | string>>): Uint8Array<ArrayBuffer> {
  return writeZip(
    Object.entries(content).map(([name, each]) => ({
      name: `${name}.npy`,
      bytes: typeof each === 'string' ? encodeText(each) : encodeNumbers(each),
    })),
  );
}

/**
 * What is in the files of an `.npz`; float16, integers and objects are none of a policy's.
 * @throws Error naming the array that is neither float32 nor float64 nor one text, or damaged
 */
export function readNpz(files: readonly ZipEntry[]): Npz {
  const arrays = new Map<string, NumpyArray>();
  const words = new Map<string, string>();
  for (const { name, bytes } of files) {
    const key = name.replace(/\.npy$/, '');
    if (arrays.has(key) || words.has(key)) throw new Error(`it holds the array ${key} twice`);
    const value = decodeNpy(key, bytes);
    if (typeof value === 'string') words.set(key, value);
    else arrays.set(key, value);
  }
  return { arrays, words };
}

/** The numbers of an array as float32. @throws UserError naming the first that is not finite or would be rounded */
export function float32Of(name: string, { shape, data }: NumpyArray): Float32Array {
  const rounded = Float32Array.from(data);
  requireFinite(name, { shape, data });
  const at = rounded.findIndex((value, i) => value !== data[i]);
  if (at < 0) return rounded;
  throw new UserError(
    `${name} holds ${data[at]}, which is no float32: save it .astype("float32"), as leash computes`,
  );
}

const MAGIC = Uint8Array.of(0x93, ...textBytes('NUMPY'));

const latin1 = new TextDecoder('latin1');

function encodeNumbers({ shape, data }: NumpyArray): Uint8Array {
  return encodeNpy(data instanceof Float64Array ? '<f8' : '<f4', shape, numberBytes(data));
}

/** One text, as `numpy.array("…")` is saved: 4 bytes a character. */
function encodeText(text: string): Uint8Array {
  const points = Uint32Array.from(text, (character) => character.codePointAt(0) as number);
  return encodeNpy(`<U${points.length}`, [], numberBytes(points));
}

/** NumPy's format version 1.0: magic, header as a Python literal padded to 64 bytes, then the numbers. */
function encodeNpy(type: string, shape: readonly number[], data: Uint8Array): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const header = `{'descr': '${type}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const padded = `${header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11)}\n`;
  const prefix = Uint8Array.of(1, 0, padded.length % 256, padded.length >> 8);
  return concatBytes([MAGIC, prefix, textBytes(padded), data]);
}

/** Whether the bytes are first of all these. */
export function beginsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return start.every((byte, i) => bytes[i] === byte);
}

function decodeNpy(name: string, file: Uint8Array): NumpyArray | string {
  if (!beginsWith(file, MAGIC)) throw new Error(`${name} is not a .npy array`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const wide = file[6] !== 1;
  const start = wide ? 12 : 10;
  const length = file.length < start ? 0 : wide ? view.getUint32(8, true) : view.getUint16(8, true);
  const header = latin1.decode(file.subarray(start, start + length));
  const type = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const shape = shapeOf(name, header);
  if (/'fortran_order':\s*True/.test(header) && shape.length > 1)
    throw new Error(`${name} is in Fortran order: save numpy.ascontiguousarray of it`);
  const count = shape.reduce((product, size) => product * size, 1);
  const bytes = file.subarray(start + length);
  const width = widthOf(type ?? '');
  if (width === undefined || (type !== '<f4' && type !== '<f8' && shape.length > 0))
    throw new Error(`${name} holds ${type ?? 'objects'}, not float32, float64 or one text`);
  if (count * width > MOST_BYTES)
    throw new Error(
      `${name} of shape [${shape.join(', ')}] would take ${megabytes(count * width)}; at most ${megabytes(MOST_BYTES)} are read`,
    );
  if (bytes.length !== count * width)
    throw new Error(
      `${name} of shape [${shape.join(', ')}] needs ${count * width} bytes, has ${bytes.length}`,
    );
  if (type === '|b1') return bytes[0] === 0 ? 'False' : 'True';
  if (type !== '<f4' && type !== '<f8') return textOf(name, bytes);
  const double = type === '<f8';
  const data = double ? new Float64Array(count) : new Float32Array(count);
  const first = start + length;
  for (let i = 0; i < count; i++)
    data[i] = double ? view.getFloat64(first + i * 8, true) : view.getFloat32(first + i * 4, true);
  return { shape, data };
}

/** Bytes of one element; undefined of a type that is not read. */
function widthOf(type: string): number | undefined {
  const fixed = { '<f4': 4, '<f8': 8, '|b1': 1 }[type];
  const characters = /^<U(\d{1,7})$/.exec(type)?.[1];
  return fixed ?? (characters === undefined ? undefined : 4 * Number(characters));
}

function textOf(name: string, bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const points = Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(4 * i, true));
  if (points.some((point) => point > 0x10ffff)) throw new Error(`${name} is damaged: it is no text`);
  // NumPy fills a text up with zeros.
  return points
    .map((point) => String.fromCodePoint(point))
    .join('')
    .replace(/\0+$/, '');
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
