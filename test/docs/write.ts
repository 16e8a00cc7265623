import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publishedFile, publishedKinds, publishedSchemas } from '../../src/cli/published-schema.ts';
import { configMarkdown } from '../../src/config/markdown.ts';
import { withFields } from './fields.ts';
import { runnerIn, withOutputs } from './library.ts';
import { evaluate, rerun } from './page.ts';
import { drawPictures } from './pictures.ts';
import { drawRooms } from './rooms.ts';
import { session } from './session.ts';

/* Writes anew what the tests hold against the code: the tutorial's numbers and pictures, the columns of rows, the schemas of configs. */

const root = new URL('../../', import.meta.url);
/** Pages whose numbers are run. */
const pages = ['docs/kl-divergence.md'].map((file) => new URL(file, root));
for (const [file, svg] of await drawPictures()) writeFileSync(new URL(`docs/pictures/${file}`, root), svg);
const metrics = new URL('docs/metrics.md', root);
writeFileSync(metrics, withFields(readFileSync(metrics, 'utf8')));
// Its tables are the end of the page.
const configs = new URL('docs/configs.md', root);
const before = readFileSync(configs, 'utf8').split('### top level')[0];
writeFileSync(configs, `${before}${configMarkdown()}`);
writeFileSync(new URL('docs/pictures/rooms.svg', root), drawRooms());
for (const page of pages) writeFileSync(page, await rerun(readFileSync(page, 'utf8')));
// `npm run format` breaks its lines anew: only what it says counts.
for (const kind of publishedKinds) {
  const schema = new URL(`configs/${publishedFile(kind)}`, root);
  const written = existsSync(schema) ? JSON.stringify(JSON.parse(readFileSync(schema, 'utf8'))) : '';
  const said = publishedSchemas[kind]();
  if (written !== JSON.stringify(said)) writeFileSync(schema, `${JSON.stringify(said, null, 2)}\n`);
}
for (const file of ['docs/ground-truth.md', 'docs/rlhf.md', 'docs/environments.md']) {
  const page = new URL(file, root);
  const made = await session(readFileSync(page, 'utf8'));
  writeFileSync(page, evaluate(made.page));
  for (const [name, svg] of made.pictures) writeFileSync(new URL(`docs/pictures/${name}`, root), svg);
}
const library = new URL('docs/library.md', root);
const folder = mkdtempSync(join(tmpdir(), 'leash-library-'));
writeFileSync(library, await withOutputs(readFileSync(library, 'utf8'), runnerIn(folder)));
rmSync(folder, { recursive: true });
