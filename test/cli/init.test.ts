import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { initProject } from '../../src/cli/project.ts';
import { built } from '../built.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'leash-init-'));
afterAll(() => rmSync(folder, { recursive: true }));

const FILES = [
  'package.json',
  '.gitignore',
  'corridor.ts',
  'corridor.json',
  'corridor.test.js',
  'tsconfig.json',
];
const at = (...path: string[]): string => join(folder, ...path);
const run = (cwd: string, ...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd, encoding: 'utf8' });
  return { code: status, stdout, stderr };
};

describe('leash init', () => {
  it('makes a project whose environment trains and whose test passes', () => {
    expect(run(folder, built, 'init', 'my-world')).toEqual({
      code: 0,
      stderr: '',
      stdout: `project  my-world
files    ${FILES.join(', ')}
next     cd my-world && npm install && npx leash train corridor.json
         npx leash check-env corridor.ts, npm test
`,
    });
    const project = at('my-world');
    expect(readdirSync(project).toSorted()).toEqual(FILES.toSorted());
    expect(run(project, built, 'train', 'corridor.json', '--quiet')).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
    expect(JSON.parse(readFileSync(join(project, 'runs/corridor/seed-0/run.json'), 'utf8'))).toMatchObject({
      status: 'completed',
      module: { id: 'Corridor' },
    });
    // As npm install puts it there.
    mkdirSync(join(project, 'node_modules'));
    symlinkSync(root, join(project, 'node_modules/leash-rl'));
    const tested = run(project, '--test', '--test-reporter', 'tap');
    expect([tested.code, tested.stdout]).toEqual([0, expect.stringContaining('# pass 3\n# fail 0\n')]);
  });

  it('names the package after its folder, and depends on this leash', () => {
    for (const [name, wanted] of [
      ['a-world', 'a-world'],
      ['Große Welt!', 'gro-e-welt'],
      ['leash-rl', 'my-world'],
      ['…', 'my-world'],
    ] as const) {
      initProject(at('names', name));
      const manifest = JSON.parse(readFileSync(at('names', name, 'package.json'), 'utf8'));
      expect(manifest).toMatchObject({
        name: wanted,
        private: true,
        type: 'module',
        scripts: { test: 'node --test' },
      });
      expect(join(folder, 'names', name, manifest.dependencies['leash-rl'].replace('file:', ''), '/')).toBe(
        root,
      );
    }
  });

  it.each(FILES)('writes nothing where %s is there already', (name) => {
    const project = at(`has-${name}`);
    mkdirSync(project);
    writeFileSync(join(project, name), 'mine');
    expect(() => initProject(project)).toThrow(
      `${project} has ${name} already, and init writes over nothing; name another DIR`,
    );
    expect(readdirSync(project)).toEqual([name]);
    expect(readFileSync(join(project, name), 'utf8')).toBe('mine');
  });

  it('nor where a link is, though it leads nowhere', () => {
    mkdirSync(at('linked'));
    symlinkSync('nowhere', at('linked/corridor.ts'));
    expect(() => initProject(at('linked'))).toThrow('has corridor.ts already');
    expect(existsSync(at('linked/nowhere'))).toBe(false);
  });

  it('puts nothing into the folder of a run', () => {
    const project = at('a-run');
    mkdirSync(project);
    for (const name of ['config.json', 'metrics.jsonl']) writeFileSync(join(project, name), '');
    for (const place of [project, join(project, 'below')])
      expect(() => initProject(place)).toThrow(`DIR ${place} is in the folder of the run`);
    expect(readdirSync(project)).toEqual(['config.json', 'metrics.jsonl']);
  });

  it('names the file that could not be written, and leaves nothing', () => {
    const limited = ['-c', 'ulimit -f 1; exec "$0" "$@"', process.execPath, built, 'init', 'cut/short'];
    const { status, stderr } = spawnSync('sh', limited, { cwd: folder, encoding: 'utf8' });
    expect(stderr).toMatch(/^leash: cut\/short\/[\w.]+: larger than a file may be; nothing was made\n$/);
    expect(status).toBe(1);
    expect(existsSync(at('cut'))).toBe(false);
  });

  it('leaves what else is there', () => {
    mkdirSync(at('others'));
    writeFileSync(at('others/README.md'), 'mine');
    expect(initProject(at('others')).files).toEqual(FILES);
    expect(readFileSync(at('others/README.md'), 'utf8')).toBe('mine');
  });

  it.each([
    [['a-file'], 'DIR must be a folder, or not there yet, got the file a-file'],
    [['a-file/below'], 'DIR a-file/below is below what is no folder'],
    [['  '], 'DIR must name a folder, got a blank'],
    [['x\ny'], 'DIR must be a path without line breaks, got "x\\ny"'],
    [['z\u001b[31m'], 'DIR must be a path without control characters, got "z\\u001b[31m"'],
    [['x', 'y'], 'leash init does not take "y" (leash init [DIR])'],
    [['--force'], 'there is no flag --force; leash init --help lists its flags'],
    [['/proc/below/world'], 'DIR: no folder can be made at /proc/below/world (ENOENT)'],
    [['y'.repeat(300)], `${'y'.repeat(300)}: the name is too long`],
  ])('refuses %j in one line', (args, message) => {
    writeFileSync(at('a-file'), '');
    const { code, stdout, stderr } = run(folder, built, 'init', ...args);
    expect([stdout, stderr]).toEqual(['', `leash: ${message}\n`]);
    expect([1, 2]).toContain(code);
  });
});
