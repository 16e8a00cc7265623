import { readdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { build } from 'rolldown';

/*
 * Puts what is loaded together into one file each, in the place of the compiled ones: every module that Node loads takes
 * memory and time.
 *
 * `packages/` is all that imports certain packages, and each of its files becomes a bundle of it and its package. The
 * first CommonJS module that another kind imports brings a parser along, 5 MB of WebAssembly: to load yargs took 51 MB,
 * pino 49 MB, and takes 44 MB from one file, of which 42 MB are Node's own. What a file does not pass on, its bundle
 * leaves out.
 *
 * What the command line begins with, on the main thread and on a command's own, becomes a bundle of all that it imports,
 * the definitions of commands among it; what is imported when it is needed stays outside.
 */
const packages = readdirSync('dist/src/packages').filter((name) => name.endsWith('.js'));
for (const name of packages) await bundle(`dist/src/packages/${name}`);
for (const name of ['main', 'command-worker']) await bundle(`dist/src/cli/${name}.js`, [neededLater()]);

async function bundle(file, plugins = []) {
  await build({
    input: file,
    platform: 'node',
    plugins,
    // V8 keeps the source: as two bytes a letter where a comment has one that is not Latin.
    output: { file, format: 'esm', comments: { legal: true, annotation: false, jsdoc: false } },
    logLevel: 'warn',
  });
}

function neededLater() {
  return {
    name: 'needed-later',
    resolveId(name, from, { kind }) {
      // The class that all errors are told by must be one; flags come before all else; a package is bundled already.
      const isShared = /\/(user-error|node\/v8-flags|packages\/[a-z]+)\.js$/.test(name);
      if (!name.startsWith('.') || !(isShared || kind === 'dynamic-import')) return null;
      return { id: resolve(dirname(from), name), external: true };
    },
  };
}
