import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

/*
 * Makes one text of main.ts and all it imports, for a page to hold: `build/script.ts`, which is made anew with every
 * build of the package.
 */
const place = (path) => fileURLToPath(new URL(path, import.meta.url));

/** @returns the module that holds the text */
export async function bundlePage() {
  const { output } = await build({
    input: place('main.ts'),
    write: false,
    platform: 'browser',
    output: { format: 'iife', minify: true },
    logLevel: 'warn',
  });
  const text = output[0].code.trim();
  return `/** What runs in a page, made of src/page by its bundle.mjs. */\nexport const PAGE_SCRIPT = ${JSON.stringify(text)};\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(place('build'), { recursive: true });
  writeFileSync(place('build/script.ts'), await bundlePage());
}
