import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { kindOfJson } from '../config/file-kind.ts';
import { type EnvironmentOptions, resolveConfig } from '../config/load.ts';
import { kernelBytes } from '../node/kernels.ts';
import { packageFolder } from '../node/package-folder.ts';
import { CRITIC_SCRIPT, LAB_SCRIPT, TRAIN_SCRIPT, TUTORIAL_SCRIPT } from '../page/build/lab.ts';
import { naturalOrder } from '../run/natural-order.ts';
import { pagePolicy, type ServedFile } from '../server/local-server.ts';
import { icon, servedPage, servedStyle } from '../server/served-page.ts';
import { UserError } from '../user-error.ts';
import { LAB_STYLE } from './style.ts';
import { notForTabs } from './tab.ts';
import { tutorialFiles } from './tutorial.ts';

/** What the laboratory's page may run beside its files: WebAssembly, no code in texts. */
export const LAB_POLICY = pagePolicy(" 'wasm-unsafe-eval'");

/** In the head of the page, by which a site that was written before is known. */
export const GENERATOR = '<meta name="generator" content="leash lab">';

/** What stands in it until its script runs, which on a page that is opened as a file does no more. */
const STATE = 'starting';

/** Every file of the laboratory by its name; `index.html` is the page. */
export function labSite(environments: EnvironmentOptions): ReadonlyMap<string, ServedFile> {
  const script = (body: string): ServedFile => ({ type: 'text/javascript', body });
  const head = `<meta http-equiv="content-security-policy" content="${LAB_POLICY}">\n${GENERATOR}\n`;
  return new Map<string, ServedFile>([
    [
      'index.html',
      servedPage({
        title: 'leash laboratory',
        script: 'lab.js',
        state: STATE,
        withoutScript: 'The laboratory is a program, and scripts are switched off here.',
        head,
      }),
    ],
    ['lab.js', script(LAB_SCRIPT)],
    ['train.js', script(TRAIN_SCRIPT)],
    ['critic.js', script(CRITIC_SCRIPT)],
    ['kernels.wasm', { type: 'application/wasm', body: kernelBytes() }],
    ['configs.json', { type: 'application/json', body: JSON.stringify(offeredConfigs(environments)) }],
    ['style.css', servedStyle(LAB_STYLE)],
    ['icon.svg', icon],
    ['tutorial.js', script(TUTORIAL_SCRIPT)],
    ...tutorialFiles(homeOfLeash(), head),
  ]);
}

/** Where configs and docs came with leash. */
function homeOfLeash(): string {
  const found = packageFolder();
  if (found !== undefined) return found;
  throw new UserError('the folder of leash has lost its configs; install it anew', 1);
}

/** The configs that came with leash and that a tab can train, by name. */
export function offeredConfigs(environments: EnvironmentOptions): Readonly<Record<string, unknown>> {
  const folder = join(homeOfLeash(), 'configs');
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  const offered = names.sort(naturalOrder).flatMap((file): [string, unknown][] => {
    const written: unknown = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    if (kindOfJson(written) !== 'config') return [];
    const { loaded } = resolveConfig(written, file, [], environments);
    const isOffered = loaded !== undefined && notForTabs(loaded.config, file) === undefined;
    return isOffered ? [[basename(file, '.json'), written]] : [];
  });
  return Object.fromEntries(offered);
}
