import { readdirSync } from 'node:fs';
import { build } from 'rolldown';

/*
 * This folder is all that imports certain packages, one file each, and the build replaces each compiled file by a bundle
 * of it and its package. Every module that Node loads takes memory and time, and the first CommonJS module that another
 * kind imports brings a parser along, 5 MB of WebAssembly: to load yargs took 51 MB, pino 49 MB, and takes 44 MB from
 * one file, of which 42 MB are Node's own. What a file does not pass on, its bundle leaves out.
 */
const folder = 'dist/src/packages';
for (const name of readdirSync(folder).filter((each) => each.endsWith('.js'))) {
  const file = `${folder}/${name}`;
  await build({
    input: file,
    platform: 'node',
    // V8 keeps the source: as two bytes a letter where a comment has one that is not Latin.
    output: { file, format: 'esm', comments: { legal: true, annotation: false, jsdoc: false } },
    logLevel: 'warn',
  });
}
