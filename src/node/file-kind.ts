import { isUtf8 } from 'node:buffer';
import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { MODULE_NAME } from '../config/environment-name.ts';
import { type FileKind, kindOfJson, otherKind } from '../config/file-kind.ts';
import { UserError } from '../user-error.ts';
import { readJsonFile } from './text-file.ts';

/** @throws UserError in one line when what stands there is known, and none of what is taken */
export function requireKind(place: string, takes: readonly FileKind[]): void {
  const problem = otherKind(place, kindOfPlace(place), takes);
  if (problem !== undefined) throw new UserError(problem);
}

/**
 * What stands at a path. Undefined where nothing does, where it may be read but once (a pipe), or where its keys tell
 * nothing: the reader says what is wrong.
 */
export function kindOfPlace(place: string): FileKind | undefined {
  const stats = statSync(place, { throwIfNoEntry: false });
  if (stats?.isDirectory()) return kindOfFolder(place);
  if (!stats?.isFile()) return undefined;
  try {
    return kindOfFile(place);
  } catch (error) {
    // Whoever reads it says why it cannot be read.
    if (error instanceof UserError || (error as NodeJS.ErrnoException).code !== undefined) return undefined;
    throw error;
  }
}

/** Folders below another in which runs are: `runs/COMPARISON/NAME/seed-N`. */
const DEPTH = 3;

function kindOfFolder(folder: string): FileKind {
  if (existsSync(join(folder, 'run.json')) || existsSync(join(folder, 'metrics.jsonl'))) {
    const config = join(folder, 'config.json');
    return kindOfPlace(config) === 'fit' ? 'fitRun' : 'run';
  }
  if (hasRuns(folder, DEPTH)) return 'runs';
  return existsSync(join(folder, 'model.json')) ? 'layersModel' : 'folder';
}

function hasRuns(folder: string, depth: number): boolean {
  return readdirSync(folder, { withFileTypes: true }).some((entry) => {
    if (!entry.isDirectory() || entry.name.startsWith('.')) return false;
    const below = join(folder, entry.name);
    return existsSync(join(below, 'run.json')) || (depth > 1 && hasRuns(below, depth - 1));
  });
}

/** So much of a file tells text from others. */
const BEGINNING = 4096;

function kindOfFile(file: string): FileKind | undefined {
  const bytes = beginningOf(file);
  const starts = (text: string): boolean =>
    bytes.subarray(0, text.length).equals(Buffer.from(text, 'latin1'));
  // Eight bytes of length, then the JSON of its header.
  if (bytes.length > 8 && bytes[8] === 0x7b && bytes.readBigUInt64LE(0) < 2n ** 40n) return 'policy';
  if (starts('PK\x03\x04')) return 'foreignModel';
  if (starts('\x93NUMPY') || starts('\x89HDF') || isPickle(bytes) || isOnnx(bytes)) return 'foreignModel';
  if (bytes.includes(0)) return 'binary';
  if (!isUtf8(withoutCutEnd(bytes))) return undefined;
  if (MODULE_NAME.test(file)) return 'code';
  const text = bytes.toString('utf8').replace(/^\ufeff/, '');
  if (/\.jsonl$/.test(file)) return /"(update|gradientStep|seconds|level)":/.test(text) ? 'runPart' : 'text';
  // What should be JSON is told where it is not.
  if (!/^\s*[{[]/.test(text)) return /^\s*$/.test(text) || /\.json$/.test(file) ? undefined : 'text';
  return kindOfJson(readJsonFile(file, 'file'));
}

function beginningOf(file: string): Buffer {
  const handle = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(BEGINNING);
    return bytes.subarray(0, readSync(handle, bytes));
  } finally {
    closeSync(handle);
  }
}

/** Without a last character that may go on after what was read. */
function withoutCutEnd(bytes: Buffer): Buffer {
  if (bytes.length < BEGINNING) return bytes;
  let end = bytes.length;
  while (end > bytes.length - 4 && ((bytes[end - 1] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end - 1);
}

function isPickle(bytes: Buffer): boolean {
  return bytes[0] === 0x80 && (bytes[1] ?? 0) >= 2 && (bytes[1] ?? 0) <= 5;
}

/** onnx.proto: a ModelProto begins with its ir_version, field 1. */
function isOnnx(bytes: Buffer): boolean {
  return bytes[0] === 0x08 && (bytes[1] ?? 0) >= 1 && (bytes[1] ?? 0) <= 64 && (bytes[2] ?? 0) >= 0x10;
}
