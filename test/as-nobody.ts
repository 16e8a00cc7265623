import { chmodSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';

/** Not root, whom every folder lets in; it owns nothing. */
const NOBODY = 65_534;

/**
 * Does something as a user to whom folders may be closed, as root is not.
 * @param folder one in the temporary folder: both are opened to it
 */
export async function asNobody<T>(folder: string, act: () => T | Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return await act();
  for (const path of [tmpdir(), folder]) chmodSync(path, (statSync(path).mode & 0o7777) | 0o755);
  process.seteuid?.(NOBODY);
  try {
    return await act();
  } finally {
    process.seteuid?.(0);
  }
}
