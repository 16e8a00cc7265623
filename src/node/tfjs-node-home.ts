import { homedir } from 'node:os';
import { join } from 'node:path';

/** The release that leash's other packages of TensorFlow.js are of. */
export const TFJS_NODE_VERSION = '4.22.0';

/**
 * The folder of this user's own tfjs-node, which `leash engines --setup` fills: below `XDG_DATA_HOME`, or
 * `~/.local/share` without it. Not in a project: each manager of packages has its own way with what it did not install.
 */
export function tfjsNodeHome(): string {
  const data = process.env.XDG_DATA_HOME || join(homedir(), '.local/share');
  return join(data, 'leash', `tfjs-node-${TFJS_NODE_VERSION}`);
}
