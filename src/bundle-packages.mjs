import { build } from 'rolldown';

/*
 * Replaces each compiled file that passes a package on by a bundle of both. Every module that Node loads takes memory
 * and time, and the first CommonJS module that another kind imports brings a parser along, 5 MB of WebAssembly: to
 * load yargs took 51 MB, pino 49 MB, and takes 44 MB from one file, of which 42 MB are Node's own.
 */
for (const name of ['cli/yargs', 'config/zod', 'random/seedrandom', 'run/pino']) {
  const file = `dist/src/${name}.js`;
  await build({
    input: file,
    platform: 'node',
    // V8 keeps the source: as two bytes a letter where a comment has one that is not Latin.
    output: { file, format: 'esm', comments: { legal: true, annotation: false, jsdoc: false } },
    logLevel: 'warn',
  });
}
