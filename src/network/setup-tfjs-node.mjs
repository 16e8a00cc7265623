/*
 * npm run setup:tfjs-node [-- WHEEL]
 *
 * Makes @tensorflow/tfjs-node work where its download host cannot be reached (or has no build for this
 * machine): libtensorflow and its C headers come out of the Python wheel `tensorflow_cpu`, and node-gyp
 * builds the addon against them. Everything stays in node_modules/@tensorflow/tfjs-node. Does nothing when
 * tfjs-node works already. Exit codes: 0 it works, 3 this machine cannot have it (the reason is printed).
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const ADDON = join(ROOT, 'node_modules/@tensorflow/tfjs-node');
const VERSION = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).optionalDependencies[
  '@tensorflow/tfjs-node'
];
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

const PROBE = `
require('node:util').isNullOrUndefined ??= (value) => value === null || value === undefined;
const tf = require('@tensorflow/tfjs-node');
const [y] = tf.matMul([[3]], [[14]]).dataSync();
if (tf.getBackend() !== 'tensorflow' || y !== 42) throw new Error('3 · 14 = ' + y + ' on ' + tf.getBackend());
console.log(tf.version_core + ', libtensorflow ' + tf.backend().binding.TF_Version);
`;

/** This machine cannot have tfjs-node; the message says why and what would change that. */
class Impossible extends Error {}

function run(command, args, options = {}) {
  const done = spawnSync(command, args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 28, ...options });
  const stdout = done.stdout ?? '';
  return { ok: done.status === 0, stdout, output: `${stdout}${done.stderr ?? done.error?.message ?? ''}` };
}

/** What a failed command printed last. */
function lastLines(output) {
  return output
    .trim()
    .split('\n')
    .slice(-8)
    .map((line) => `  ${line}`)
    .join('\n');
}

/** Version and library of a tfjs-node that works; undefined when there is none. */
function probe() {
  const { ok, stdout } = run(process.execPath, ['-e', PROBE]);
  return ok ? stdout.trim() : undefined;
}

function requireMachine() {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Impossible(`the wheel is taken for linux x64; this is ${process.platform} ${process.arch}`);
  for (const tool of ['python3', 'make', 'g++'])
    if (!run(tool, ['--version']).ok) throw new Impossible(`${tool} is missing: node-gyp and pip need it`);
}

/** The package without its install script, which would download. */
function requirePackage() {
  if (existsSync(join(ADDON, 'binding.gyp'))) return;
  console.log(`installing @tensorflow/tfjs-node ${VERSION} without its install script`);
  const installed = run('npm', ['install', '--ignore-scripts', '--no-save', '--include=optional']);
  if (!installed.ok || !existsSync(join(ADDON, 'binding.gyp')))
    throw new Impossible(`npm could not install @tensorflow/tfjs-node:\n${lastLines(installed.output)}`);
}

function downloadWheel(folder) {
  console.log(`downloading the wheel ${WHEEL.name} with pip (about 250 MB)`);
  const args = ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--quiet', '--dest', folder];
  const done = run('python3', [...args, '--implementation', 'cp', ...WHEEL.tags, WHEEL.name]);
  const file = readdirSync(folder).find((name) => name.endsWith('.whl'));
  if (!done.ok || file === undefined)
    throw new Impossible(`the wheel ${WHEEL.name} is not to be had by pip:\n${lastLines(done.output)}`);
  return join(folder, file);
}

function extract(wheel) {
  console.log('taking libtensorflow and its headers out of the wheel (about 850 MB)');
  const deps = join(ADDON, 'deps');
  rmSync(deps, { recursive: true, force: true });
  const done = run('python3', ['-c', EXTRACT, wheel, deps]);
  if (!done.ok) throw new Error(`${wheel} could not be read:\n${lastLines(done.output)}`);
  // The names that binding.gyp links against.
  symlinkSync('libtensorflow_cc.so.2', join(deps, 'lib/libtensorflow.so'));
  symlinkSync('libtensorflow_framework.so.2', join(deps, 'lib/libtensorflow_framework.so'));
}

function build() {
  console.log('building the addon with node-gyp');
  const nodePreGyp = join(dirname(ADDON), '../@mapbox/node-pre-gyp/bin/node-pre-gyp');
  const done = run(process.execPath, [nodePreGyp, 'install', '--build-from-source'], { cwd: ADDON });
  if (!done.ok) throw new Error(`node-gyp failed:\n${lastLines(done.output)}`);
  for (const folder of readdirSync(ADDON).filter((name) => name.startsWith('build')))
    rmSync(join(ADDON, folder), { recursive: true, force: true });
}

function setUp(givenWheel) {
  const ready = probe();
  if (ready !== undefined) return console.log(`tfjs-node works already: ${ready}`);
  requireMachine();
  requirePackage();
  const folder = mkdtempSync(join(tmpdir(), 'leash-tfjs-node-'));
  try {
    extract(givenWheel ?? downloadWheel(folder));
    build();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const built = probe();
  if (built === undefined) throw new Error('the addon was built but does not load');
  console.log(`tfjs-node works: ${built}`);
}

try {
  setUp(process.argv[2] && resolve(process.argv[2]));
} catch (error) {
  if (!(error instanceof Impossible)) throw error;
  console.error(`tfjs-node cannot be set up here: ${error.message}`);
  process.exitCode = 3;
}
