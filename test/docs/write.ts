import { readFileSync, writeFileSync } from 'node:fs';
import { jsonSchemaOf } from '../../src/config/fields.ts';
import { fitSchema } from '../../src/fit/schema.ts';
import { rerun } from './page.ts';
import { drawPictures } from './pictures.ts';

/* Writes anew what the tests hold against the code: the tutorial's numbers and pictures, the schema of fits. */

const root = new URL('../../', import.meta.url);
const page = new URL('docs/kl-divergence.md', root);
for (const [file, svg] of drawPictures()) writeFileSync(new URL(`docs/pictures/${file}`, root), svg);
writeFileSync(page, await rerun(readFileSync(page, 'utf8')));
writeFileSync(
  new URL('configs/fit-schema.json', root),
  `${JSON.stringify(jsonSchemaOf(fitSchema), null, 2)}\n`,
);
