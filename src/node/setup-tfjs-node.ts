import { spawnSync, type SpawnSyncOptions } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { makeFolders } from '../run/folders.ts';
import { UserError } from '../user-error.ts';
import { TFJS_NODE_VERSION, tfjsNodeHome } from './tfjs-node-home.ts';

/*
 * `leash engines --setup`: makes @tensorflow/tfjs-node work where its download host cannot be reached (or has no build
 * for this machine): libtensorflow and its C headers come out of the Python wheel `tensorflow_cpu`, and node-gyp builds
 * the addon against them. Everything stays in a folder of this user's, which leash looks into whatever project it runs in.
 */

/** The release that the addon was built and tested against; any Python's wheel holds the same library. */
const WHEEL = {
  name: 'tensorflow-cpu==2.21.0',
  tags: ['--python-version', '3.11', '--abi', 'cp311', '--platform', 'manylinux_2_27_x86_64'],
};

/** Headers that the addon includes, and the two libraries, by their names in the wheel. */
const EXTRACT = `
import os, shutil, sys, zipfile
wheel, target = sys.argv[1:]
headers = ('tensorflow/c/', 'tensorflow/core/platform/', 'xla/tsl/', 'tsl/')
libraries = ('libtensorflow_cc.so.2', 'libtensorflow_framework.so.2')
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        path = name.removeprefix('tensorflow/include/')
        if path != name and path.startswith(headers) and path.endswith('.h'):
            out = os.path.join(target, 'include', path)
        elif name.startswith('tensorflow/lib') and name.split('/')[-1] in libraries:
            out = os.path.join(target, 'lib', name.split('/')[-1])
        else:
            continue
        os.makedirs(os.path.dirname(out), exist_ok=True)
        with archive.open(name) as source, open(out, 'wb') as sink:
            shutil.copyfileobj(source, sink, 1 << 22)
`;

/** What a tfjs-node that works prints: its version and its library's. */
const PROBE = `
require('node:util').isNullOrUndefined ??= (value) => value === null || value === undefined;
const tf = require('@tensorflow/tfjs-node');
const [y] = tf.matMul([[3]], [[14]]).dataSync();
if (tf.getBackend() !== 'tensorflow' || y !== 42) throw new Error('3 · 14 = ' + y + ' on ' + tf.getBackend());
console.log(tf.version_core + ', libtensorflow ' + tf.backend().binding.TF_Version);
`;

interface Done {
  readonly ok: boolean;
  readonly stdout: string;
  readonly output: string;
}

function run(command: string, args: readonly string[], options: SpawnSyncOptions = {}): Done {
  const done = spawnSync(command, args, { maxBuffer: 1 << 28, ...options, encoding: 'utf8' });
  const stdout = done.stdout ?? '';
  return {
    ok: done.status === 0,
    stdout,
    output: `${stdout}${done.stderr ?? ''}${done.error?.message ?? ''}`,
  };
}

/** This machine cannot have it; the message says why, and what would change that. */
function impossible(why: string): UserError {
  return new UserError(`tfjs-node cannot be set up here: ${why}`, 3);
}

/** What a failed command printed, without its prefixes: the line that says why, or else the last. */
function reasonOf(output: string): string {
  const lines = output
    .split('\n')
    .map((line) => line.replace(/^(npm|gyp|node-pre-gyp) (ERR!|error|WARN|info) ?(stack )?/i, '').trim())
    .filter((line) => line !== '' && line !== 'not ok');
  return (
    lines.find((line) => /\b(error|ERROR|E[A-Z]{4,}|getaddrinfo)\b/.test(line)) ??
    lines.at(-1) ??
    'it said nothing'
  );
}

/**
 * Sets tfjs-node up, and does nothing where it works already.
 * @param wheel a file of the wheel that was downloaded before
 * @param say told what is done, a line each
 * @returns what there is now
 * @throws UserError with exit code 3 when this machine cannot have it
 */
export function setUpTfjsNode(wheel: string | undefined, say: (line: string) => void): string {
  const home = tfjsNodeHome();
  const addon = join(home, 'node_modules/@tensorflow/tfjs-node');
  const probe = (): string | undefined => {
    const { ok, stdout } = run(process.execPath, ['-e', PROBE], { cwd: home });
    return ok ? stdout.trim() : undefined;
  };
  const ready = existsSync(addon) ? probe() : undefined;
  if (ready !== undefined) return `tfjs-node works already: ${ready}; ${home}`;
  requireMachine();
  install(home, addon, say);
  const folder = mkdtempSync(join(tmpdir(), 'leash-tfjs-node-'));
  try {
    extract(wheel ?? downloadWheel(folder, say), join(addon, 'deps'), say);
    build(home, addon, say);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const built = probe();
  if (built === undefined) throw new Error(`the addon in ${addon} was built but does not load`);
  return `tfjs-node works: ${built}; ${home}`;
}

function requireMachine(): void {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw impossible(`the wheel is taken for linux x64; this is ${process.platform} ${process.arch}`);
  for (const tool of ['npm', 'python3', 'make', 'g++'])
    if (!run(tool, ['--version']).ok)
      throw impossible(`${tool} is missing; npm, python3 with pip, make and g++ are needed`);
}

/** The package without its install script, which would download. */
function install(home: string, addon: string, say: (line: string) => void): void {
  if (existsSync(join(addon, 'binding.gyp'))) return;
  say(`installing @tensorflow/tfjs-node ${TFJS_NODE_VERSION} into ${home}`);
  makeFolders(home);
  const dependencies = { '@tensorflow/tfjs-node': TFJS_NODE_VERSION };
  writeFileSync(join(home, 'package.json'), JSON.stringify({ private: true, dependencies }));
  const installed = run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: home });
  if (!installed.ok || !existsSync(join(addon, 'binding.gyp')))
    throw impossible(`npm could not install @tensorflow/tfjs-node: ${reasonOf(installed.output)}`);
}

function downloadWheel(folder: string, say: (line: string) => void): string {
  say(`downloading the wheel ${WHEEL.name} with pip (about 250 MB)`);
  const args = ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--quiet', '--dest', folder];
  const done = run('python3', [...args, '--implementation', 'cp', ...WHEEL.tags, WHEEL.name]);
  const file = readdirSync(folder).find((name) => name.endsWith('.whl'));
  if (!done.ok || file === undefined)
    throw impossible(`the wheel ${WHEEL.name} is not to be had by pip: ${reasonOf(done.output)}`);
  return join(folder, file);
}

function extract(wheel: string, deps: string, say: (line: string) => void): void {
  say('taking libtensorflow and its headers out of the wheel (about 850 MB)');
  rmSync(deps, { recursive: true, force: true });
  const done = run('python3', ['-c', EXTRACT, wheel, deps]);
  if (!done.ok) throw new UserError(`${wheel} could not be read: ${reasonOf(done.output)}`, 1);
  // The names that binding.gyp links against.
  symlinkSync('libtensorflow_cc.so.2', join(deps, 'lib/libtensorflow.so'));
  symlinkSync('libtensorflow_framework.so.2', join(deps, 'lib/libtensorflow_framework.so'));
}

function build(home: string, addon: string, say: (line: string) => void): void {
  say('building the addon with node-gyp');
  const nodePreGyp = join(home, 'node_modules/@mapbox/node-pre-gyp/bin/node-pre-gyp');
  // Headers that came with this Node.js spare a download.
  const prefix = join(dirname(process.execPath), '..');
  const hasHeaders = existsSync(join(prefix, 'include/node/node_api.h'));
  const env = { ...process.env, ...(hasHeaders && { npm_config_nodedir: prefix }) };
  const done = run(process.execPath, [nodePreGyp, 'install', '--build-from-source'], { cwd: addon, env });
  if (!done.ok) throw new UserError(`node-gyp could not build the addon: ${reasonOf(done.output)}`, 1);
  for (const folder of readdirSync(addon).filter((name) => name.startsWith('build')))
    rmSync(join(addon, folder), { recursive: true, force: true });
}
