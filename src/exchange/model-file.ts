import { parseJson } from '../config/json.ts';
import { isTree, type Tree } from '../config/problem.ts';
import { textBytes, textOf } from '../formats/bytes.ts';
import { UserError } from '../user-error.ts';
import { beginsWith, type Npz, readNpz } from './npz.ts';
import { SB3_RECIPE } from './sb3.ts';
import { readZip, type ZipEntry, zipNames } from './zip.ts';

/** A file of a kind that can be imported, taken apart. What it is called says nothing: its first bytes do. */
export type ModelFile =
  | { readonly kind: 'npz'; readonly npz: Npz }
  | { readonly kind: 'json'; readonly written: Tree }
  | { readonly kind: 'safetensors'; readonly bytes: Uint8Array };

/** No policy is larger. */
export const MOST_BYTES = 2 ** 29 - 2 ** 20;

const KERAS_RECIPE =
  'tensorflowjs_converter --input_format=keras --output_format=tfjs_layers_model model.h5 FOLDER makes a model.json that can be imported';
const TORCH_RECIPE = `a pickle, which only Python can read safely; of a Stable-Baselines3 policy, ${SB3_RECIPE}`;

/**
 * A model of whatever kind.
 * @param path how errors call it
 * @throws UserError naming the file: it is damaged, or of a kind that can't be imported, with what to do
 */
export function modelFileOf(bytes: Uint8Array, path: string): ModelFile {
  // One byte a character, of the first of which there is one that is no ASCII.
  const start = (text: string): boolean =>
    beginsWith(
      bytes,
      Uint8Array.from(text, (character) => character.charCodeAt(0)),
    );
  const refuse = (what: string): never => {
    throw new UserError(`${path} is ${what}`);
  };
  // First: the length of a header can be any of the bytes that others begin with, not the other way round.
  if (bytes.length > 8 && bytes[8] === 0x7b && headerLength(bytes) <= bytes.length - 8)
    return { kind: 'safetensors', bytes };
  if (start('PK\x03\x04') || start('PK\x05\x06')) return npzOf(bytes, refuse);
  if (start('\x93NUMPY'))
    return refuse(`one array of NumPy; save the whole state dict by numpy.savez instead: ${SB3_RECIPE}`);
  if (start('\x89HDF\r\n\x1a\n')) return refuse(`an HDF5 file; of a Keras model, ${KERAS_RECIPE}`);
  if (bytes[0] === 0x80 && (bytes[1] ?? 0) >= 2 && (bytes[1] ?? 0) <= 5) return refuse(TORCH_RECIPE);
  if (beginsWith(bytes.subarray(4), textBytes('TFL3')))
    return refuse(`a TensorFlow Lite model, whose layers are gone; of the Keras model, ${KERAS_RECIPE}`);
  const text = textOf(bytes)?.replace(/^\ufeff/, '') ?? '';
  if (/^\s*[{[]/.test(text)) {
    const written = parseJson(text, path);
    return isTree(written) ? { kind: 'json', written } : refuse('a JSON array, no policy');
  }
  if (isOnnx(bytes))
    return refuse(
      'an ONNX model, whose graph leash writes but does not read: import what the ONNX file was made of, or what leash export --format npz writes',
    );
  return refuse(
    'none of what can be imported: policy.safetensors, model.json of a TensorFlow.js LayersModel, an npz of a Stable-Baselines3 policy, or what leash export wrote as json or npz (docs/exchange.md)',
  );
}

/** What safetensors says first: 8 bytes, little-endian. */
function headerLength(bytes: Uint8Array): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
}

/** A zip by its names: NumPy's, or of those that other tools make. */
function npzOf(bytes: Uint8Array, refuse: (what: string) => never): ModelFile {
  const names = zipNames(bytes);
  const has = (pattern: RegExp): boolean => names.some((name) => pattern.test(name));
  if (has(/^_stable_baselines3_version$|^policy\.pth$/))
    return refuse(
      `Stable-Baselines3's own archive, which holds pickles that only Python can read safely; ${SB3_RECIPE}`,
    );
  if (has(/(^|\/)data\.pkl$/)) return refuse(`${TORCH_RECIPE}`);
  if (has(/(^|\/)model\.weights\.h5$/)) return refuse(`a Keras archive; saved as model.h5, ${KERAS_RECIPE}`);
  const other = names.find((name) => !name.endsWith('.npy'));
  if (other !== undefined) return refuse(`a zip archive of ${other}, not of NumPy's arrays (.npy)`);
  const files: readonly ZipEntry[] = readZip(bytes);
  return { kind: 'npz', npz: readNpz(files) };
}

/** onnx.proto: a ModelProto begins with its ir_version, field 1; then comes its opset, a producer or the graph. */
function isOnnx(bytes: Uint8Array): boolean {
  const next = (bytes[2] ?? 0) >> 3;
  const wire = (bytes[2] ?? 0) & 7;
  return (
    bytes[0] === 0x08 &&
    (bytes[1] ?? 0) >= 1 &&
    (bytes[1] ?? 0) <= 64 &&
    next >= 2 &&
    next <= 25 &&
    (wire === 0 || wire === 2)
  );
}
