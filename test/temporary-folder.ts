import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

const PREFIX = 'leash-tests-';

/** What a run of the tests puts into the temporary folder goes into one of its own, which is gone afterwards. */
export default function temporaryFolder(): (() => void) | undefined {
  // Each of vitest's projects asks for it.
  if (basename(tmpdir()).startsWith(PREFIX)) return undefined;
  const folder = mkdtempSync(join(tmpdir(), PREFIX));
  process.env.TMPDIR = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
