/** Setting → SHA-256 of what stood in the file that it names. */
export type FileHashes = Readonly<Record<string, string>>;

/** The setting that names the file of an environment. */
export const MODULE = 'environment.module';

/** Settings of which some have another file than the rest; where a hash is not known it is taken as the same. */
export function differingFiles(each: readonly FileHashes[]): string[] {
  const settings = new Set(each.flatMap((files) => Object.keys(files)));
  return [...settings].filter((setting) => new Set(each.flatMap((files) => files[setting] ?? [])).size > 1);
}
