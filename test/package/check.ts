import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programsOf, withOutputs } from '../docs/library.ts';

/*
 * npm run package:check [-- --only WORD]     about three minutes, and the npm registry
 * npm run package:check -- --short           as .ci/run does: without yarn, bun and two of four pairs of TypeScript and resolution
 *
 * Packs leash and tries the file as those do who install it: publint and Are the types wrong; every type in a public
 * signature exported by name (API Extractor); the programs of docs/library.md against TypeScript 5.9 and 7, nodenext and
 * bundler, libraries checked too, and run; npm, pnpm, yarn and bun, each installs it, trains and draws a picture; the
 * oldest Node.js of each line that `engines` promises, and one that it does not. Tools are installed for the check alone.
 */

const root = new URL('../../', import.meta.url).pathname;
const TOOLS = {
  publint: '0.3.25',
  '@arethetypeswrong/cli': '0.18.5',
  '@microsoft/api-extractor': '7.60.1',
  '@types/node': '20.19.43',
  'typescript-5': 'npm:typescript@5.9.3',
  'typescript-7': 'npm:typescript@7.0.2',
};
const isShort = process.argv.includes('--short');
const INSTALLERS = {
  npm: undefined,
  pnpm: 'pnpm@10',
  ...(!isShort && { yarn: 'yarn@1', bun: 'bun@1' }),
};
const TYPES = isShort
  ? [
      ['5', 'nodenext'],
      ['7', 'bundler'],
    ]
  : ['5', '7'].flatMap((version) => ['nodenext', 'bundler'].map((resolution) => [version, resolution]));
/** Of package.json's `engines`: the least, and one below. */
const OLDEST = ['20.19.0', '22.12.0'];
const TOO_OLD = '20.11.1';

const only = process.argv[2] === '--only' ? (process.argv[3] ?? '') : '';
const folder = mkdtempSync(join(tmpdir(), 'leash-package-'));
let passed = 0;
const failures: string[] = [];

/** Ends with what the program printed, or throws it. */
function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (status !== 0)
    throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? `${stdout}${stderr}`}`);
  return stdout;
}

async function check(name: string, action: () => void | Promise<void>): Promise<void> {
  if (!name.includes(only)) return;
  try {
    await action();
    passed += 1;
    console.log(`ok      ${name}`);
  } catch (error) {
    failures.push(name);
    console.log(`FAILED  ${name}\n${(error as Error).message}`);
  }
}

function project(name: string, dependencies: Record<string, string>): string {
  const path = join(folder, name);
  mkdirSync(path);
  writeFileSync(join(path, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }));
  return path;
}

function same(found: unknown, wanted: unknown): void {
  if (found !== wanted) throw new Error(`found\n${found}\nwanted\n${wanted}`);
}

try {
  // Of a copy: packing writes another package.json for a moment, and a build would take dist/ away from who uses it.
  const copied = join(folder, 'leash');
  mkdirSync(copied);
  for (const part of [
    'dist',
    'configs',
    'docs',
    'src/package-manifest.mjs',
    'package.json',
    'README.md',
    'LICENSE',
  ])
    cpSync(join(root, part), join(copied, part), { recursive: true });
  run(process.execPath, ['src/package-manifest.mjs', 'pack'], copied);
  const packed = run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], copied);
  run(process.execPath, ['src/package-manifest.mjs', 'restore'], copied);
  same(readFileSync(join(copied, 'package.json'), 'utf8'), readFileSync(join(root, 'package.json'), 'utf8'));
  const file = join(folder, packed.trim());
  const tools = project('tools', TOOLS);
  run('npm', ['install', '--no-audit', '--no-fund', '--silent'], tools);
  const tool = (name: string): string => join(tools, 'node_modules/.bin', name);
  const user = project('user', { 'leash-rl': `file:${file}`, '@types/node': TOOLS['@types/node'] });
  run('npm', ['install', '--no-audit', '--no-fund', '--silent'], user);
  const installed = join(user, 'node_modules/leash-rl');

  await check('publint', () => void run(tool('publint'), ['--strict', '--pack', 'false', installed], tools));
  await check('are the types wrong', () => void run(tool('attw'), [file, '--profile', 'esm-only'], tools));
  await check('every public type is exported', () => {
    const compilerOptions = { module: 'nodenext', target: 'es2023', strict: true, types: ['node'] };
    const entry = join(installed, 'dist/src/index.d.ts');
    // Not below node_modules: API Extractor takes what is there for somebody else's.
    const copy = join(folder, 'package');
    run('cp', ['-r', installed, copy], folder);
    run('ln', ['-s', join(user, 'node_modules'), join(copy, 'node_modules')], folder);
    writeFileSync(
      join(copy, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, files: ['dist/src/index.d.ts'] }),
    );
    const none = { default: { logLevel: 'none' } };
    const config = {
      projectFolder: copy,
      mainEntryPointFilePath: join(copy, 'dist/src/index.d.ts'),
      compiler: { tsconfigFilePath: join(copy, 'tsconfig.json') },
      ...Object.fromEntries(
        ['apiReport', 'docModel', 'dtsRollup', 'tsdocMetadata'].map((key) => [key, { enabled: false }]),
      ),
      messages: {
        compilerMessageReporting: none,
        tsdocMessageReporting: none,
        extractorMessageReporting: { ...none, 'ae-forgotten-export': { logLevel: 'error' } },
      },
    };
    writeFileSync(join(copy, 'api-extractor.json'), JSON.stringify(config));
    const { stdout } = spawnSync(tool('api-extractor'), ['run', '--local'], { cwd: copy, encoding: 'utf8' });
    const forgotten = [...stdout.matchAll(/The symbol "(\w+)"/g)].map(([, name]) => name);
    if (!existsSync(entry) || !stdout.includes('API Extractor completed')) throw new Error(stdout);
    // The namespace of zod.
    same(forgotten.filter((name) => name !== 'z').join(' '), '');
  });

  await check('leash init: a project that trains, and whose test passes', () => {
    run(process.execPath, [join(installed, 'dist/src/cli/main.js'), 'init', 'world'], user);
    const world = join(user, 'world');
    run('npm', ['install', '--no-audit', '--no-fund', '--silent'], world);
    run('npx', ['leash', 'train', 'corridor.json', '--quiet'], world);
    run('npm', ['test'], world);
    run(process.execPath, [join(tools, 'node_modules/typescript-5/bin/tsc'), '-p', '.'], world);
  });

  const page = readFileSync(join(root, 'docs/library.md'), 'utf8');
  programsOf(page).forEach((program, i) => void writeFileSync(join(user, `program-${i + 1}.ts`), program));
  for (const [version, moduleResolution] of TYPES)
    await check(`types: TypeScript ${version}, ${moduleResolution}`, () => {
      const module = moduleResolution === 'bundler' ? 'esnext' : 'nodenext';
      const compilerOptions = {
        ...{ module, moduleResolution, target: 'es2022', lib: ['es2023'], types: ['node'] },
        ...{ strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, outDir: 'out' },
      };
      writeFileSync(join(user, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
      const tsc = join(tools, `node_modules/typescript-${version}/bin/tsc`);
      run(process.execPath, [tsc, '-p', '.'], user);
    });
  await check('the programs of docs/library.md', async () => {
    const found = await withOutputs(page, async (_program, name) =>
      run(process.execPath, [`out/${name}.js`], user),
    );
    same(found, page);
  });

  for (const [name, spec] of Object.entries(INSTALLERS))
    await check(`installed by ${name}`, () => {
      const path = project(name, { 'leash-rl': `file:${file}` });
      if (spec === undefined) run('npm', ['install', '--no-audit', '--no-fund'], path);
      else {
        const own = project(`${name}-itself`, {});
        run('npm', ['install', '--no-audit', '--no-fund', spec], own);
        run(join(own, 'node_modules/.bin', name), ['install'], path);
      }
      const leash = join(path, 'node_modules/.bin/leash');
      const config = 'node_modules/leash-rl/configs/quickstart.json';
      run(leash, ['train', config, '--steps', '2048', '--quiet'], path);
      run(leash, ['plot', 'runs/quickstart', '--out', 'a.png'], path);
      if (!existsSync(join(path, 'a.png'))) throw new Error('no picture');
    });

  const command = join(installed, 'dist/src/cli/main.js');
  for (const version of [...OLDEST, TOO_OLD])
    await check(`Node.js ${version}`, () => {
      const path = project(`node-${version}`, {});
      run('npm', ['install', '--no-audit', '--no-fund', '--no-engine-strict', `node@${version}`], path);
      const node = join(path, 'node_modules/.bin/node');
      const config = join(installed, 'configs/quickstart.json');
      const args = [command, 'train', config, '--steps', '2048', '--json'];
      if (version !== TOO_OLD) return void JSON.parse(run(node, args, path));
      const { status, stderr } = spawnSync(node, args, { cwd: path, encoding: 'utf8' });
      same(
        `${status} ${stderr.split(', got')[0]}`,
        '2 leash: Node.js must be 20.19 or newer of 20, or 22.12 or newer',
      );
    });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length > 0 ? 1 : 0;
