import { readdirSync } from 'node:fs';
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
 * `cli/commands/index.js` is loaded at every start, with the definitions of all commands; what these import when they
 * run stays outside.
 */
const packages = readdirSync('dist/src/packages').filter((name) => name.endsWith('.js'));
for (const name of packages) await bundle(`dist/src/packages/${name}`);
await bundle('dist/src/cli/commands/index.js', {
  // Asked twice, of the name as it is written and of the path that it is found at.
  external: (id, from, isPath) =>
    from !== undefined && !isPath && !/^\.\/|^\.\.\/(command|shared-flags)\.js$/.test(id),
});

async function bundle(file, options = {}) {
  await build({
    ...options,
    input: file,
    platform: 'node',
    // V8 keeps the source: as two bytes a letter where a comment has one that is not Latin.
    output: { file, format: 'esm', comments: { legal: true, annotation: false, jsdoc: false } },
    logLevel: 'warn',
  });
}
