import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { allowed, station } from './rooms.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * What asks Node.js for something, and what imports such a file. All else is the core: from config to row, the
 * mathematics, statistics and plots run wherever JavaScript does. test/core type-checks it without Node.js.
 */
const NODE_BOUND = [
  /^src\/(cli|library|node|queue)\//,
  /^src\/index\.ts$/,
  /^src\/dashboard\/(?!wire)/,
  /^src\/server\//,
  /^src\/lab\/(?!tab)/,
  // Other tools' files, data sets and experiments are read and written where they stand.
  /^src\/exchange\/(import-policy|read-layers-model|write-layers-model)\.ts$/,
  /^src\/fit\/(dataset|fit|load|reachable)\.ts$/,
  /^src\/experiment\/(?!across-worlds|differences|kl-target|knob|known-returns|learning-curve|looks|pairs|performance|report|report-data|seeds|success|sweep-points|ties|verdict)/,
  /^src\/run\/(durable-file|experiment-order|folder-listing|folders|follow-rows|link-once|output-file|owner|read-rows|remove-run|run-directory|run-name|set-aside|status|take-over|update-files)\.ts$/,
  /^src\/plot\/(experiment-hues|read-runs|render-png)\.ts$/,
];

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

/** Of each file those of ours that it imports. */
const imports = new Map(
  files.map((path) => [
    path,
    importsOf(path)
      .filter((name) => name.startsWith('.'))
      .map((name) => relative(root, resolve(root, dirname(path), name))),
  ]),
);

it('every import goes along the walk, none against it', () => {
  const wrong: string[] = [];
  for (const [path, targets] of imports) {
    const from = station(path);
    for (const target of targets) {
      const to = station(target);
      if (to !== from && !allowed[from]?.includes(to))
        wrong.push(`${path} (${from}) imports ${target} (${to})`);
    }
  }
  expect(wrong).toEqual([]);
});

it('no file imports itself by way of others, types included, nor does a station', () => {
  expect(circleIn(imports)).toBeUndefined();
  expect(circleIn(new Map(Object.entries(allowed)))).toBeUndefined();
});

/** A way from a node back to it. */
function circleIn(graph: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const walk = (node: string, way: readonly string[]): string[] | undefined => {
    const start = way.indexOf(node);
    if (start >= 0) return [...way.slice(start), node];
    if (done.has(node)) return undefined;
    done.add(node);
    for (const next of graph.get(node) ?? []) {
      const circle = walk(next, [...way, node]);
      if (circle !== undefined) return circle;
    }
    return undefined;
  };
  for (const node of graph.keys()) {
    const circle = walk(node, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

it('Node.js is asked for something only where it says so, and the core imports nothing of that', () => {
  const isBound = (path: string): boolean => NODE_BOUND.some((place) => place.test(path));
  const wrong = files.filter((path) => {
    if (isBound(path)) return false;
    const needsNode =
      importsOf(path).some((name) => name.startsWith('node:')) ||
      /\b(process\.|Buffer\b|setImmediate\b)/.test(stripTexts(path));
    return needsNode || imports.get(path)?.some(isBound);
  });
  expect(wrong).toEqual([]);
  // test/core/tsconfig.json checks all but these, with no types of Node.js; pages have a tsconfig of their own.
  const isPage = (path: string): boolean => path.startsWith('src/page/');
  const { exclude } = JSON.parse(readFileSync(join(root, 'test/core/tsconfig.json'), 'utf8')) as {
    exclude: string[];
  };
  const left = exclude.map((each) => each.replace(/^\.\.\/\.\.\//, '').replace(/\/\*\*$/, '/'));
  const isLeft = (path: string): boolean =>
    left.some((each) => path === each || (each.endsWith('/') && path.startsWith(each)));
  expect(files.filter(isLeft)).toEqual(files.filter((path) => isBound(path) || isPage(path)));
});

it('only network/wasm*.ts and the kernels.ts of node and of the laboratory touch WebAssembly, only tfjs*.ts TensorFlow.js', () => {
  // The texts that the build makes of a page have all of it in them.
  const written = files.filter((path) => !path.startsWith('src/page/build/'));
  const wrong = written.filter((path) => {
    const text = readFileSync(join(root, path), 'utf8');
    return (
      (/\bWebAssembly\./.test(text) &&
        !/^src\/(network\/wasm(-[a-z]+)*|node\/kernels|page\/lab\/kernels)\.ts$/.test(path)) ||
      (/@tensorflow\//.test(importsOf(path).join(' ')) &&
        !/^src\/(network\/tfjs(-[a-z]+)*|node\/load-tfjs)\.ts$/.test(path))
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

/** The code without what its texts say. */
function stripTexts(path: string): string {
  return stripComments(path).replace(/'[^'\n]*'|`[^`]*`/g, '');
}
