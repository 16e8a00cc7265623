import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the package, from `src` and from `dist/src`: that which has configs. Undefined where there is none. */
export function packageFolder(): string | undefined {
  return ['../../', '../../../']
    .map((above) => resolve(fileURLToPath(new URL(above, import.meta.url))))
    .find((folder) => existsSync(resolve(folder, 'configs/schema.json')));
}
