import { fileAnswers, type LocalServer, type ServedFile, serveLocally } from '../server/local-server.ts';
import { LAB_POLICY } from './site.ts';

/** A page may share memory with threads where nothing of elsewhere is in it. */
const ISOLATED = { 'cross-origin-embedder-policy': 'require-corp' };

/** Serves the laboratory. @throws UserError where that address cannot be listened at */
export async function startLab(
  host: string,
  port: number,
  site: ReadonlyMap<string, ServedFile>,
): Promise<LocalServer> {
  const files = new Map([...site].map(([name, file]) => [name === 'index.html' ? '/' : `/${name}`, file]));
  const policy = { 'content-security-policy': `${LAB_POLICY}; frame-ancestors 'none'` };
  return await serveLocally({
    host,
    port,
    answers: new Map(fileAnswers(files)),
    headers: { ...ISOLATED, ...policy },
  });
}
