import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

/*
 * Makes one text of what runs in a page and all it imports, for leash to hold: `build/NAME.ts`, which is made anew with
 * every build of the package.
 */
const place = (path) => fileURLToPath(new URL(path, import.meta.url));

/** What runs in pages by the file of `build/`: where it begins, by the name of its text. */
export const bundles = {
  script: { PAGE_SCRIPT: 'main.ts' },
  dashboard: { DASHBOARD_SCRIPT: 'dashboard/main.ts', CONNECTION_SCRIPT: 'dashboard/shared-connection.ts' },
  lab: {
    LAB_SCRIPT: 'lab/main.ts',
    TRAIN_SCRIPT: 'lab/train-worker.ts',
    CRITIC_SCRIPT: 'lab/critic-worker.ts',
    TUTORIAL_SCRIPT: 'lab/tutorial.ts',
  },
};

/** @param scripts name of a text → where it begins @returns the module that holds the texts */
export async function bundlePage(scripts) {
  const texts = await Promise.all(
    Object.entries(scripts).map(async ([name, input]) => {
      const { output } = await build({
        input: place(input),
        write: false,
        platform: 'browser',
        output: { format: 'iife', minify: true },
        logLevel: 'warn',
      });
      return `/** What runs in a page, made of src/page/${input} by bundle.mjs. */\nexport const ${name} = ${JSON.stringify(output[0].code.trim())};\n`;
    }),
  );
  return texts.join('');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(place('build'), { recursive: true });
  for (const [name, scripts] of Object.entries(bundles))
    writeFileSync(place(`build/${name}.ts`), await bundlePage(scripts));
}
