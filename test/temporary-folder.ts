import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a run of the tests puts into the temporary folder goes into one of its own, which is gone afterwards. */
export default function temporaryFolder(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'leash-tests-'));
  process.env.TMPDIR = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
