/**
 * What a thread of the pool begins with: `worker.ts`, by `import`. It is CommonJS, since Piscina begins with `require`: a thread that
 * is ended while Node.js 20.19 or newer requires a module by it ends the process (`v8::Module::IsGraphAsync`, signal 6).
 */
const worker = import('./worker.ts');
// Told by the first task.
worker.catch(() => {});

export = async (task: never): Promise<unknown> => (await worker).default(task);
