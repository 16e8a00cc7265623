import { build } from 'rolldown';

/*
 * Replaces each compiled file that passes a package on by a bundle of both: every module that Node loads takes memory
 * and time.
 */
for (const name of ['config/zod']) {
  const file = `dist/src/${name}.js`;
  await build({
    input: file,
    platform: 'node',
    // V8 keeps the source: as two bytes a letter where a comment has one that is not Latin.
    output: { file, format: 'esm', comments: { legal: true, annotation: false, jsdoc: false } },
    logLevel: 'warn',
  });
}
