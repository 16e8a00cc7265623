import { INITIAL } from '../config/file-paths.ts';
import { valueAt } from '../config/problem.ts';
import type { Config } from '../config/schema.ts';
import { concatBytes, numberBytes, textBytes } from '../formats/bytes.ts';
import { differingFiles, type FileHashes, MODULE } from './differing-files.ts';
import type { RunRecord } from './record.ts';
import { shortHash } from './short-hash.ts';

/** Of the files that a run was made with, as its record keeps them; what an older leash did not keep is missing. */
export function filesOfRun(
  config: Config,
  { module, files, referenceSha256 }: Pick<RunRecord, 'module' | 'files' | 'referenceSha256'>,
): FileHashes {
  const isOfFile = config.reference != null && config.reference.policy !== INITIAL;
  return {
    ...(module && { [MODULE]: module.sha256 }),
    ...files,
    ...(isOfFile && referenceSha256 !== undefined && { 'reference.policy': referenceSha256 }),
  };
}

/** The file that a setting names, in words: of an environment there are more. */
export function fileInWords(config: Config, setting: string): string {
  const path = String(valueAt(config, setting.split('.')));
  return setting === MODULE ? `${path}, or a file that it imports,` : `${path} (${setting})`;
}

/** That a file is not what a run was made with, one line; undefined where none is. @param path the run */
export function changedFile(
  path: string,
  config: Config,
  was: FileHashes,
  is: FileHashes,
): string | undefined {
  const [setting] = differingFiles([was, is]);
  if (setting === undefined) return undefined;
  return `${fileInWords(config, setting)} is not what ${path} was made with: SHA-256 ${shortHash(is[setting])} now, ${shortHash(was[setting])} then`;
}

/** What a layers model is made of, as bytes. */
export function modelBytes({
  topology,
  weights,
}: {
  readonly topology: unknown;
  readonly weights: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly data: Float32Array;
  }[];
}): Uint8Array {
  const shapes = weights.map(({ name, shape }) => [name, shape]);
  const arrays = weights.map(({ data }) => numberBytes(data));
  return concatBytes([textBytes(JSON.stringify([topology, shapes])), ...arrays]);
}
