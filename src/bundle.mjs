import { readdirSync, readFileSync } from 'node:fs';
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
 * What the command line begins with, what `leash train` needs and what a thread begins with become bundles of all that
 * they import; what is imported when it is needed stays outside, and so does what finds files beside itself.
 */
const packages = readdirSync('dist/src/packages').filter((name) => name.endsWith('.js'));
for (const name of packages) await bundle(`dist/src/packages/${name}`);
for (const name of [
  'cli/main',
  'cli/start',
  'cli/command-worker',
  'cli/train-here',
  'node/critic-worker',
  'experiment/worker',
  'index',
])
  await bundleOwn(`dist/src/${name}.js`);

async function bundleOwn(file) {
  await bundle(file, [neededLater()]);
  if (readFileSync(file, 'utf8').includes('import.meta'))
    throw new Error(`${file} looks for files beside what is now in it`);
}

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
      // The classes that errors are told by must be one; flags come before all else; a package is bundled already;
      // the others find files beside themselves.
      if (from === undefined) return null;
      const isLater = kind === 'dynamic-import';
      if (!name.startsWith('.')) return isLater ? { id: name, external: true } : null;
      const file = resolve(dirname(from), name);
      const isShared =
        /\/(user-error|rollout\/environment|v8-flags|packages\/[a-z]+)\.js$/.test(file) ||
        readFileSync(file, 'utf8').includes('import.meta');
      return isLater || isShared ? { id: file, external: true } : null;
    },
  };
}
