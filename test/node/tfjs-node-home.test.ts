import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { tfjsNodeHome } from '../../src/node/tfjs-node-home.ts';

const own = join(userInfo().homedir, '.local/share');

afterEach(() => vi.unstubAllEnvs());

it.each([
  ['/a/home', '', '/a/home/.local/share'],
  ['/a/home', '/data', '/data'],
  ['/a/home', 'data', '/a/home/.local/share'],
  ['', '', own],
  ['rel', '', own],
])('HOME %j and XDG_DATA_HOME %j: below %s', (home, data, folder) => {
  vi.stubEnv('HOME', home);
  vi.stubEnv('XDG_DATA_HOME', data);
  expect(tfjsNodeHome()).toBe(join(folder, 'leash', 'tfjs-node-4.22.0'));
});
