import { parseJson } from '../config/json.ts';
import { isTree, show } from '../config/problem.ts';
import { UserError } from '../user-error.ts';
import { concatBytes, numberBytes, textBytes, textOf } from './bytes.ts';

/*
 * The safetensors format [https://github.com/huggingface/safetensors]: 8 bytes little-endian header length, a JSON
 * header of name → {dtype, shape, data_offsets} and `__metadata__`, then the arrays. A name says where its array
 * stands; neither the order of the header nor that of the data means anything (the Python and Rust writers sort).
 */

/** An array of floating-point numbers, row-major. */
export interface Tensor<Data extends Float32Array | Float64Array = Float32Array | Float64Array> {
  readonly shape: readonly number[];
  readonly data: Data;
}

/** An array of float32. */
export type FloatArray = Tensor<Float32Array>;

/** What a file holds. */
export interface Safetensors<Array extends Tensor = FloatArray> {
  /** By name, in the order of the data. */
  readonly arrays: ReadonlyMap<string, Array>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The kinds of number that are read, as the format calls them, with their bytes. */
const DTYPES = { F32: 4, F64: 8 } as const;
type Dtype = keyof typeof DTYPES;

/** The format's own bound on its header, bytes. */
const MOST_HEADER = 100_000_000;
const METADATA = '__metadata__';

/** The bytes of a file, arrays in the order given. */
export function encodeSafetensors({ arrays, metadata }: Safetensors<Tensor>): Uint8Array {
  const header: Record<string, unknown> = { [METADATA]: metadata };
  const chunks: Uint8Array[] = [];
  let offset = 0;
  for (const [name, { shape, data }] of arrays) {
    const bytes = numberBytes(data);
    const dtype: Dtype = data instanceof Float32Array ? 'F32' : 'F64';
    header[name] = { dtype, shape, data_offsets: [offset, offset + bytes.length] };
    chunks.push(bytes);
    offset += bytes.length;
  }
  const text = textBytes(JSON.stringify(header));
  // The format wants the data aligned to 8 bytes: the header is padded with spaces.
  const padding = textBytes(' '.repeat((8 - (text.length % 8)) % 8));
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(text.length + padding.length), true);
  return concatBytes([length, text, padding, ...chunks]);
}

/**
 * Reads a file of float32 arrays, whoever wrote it.
 * @param place how errors call it: its path
 * @throws UserError when it breaks a rule of the format (the header is no JSON object, a name stands there twice, an
 *   array's offsets are not its shape's size, overlap, leave a gap or leave the file) or an array is not float32
 */
export function decodeSafetensors(bytes: Uint8Array, place: string): Safetensors {
  // No other dtype is let pass.
  return decodeTensors(bytes, place, ['F32']) as Safetensors;
}

/** The same of float32 and float64. @param dtypes those that may be there */
export function decodeTensors(
  bytes: Uint8Array,
  place: string,
  dtypes: readonly Dtype[] = ['F32', 'F64'],
): Safetensors<Tensor> {
  const wrong = (what: string): UserError => new UserError(`${place} is no whole safetensors file: ${what}`);
  if (bytes.length < 8) throw wrong(`it has ${bytes.length} bytes, the length of its header takes 8`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getBigUint64(0, true);
  const most = Math.min(MOST_HEADER, bytes.length - 8);
  if (length > BigInt(most)) throw wrong(`its header must be of at most ${most} bytes, it says ${length}`);
  const start = 8 + Number(length);
  const text = textOf(bytes.subarray(8, start));
  if (text === undefined) throw wrong('its header is not UTF-8');
  const header = parseJson(text, `${place}: its header`);
  if (!isTree(header)) throw wrong(`its header must be a JSON object, got ${show(header)}`);
  const { [METADATA]: metadata = {}, ...entries } = header;
  if (!isWords(metadata)) throw wrong(`its ${METADATA} must be an object of strings, got ${show(metadata)}`);
  const data = bytes.subarray(start);
  const arrays = Object.entries(entries)
    .map(([name, entry]) => ({ name, ...readEntry(name, entry, dtypes, wrong) }))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  let at = 0;
  for (const { name, begin, end } of arrays) {
    if (begin !== at)
      throw wrong(`${name} starts at byte ${begin} of the data, what stands before it ends at ${at}`);
    if (end > data.length)
      throw wrong(`${name} ends at byte ${end} of the data, of which there are ${data.length}`);
    at = end;
  }
  if (at !== data.length)
    throw wrong(`its arrays end at byte ${at} of the data, of which there are ${data.length}`);
  return {
    metadata,
    arrays: new Map(
      arrays.map(({ name, shape, dtype, begin, end }) => [
        name,
        // A copy: what is there need not be aligned.
        { shape, data: numbersOf(dtype, new Uint8Array(data.subarray(begin, end))) },
      ]),
    ),
  };
}

/** Numbers as they stand in memory, little-endian. @param bytes with a buffer of their own */
function numbersOf(dtype: Dtype, { buffer }: Uint8Array<ArrayBuffer>): Float32Array | Float64Array {
  return dtype === 'F32' ? new Float32Array(buffer) : new Float64Array(buffer);
}

function isWords(value: unknown): value is Record<string, string> {
  return isTree(value) && Object.values(value).every((each) => typeof each === 'string');
}

/** What the header says of one array, its offsets those of its size. */
function readEntry(
  name: string,
  entry: unknown,
  dtypes: readonly Dtype[],
  wrong: (what: string) => UserError,
): { shape: number[]; dtype: Dtype; begin: number; end: number } {
  if (!isTree(entry))
    throw wrong(`${name} must be an object of dtype, shape and data_offsets, got ${show(entry)}`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (!isOneOf(dtypes, dtype)) {
    const wanted = dtypes.length === 1 ? '"F32" (float32)' : '"F32" or "F64"';
    throw wrong(`${name} must have dtype ${wanted}, got ${show(dtype)}`);
  }
  if (!areCounts(shape)) throw wrong(`${name} must have a shape of integers ≥ 0, got ${show(shape)}`);
  if (!areCounts(offsets) || offsets.length !== 2)
    throw wrong(`${name} must have data_offsets of two integers ≥ 0, got ${show(offsets)}`);
  const size = shape.reduce((product, dimension) => product * dimension, DTYPES[dtype]);
  const [begin = 0, end = 0] = offsets;
  if (end - begin !== size)
    throw wrong(
      `${name} of shape [${shape.join(', ')}] takes ${size} bytes, its data_offsets ${end - begin}`,
    );
  return { shape, dtype, begin, end };
}

function isOneOf(dtypes: readonly Dtype[], dtype: unknown): dtype is Dtype {
  return dtypes.some((each) => each === dtype);
}

function areCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((each) => Number.isSafeInteger(each) && each >= 0);
}
