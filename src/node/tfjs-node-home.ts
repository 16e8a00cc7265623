import { homedir, userInfo } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

/** The release that leash's other packages of TensorFlow.js are of. */
export const TFJS_NODE_VERSION = '4.22.0';

/**
 * The folder of this user's own tfjs-node, which `leash engines --setup` fills: below `XDG_DATA_HOME`, or
 * `~/.local/share` without it. Not in a project: each manager of packages has its own way with what it did not install.
 */
export function tfjsNodeHome(): string {
  const { XDG_DATA_HOME: given = '' } = process.env;
  // One that is not absolute is to be ignored, says the XDG Base Directory Specification.
  const data = isAbsolute(given) ? given : join(homeFolder(), '.local/share');
  return join(data, 'leash', `tfjs-node-${TFJS_NODE_VERSION}`);
}

/** HOME, or where it says nothing of use what the system says of the user. */
function homeFolder(): string {
  const home = homedir();
  if (isAbsolute(home)) return home;
  try {
    return userInfo().homedir;
  } catch {
    return resolve(home);
  }
}
