/** The Node.js that leash and what it stands on run on, as `engines` of package.json says it (a test holds them together). */
export const SUPPORTED_NODE = '^20.19.0 || >=22.12.0';

/** Whether leash runs on a Node.js of that version, such as 20.19.0. */
export function isSupportedNode(version: string): boolean {
  const [major, minor] = version.split('.').map(Number);
  return major === 20 ? minor >= 19 : major > 22 || (major === 22 && minor >= 12);
}
