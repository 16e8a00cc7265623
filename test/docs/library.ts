import { execFile } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/*
 * The programs of docs/library.md: each ```ts block is a module, the ```text block after it what it prints. They run one
 * after another in one folder, so that a later one finds the run of an earlier.
 */

const PROGRAM = /```ts\n([\s\S]*?)```\n\n```text\n([\s\S]*?)```/g;

/** The programs, in the order of the page. */
export function programsOf(page: string): string[] {
  return [...page.matchAll(PROGRAM)].map(([, program]) => program as string);
}

/** The page with what its programs print now. @param run gives what a program prints */
export async function withOutputs(
  page: string,
  run: (program: string, name: string) => Promise<string>,
): Promise<string> {
  const printed: string[] = [];
  for (const [i, program] of programsOf(page).entries()) printed.push(await run(program, `program-${i + 1}`));
  let next = 0;
  return page.replaceAll(PROGRAM, (_whole, program) => {
    const output = (printed[next++] as string).trimEnd();
    return `\`\`\`ts\n${program}\`\`\`\n\n\`\`\`text\n${output}\n\`\`\``;
  });
}

/** Runs programs in a folder against the source of this checkout, as if it were installed there. */
export function runnerIn(folder: string): (program: string, name: string) => Promise<string> {
  const root = new URL('../../', import.meta.url).pathname;
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  symlinkSync(root, join(folder, 'node_modules/leash-rl'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const paths = { 'leash-rl': [join(root, 'src/index.ts')] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: { paths } }));
  return async (program, name) => {
    writeFileSync(join(folder, `${name}.ts`), program);
    const args = ['--import', join(root, 'node_modules/tsx/dist/loader.mjs'), `${name}.ts`];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder });
    return stdout;
  };
}
