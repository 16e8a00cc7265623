import { existsSync } from 'node:fs';

/** Debian's chromium, or another named by CHROMIUM; undefined where there is none. */
export const chromiumPath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser'].find(
  (path) => path !== undefined && existsSync(path),
);
