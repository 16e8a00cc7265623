import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Files that stand apart from their folder. */
const FILE_STATIONS = new Map([
  ['src/network/wasm.ts', 'network'],
  ['src/index.ts', 'index'],
  ['src/version.ts', 'version'],
  ['src/user-error.ts', 'user-error'],
  ['src/experiment/report-data.ts', 'report-data'],
  // Node's end of a thread: a bottom for what starts it, but it does what `train` says.
  ['src/node/critic-worker.ts', 'critic-worker'],
]);

/**
 * Who may import whom: the walk config → environment → rollout → advantages → objective → gradient step →
 * KL check → row → plot, and nothing backwards. `random`, `elementary`, `user-error`, `version`, `packages` (what
 * the build bundles) and `node` (what only Node.js has, such as threads) are below everything.
 */
const ALLOWED: Record<string, readonly string[]> = {
  elementary: [],
  'user-error': [],
  version: [],
  node: [],
  // Knows threads and named operations, no reinforcement learning.
  parallel: [],
  'critic-worker': ['network', 'node', 'parallel', 'train'],
  packages: [],
  random: ['elementary', 'packages'],
  divergence: ['elementary'],
  advantage: [],
  optimizer: ['elementary', 'packages'],
  policy: ['divergence', 'elementary', 'random'],
  objective: ['policy', 'elementary', 'optimizer', 'packages'],
  network: ['random', 'elementary', 'optimizer', 'user-error'],
  config: ['network', 'objective', 'optimizer', 'packages', 'trust-region', 'user-error'],
  formats: ['config', 'user-error'],
  // The tables of columns: what a row is, without a run to be in, for whoever makes, reads or draws rows.
  row: [],
  rollout: ['network', 'policy', 'random', 'elementary', 'user-error'],
  'trust-region': ['divergence', 'policy', 'objective', 'row', 'statistics'],
  run: [
    'config',
    'elementary',
    'formats',
    'network',
    'packages',
    'policy',
    'rollout',
    'row',
    'user-error',
    'version',
  ],
  // Files of other tools are checked as our own are: one JSON reader, one way to say what a schema refuses.
  exchange: [
    'config',
    'formats',
    'network',
    'packages',
    'policy',
    'random',
    'rollout',
    'run',
    'user-error',
    'version',
  ],
  train: [
    'config',
    'random',
    'elementary',
    'divergence',
    'network',
    'policy',
    'rollout',
    'advantage',
    'objective',
    'optimizer',
    'trust-region',
    'row',
    'run',
    'exchange',
    'user-error',
    'version',
    'parallel',
  ],
  statistics: ['random', 'elementary'],
  'report-data': ['config', 'row', 'run'],
  fit: [
    'config',
    'formats',
    'packages',
    'random',
    'elementary',
    'divergence',
    'network',
    'policy',
    'objective',
    'optimizer',
    'row',
    'run',
    'user-error',
    'version',
  ],
  plot: ['formats', 'row', 'run', 'config', 'elementary', 'report-data', 'statistics', 'user-error'],
  envs: ['rollout', 'random', 'elementary', 'config', 'packages', 'user-error'],
};
/** Only these may import anything, `envs` included. */
const TOP = new Set(['cli', 'experiment', 'index']);

function station(path: string): string {
  const own = FILE_STATIONS.get(path);
  if (own) return own;
  const [top, folder] = path.split('/');
  return top === 'envs' ? 'envs' : String(folder);
}

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return path === 'src/kernels' ? [] : sources(path);
    return path.endsWith('.ts') ? [path] : [];
  });
}

function importsOf(path: string): string[] {
  const text = readFileSync(join(root, path), 'utf8');
  const found = text.matchAll(/^\s*(?:import|export)\b[^'"]*?from\s+'([^']+)'|import\(\s*'([^']+)'/gm);
  return [...found].map((match) => match[1] ?? match[2] ?? '');
}

const files = [...sources('src'), ...sources('envs')];

it('every import goes along the walk, none against it', () => {
  const wrong: string[] = [];
  for (const path of files) {
    const from = station(path);
    if (TOP.has(from)) continue;
    for (const target of importsOf(path).filter((name) => name.startsWith('.'))) {
      const to = station(relative(root, resolve(root, dirname(path), target)));
      if (to !== from && !ALLOWED[from]?.includes(to))
        wrong.push(`${path} (${from}) imports ${target} (${to})`);
    }
  }
  expect(wrong).toEqual([]);
});

it('only network/wasm*.ts touch WebAssembly and only network/tfjs*.ts TensorFlow.js', () => {
  const wrong = files.filter((path) => {
    const text = readFileSync(join(root, path), 'utf8');
    return (
      (/\bWebAssembly\./.test(text) && !/^src\/network\/wasm(-[a-z]+)*\.ts$/.test(path)) ||
      (/@tensorflow\//.test(importsOf(path).join(' ')) && !/^src\/network\/tfjs(-[a-z]+)*\.ts$/.test(path))
    );
  });
  expect(wrong).toEqual([]);
});

it('a package that the build bundles is imported by its file in src/packages alone, types aside', () => {
  const packages = readdirSync(join(root, 'src/packages')).filter((name) =>
    /^(?!.*\.d\.ts).*\.ts$/.test(name),
  );
  expect(packages.length).toBeGreaterThan(0);
  for (const file of packages) {
    const name = file.replace('.ts', '');
    const importers = files.filter((path) => {
      const text = readFileSync(join(root, path), 'utf8');
      return [...text.matchAll(/^(?:import|export)\s+(type\b)?[^'"]*?from\s+'([^']+)'/gm)].some(
        ([, isType, from = '']) => !isType && (from === name || from.startsWith(`${name}/`)),
      );
    });
    expect(importers).toEqual([`src/packages/${file}`]);
  }
});

it('training asks nothing of Node.js: threads, turns of the event loop and versions are passed in', () => {
  const wrong = files.filter((path) => {
    const needsNode =
      importsOf(path).some((name) => name.startsWith('node:')) ||
      /\b(process|Buffer|setImmediate)\b/.test(stripComments(path));
    return /^src\/(train|parallel)\//.test(path) && needsNode;
  });
  expect(wrong).toEqual([]);
});

it('training takes no randomness, clock or transcendental function from the platform', () => {
  const trained =
    /^src\/(advantage|objective|optimizer|policy|trust-region|rollout|random|train|fit|network)\/|^envs\//;
  const platform =
    /\bMath\.(random|exp|expm1|log|log1p|log2|log10|pow|sin|cos|tan|tanh|atan2|cbrt|hypot)\b|Date\.now/;
  const wrong = files.filter((path) => trained.test(path) && platform.test(stripComments(path)));
  expect(wrong).toEqual([]);
});

function stripComments(path: string): string {
  return readFileSync(join(root, path), 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\/\/.*$/gm, '');
}
