import { SHARE_ENV, Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * Starts a thread that runs a compiled module of ours.
 * @param file its `.js` beside the caller; from source (tests, tsx) the `.ts` of the same name is run, for a thread
 *   does not inherit the loader that reads it
 */
export function startThread(file: URL, options: WorkerOptions = {}): Worker {
  // What a thread sets, native TensorFlow reads from the process.
  const own: WorkerOptions = { ...options, env: SHARE_ENV };
  if (!import.meta.url.endsWith('.ts')) return new Worker(file, own);
  const source = file.href.replace(/\.js$/, '.ts');
  // From here: code of its own would look for it from the working folder.
  const throughTsx = `import('${import.meta.resolve('tsx/esm/api')}').then(({ register }) => { register(); return import('${source}'); })`;
  return new Worker(throughTsx, { ...own, eval: true });
}
