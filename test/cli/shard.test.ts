import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { openExperiment } from '../../src/experiment/experiment-directory.ts';
import { environmentOptions } from '../../envs/environment-options.ts';
import { mergeShards } from '../../src/experiment/merge-shards.ts';
import { UserError } from '../../src/user-error.ts';
import { LEASH_VERSION } from '../../src/version.ts';
import { built } from '../built.ts';

const root = new URL('../..', import.meta.url).pathname;
const script = join(root, 'docs/deploy/slurm-array.sh');
const folder = mkdtempSync(join(tmpdir(), 'leash-shard-'));
const bandit = {
  steps: 640,
  environment: { id: 'BernoulliBandit', copies: 4 },
  rollout: { steps: 16 },
  network: { policy: { hidden: [] }, value: { hidden: [] } },
  ppo: { epochs: 1, minibatchSize: 32 },
};

function file(name: string, content: object): string {
  writeFileSync(join(folder, name), JSON.stringify(content));
  return name;
}

const configs = [
  file('slow.json', bandit),
  file('fast.json', { ...bandit, optimizer: { learningRate: 0.03 } }),
];
const study = ['compare', ...configs, '--seeds', '3', '--name', 'x', '--workers', '1'];

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function ended(child: ChildProcess): Promise<Ended> {
  const output = { stdout: '', stderr: '' };
  child.stdout?.on('data', (bytes) => {
    output.stdout += String(bytes);
  });
  child.stderr?.on('data', (bytes) => {
    output.stderr += String(bytes);
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, ...output })));
}

const leash = (...args: readonly string[]): Promise<Ended> =>
  ended(spawn(process.execPath, [built, ...args], { cwd: folder }));
const shard = (part: string, runs: string, ...over: string[]): Promise<Ended> =>
  leash(...study, '--shard', part, '--runs', runs, ...over);
const reports = (runs: string, name = 'x'): string[] =>
  ['report.json', 'report.html'].map((each) => readFileSync(join(folder, runs, name, each), 'utf8'));
const runsIn = (runs: string): string[] =>
  readdirSync(join(folder, runs), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('run.json'))
    .map((path) => path.slice(0, -'/run.json'.length))
    .sort();

/** Whether a disk can be mounted: it takes root. */
const canMount = ((): boolean => {
  const path = join(folder, 'mounted');
  mkdirSync(path);
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', path], { stdio: 'ignore' });
    execFileSync('umount', [path]);
    return true;
  } catch {
    return false;
  }
})();

/** One machine's, and three shards, each in a folder of its own. */
beforeAll(async () => {
  expect(await leash(...study, '--runs', 'whole')).toMatchObject({ code: 0, stderr: '' });
  for (const i of [1, 2, 3])
    expect(await shard(`${i}/3`, `part-${i}`)).toMatchObject({ code: 0, stderr: '' });
});

describe('leash compare --shard', () => {
  test('makes its part of the runs, says what is there and makes no report', async () => {
    const all = [1, 2, 3].flatMap((i) => runsIn(`part-${i}`));
    expect(all.sort()).toEqual(runsIn('whole'));
    const { stdout } = await shard('2/3', 'part-2');
    expect(stdout).toContain('shard   2/3: 2 runs, all there');
    expect(stdout).toMatch(/there {3}2 of 6 runs in part-2\/x; missing: \w+\/seed-\d, \w+\/seed-\d, /);
    expect(stdout).toContain(`then leash compare slow.json fast.json --seeds 3 --name x --runs part-2`);
    expect(existsSync(join(folder, 'part-2/x/report.json'))).toBe(false);
    const { stdout: json } = await shard('2/3', 'part-2', '--json');
    const { missing, ...rest } = JSON.parse(json) as { missing: string[] };
    expect(rest).toEqual({ name: 'x', shard: '2/3', runs: 6, own: 2, ownMissing: 0 });
    expect([...missing, ...runsIn('part-2').map((run) => run.slice(2))].sort()).toEqual(
      runsIn('whole').map((run) => run.slice(2)),
    );
  });

  test('of one folder work at once, and the last of them writes the report of one machine', async () => {
    const parts = await Promise.all([1, 2, 3].map((i) => shard(`${i}/3`, 'together')));
    expect(parts.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
      new Array(3).fill({ code: 0, stderr: '' }),
    );
    expect(reports('together')).toEqual(reports('whole'));
    expect(runsIn('together')).toEqual(runsIn('whole'));
  });

  test('more shards than runs have none', async () => {
    expect((await shard('40/40', 'many')).stdout).toContain('shard   40/40: 0 runs, all there');
  });

  test('keeps the whole experiment, and leash runs rm, out of the folder, and is kept out by it', async () => {
    const at = {
      format: 'leash-shard-1',
      leash: LEASH_VERSION,
      command: '',
      configs: [],
      seeds: [],
    } as const;
    const part = openExperiment(
      join(folder, 'held'),
      'x',
      undefined,
      {},
      { ...at, name: 'x', index: 1, count: 2 },
    );
    const other = openExperiment(
      join(folder, 'held'),
      'x',
      undefined,
      {},
      { ...at, name: 'x', index: 2, count: 2 },
    );
    const busy = `process ${process.pid} is at work in`;
    expect(() => openExperiment(join(folder, 'held'), 'x')).toThrow(busy);
    expect(() =>
      openExperiment(join(folder, 'held'), 'x', undefined, {}, { ...at, name: 'x', index: 2, count: 2 }),
    ).toThrow(busy);
    expect((await leash('runs', 'rm', 'x', '--yes', '--runs', 'held')).stderr).toContain(busy);
    // Of two that find all runs there one writes the report.
    expect([part.holdReport(), other.holdReport()]).toEqual([true, false]);
    part.release();
    expect(other.holdReport()).toBe(true);
    other.release();
    const whole = openExperiment(join(folder, 'held'), 'x');
    expect(() =>
      openExperiment(join(folder, 'held'), 'x', undefined, {}, { ...at, name: 'x', index: 1, count: 2 }),
    ).toThrow(busy);
    whole.release();
  });

  test('is refused in one line where it is no part, changes nothing, or the folder is of another study', async () => {
    for (const [args, line] of [
      [
        [...study, '--shard', '5/4'],
        'leash: --shard must be i/n, the i-th of n parts with 1 ≤ i ≤ n ≤ 100000, got "5/4"\n',
      ],
      [
        [...study, '--shard', '1/2', '--until-decided'],
        'leash: --until-decided and --shard exclude each other\n',
      ],
      [
        ['compare', 'whole/x', '--shard', '1/2'],
        'leash: --shard has no effect here: nothing is trained, all that is compared are runs that are there\n',
      ],
      [
        ['compare', configs[0], '--name', 'x', '--runs', 'part-1', '--shard', '1/3'],
        'leash: part-1/x/shard-1-of-3.json is of another study (configs slow, fast, not slow); choose another --name\n',
      ],
    ] as const)
      expect(await leash(...args)).toEqual({ code: 2, stdout: '', stderr: line });
  });

  test('a sweep by rungs goes on rung by rung', async () => {
    const sweep = file('sweep.json', {
      base: 'slow.json',
      set: { steps: 256 },
      parameters: { 'optimizer.learningRate': [0.001, 0.01, 0.1] },
      seeds: 2,
      halving: { leastSteps: 128, factor: 2 },
    });
    expect((await leash('sweep', sweep, '--runs', 'whole-sweep')).code).toBe(0);
    for (const i of [1, 2])
      expect((await leash('sweep', sweep, '--runs', `rung-${i}`, '--shard', `${i}/2`)).code).toBe(0);
    // No shard knows the next rung before the whole first is there.
    const { stdout } = await leash('runs', 'merge', 'rung-1/sweep', 'rung-2/sweep', '--runs', 'rungs');
    const [, goesOn = '', again = ''] =
      /^merged {2}6 runs into rungs\/sweep\nnext {4}each of the 2 shards .* the first by {2}leash (.*)\nor {6}one machine makes the rest {2}leash (.*)\n$/.exec(
        stdout,
      ) ?? [];
    expect(goesOn).toBe(`${again} --shard 1/2`);
    // What is named is done.
    for (let call = 0; !existsSync(join(folder, 'rungs/sweep/report.json')); call++) {
      expect(call).toBeLessThan(2);
      const command = call % 2 === 0 ? goesOn : `${again} --shard 2/2`;
      expect(await leash(...command.split(' '))).toMatchObject({ code: 0, stderr: '' });
    }
    expect(reports('rungs', 'sweep')).toEqual(reports('whole-sweep', 'sweep'));
  });
});

describe('leash runs merge', () => {
  const parts = ['part-1/x', 'part-2/x', 'part-3/x'];
  const merge = (runs: string, dirs: readonly string[], ...over: string[]): Promise<Ended> =>
    leash('runs', 'merge', ...dirs, '--runs', runs, ...over);

  test('of all shards gives the report of one machine; again it takes nothing', async () => {
    const first = await merge('all', parts.slice(0, 2));
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toMatch(
      /^merged {2}4 runs into all\/x\nmissing 2 runs: \w+\/seed-\d, \w+\/seed-\d\nnext /,
    );
    expect((await merge('all', parts)).stdout).toContain(
      'merged  2 runs into all/x, 4 were there\nnext    leash',
    );
    const before = statSync(join(folder, 'all/x/slow/seed-0/metrics.jsonl')).ino;
    expect((await merge('all', [...parts, ...parts, 'all/x'])).stdout).toContain(
      'merged  0 runs into all/x, 6 were there\n',
    );
    expect(statSync(join(folder, 'all/x/slow/seed-0/metrics.jsonl')).ino).toBe(before);
    expect((await leash(...study, '--runs', 'all')).code).toBe(0);
    expect(reports('all')).toEqual(reports('whole'));
    for (const run of runsIn('whole'))
      for (const each of ['config.json', 'metrics.jsonl', 'policy.safetensors'])
        expect(readFileSync(join(folder, 'all', run, each))).toEqual(
          readFileSync(join(folder, 'whole', run, each)),
        );
  });

  test('into a shard’s own folder, under another name, and after a kill that left half a copy', async () => {
    cpSync(join(folder, 'part-1'), join(folder, 'own'), { recursive: true });
    expect((await merge('own', parts)).stdout).toContain('merged  4 runs into own/x, 2 were there');
    const [run] = runsIn('part-1');
    const half = join(folder, 'again/y', run.split('/')[1], `.${run.split('/')[2]}.0.tmp`);
    openExperiment(join(folder, 'again'), 'y').release();
    await merge('again', parts.slice(1), '--name', 'y');
    mkdirSync(half, { recursive: true });
    writeFileSync(join(half, 'metrics.jsonl'), 'half');
    const { stdout } = await merge('again', parts, '--name', 'y');
    expect(stdout).toContain('merged  2 runs into again/y, 4 were there');
    expect(stdout).toContain('next    leash compare slow.json fast.json --seeds 3 --name y --runs again');
    expect(existsSync(half)).toBe(false);
  });

  /** A run is there as a whole, or not at all under its name. */
  const requireWhole = (runs: string): string[] => {
    const whole = runsIn(runs).filter((run) => !run.includes('/.'));
    for (const run of whole)
      for (const each of ['config.json', 'metrics.jsonl', 'policy.safetensors'])
        expect(readFileSync(join(folder, runs, run, each))).toEqual(
          readFileSync(join(folder, 'whole', run, each)),
        );
    return whole;
  };

  test('goes on where it was killed, be it in the midst of a run', async () => {
    const preloaded = join(folder, 'kill.cjs');
    writeFileSync(
      preloaded,
      `const fs = require('node:fs');
       const { copyFileSync } = fs;
       let copies = 0;
       fs.copyFileSync = (...words) => {
         copyFileSync(...words);
         if (++copies === Number(process.env.KILLED_AFTER)) process.kill(process.pid, 'SIGKILL');
       };
       require('node:module').syncBuiltinESMExports();`,
    );
    const words = ['--require', preloaded, built, 'runs', 'merge', ...parts, '--runs', 'killed'];
    const there: number[] = [];
    for (const copies of [1, 12]) {
      const env = { ...process.env, KILLED_AFTER: String(copies) };
      const child = spawn(process.execPath, words, { cwd: folder, env });
      expect(await ended(child)).toMatchObject({ code: null, stdout: '' });
      there.push(requireWhole('killed').length);
    }
    expect(there[0]).toBe(0);
    expect(there[1]).toBeGreaterThan(0);
    expect((await merge('killed', parts)).stdout).toContain(
      `merged  ${6 - there[1]} runs into killed/x, ${there[1]} were there`,
    );
    expect(requireWhole('killed')).toEqual(runsIn('whole'));
    expect(runsIn('killed')).toEqual(runsIn('whole'));
  });

  test.skipIf(!canMount)('on a full disk ends in one line, and goes on when there is room', async () => {
    mkdirSync(join(folder, 'small'));
    const mount = (options: string): void =>
      void execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', join(folder, 'small')]);
    mount('size=128k');
    try {
      const full = await merge('small', parts);
      expect(full).toMatchObject({ code: 1, stdout: '' });
      expect(full.stderr).toMatch(/^leash: small\/x\/.*no space left on the device.*\n$/);
      const there = requireWhole('small');
      expect(there.length).toBeLessThan(6);
      expect(runsIn('small')).toEqual(there);
      mount('remount,size=8m');
      expect((await merge('small', parts)).stdout).toContain(
        `merged  ${6 - there.length} runs into small/x, ${there.length} were there`,
      );
      expect(requireWhole('small')).toEqual(runsIn('whole'));
    } finally {
      execFileSync('umount', ['--lazy', join(folder, 'small')]);
    }
  });

  test('of a try of --match-kl lets the shards go on with what it came to', async () => {
    // What the first try comes to, within the tolerance.
    const matched = ['compare', 'slow.json', '--seeds', '2', '--name', 'kl', '--match-kl', '3.6e-7'];
    expect((await leash(...matched, '--runs', 'whole-kl')).code).toBe(0);
    for (const i of [1, 2])
      expect((await leash(...matched, '--runs', `kl-${i}`, '--shard', `${i}/2`)).code).toBe(0);
    // No shard knows the setting before the whole try is there.
    expect(runsIn('kl-1').filter((run) => !run.includes('calibration'))).toEqual([]);
    const { stdout } = await merge('kl', ['kl-1/kl', 'kl-2/kl']);
    expect(stdout).toContain('merged  2 runs into kl/kl\n');
    const again = `leash ${matched.filter((word) => word !== '--name' && word !== 'kl').join(' ')} --name kl --runs kl`;
    expect(stdout).toContain(
      `of the 2 shards goes on where this folder is, the first by  ${again} --shard 1/2\n`,
    );
    expect(stdout).toContain(`one machine makes the rest  ${again}\n`);
    // It was near on the first two seeds: then on all five, and the comparison.
    for (const i of [1, 2, 1, 2])
      expect((await leash(...matched, '--runs', 'kl', '--shard', `${i}/2`)).code).toBe(0);
    expect(runsIn('kl')).toEqual(runsIn('whole-kl'));
    expect(reports('kl', 'kl')).toEqual(reports('whole-kl', 'kl'));
  });

  test('leaves a run that is half there, and names it', async () => {
    cpSync(join(folder, 'part-1'), join(folder, 'half'), { recursive: true });
    const [run, whole] = runsIn('half').map((each) => join(folder, 'half', each));
    const record = readFileSync(join(run, 'run.json'), 'utf8');
    writeFileSync(join(run, 'run.json'), record.replace('"completed"', '"interrupted"'));
    const { code, stdout } = await merge('of-half', ['half/x', ...parts.slice(1)], '--json');
    expect(code).toBe(0);
    const merged = JSON.parse(stdout) as { taken: number; left: string[]; missing: string[] };
    expect(merged.taken).toBe(5);
    expect(merged.left).toEqual([`half/${runsIn('half')[0]}: interrupted after update 10`]);
    expect(merged.missing).toEqual([runsIn('half')[0].slice(2)]);
    // Half there where it is merged to, it is not written over.
    expect((await merge('half', parts, '--json')).stdout).toContain('"taken": 4');
    expect(readFileSync(join(run, 'run.json'), 'utf8')).toContain('"interrupted"');
    appendFileSync(join(whole, 'config.json'), '}');
    expect((await merge('of-damaged', ['half/x'])).stdout).toContain(
      `left    ${whole.slice(folder.length + 1)}/config.json`,
    );
  });

  test('leaves a run whose policy is gone, or that is of another seed than its folder, and names it', async () => {
    cpSync(join(folder, 'part-1'), join(folder, 'lost'), { recursive: true });
    const [run, other] = runsIn('lost');
    rmSync(join(folder, 'lost', run, 'policy.safetensors'));
    // A copy in the place of a seed that another shard has.
    const place = `${other.replace(/\d+$/, '')}${other.endsWith('2') ? 1 : 2}`;
    cpSync(join(folder, 'lost', other), join(folder, 'lost', place), { recursive: true });
    const { code, stdout } = await merge('of-lost', ['lost/x', ...parts.slice(1)], '--json');
    expect(code).toBe(0);
    const merged = JSON.parse(stdout) as { taken: number; left: string[]; missing: string[] };
    expect(merged.left).toHaveLength(2);
    expect(merged.left.join('\n')).toContain(`there is no policy lost/${run}/policy.safetensors`);
    expect(merged.left).toContain(`lost/${place}: it is a run of seed ${other.slice(-1)}`);
    expect(merged).toMatchObject({ taken: 5, missing: [run.slice(2)] });
    expect(readFileSync(join(folder, 'of-lost', place, 'config.json'))).toEqual(
      readFileSync(join(folder, 'whole', place, 'config.json')),
    );
  });

  test('of other studies, versions, bytes and folders is refused in one line, and writes nothing', async () => {
    const copy = (name: string, part = 1): string => {
      cpSync(join(folder, `part-${part}`), join(folder, name), { recursive: true });
      return `${name}/x`;
    };
    const edit = (path: string, from: string | RegExp, to: string): void => {
      const text = readFileSync(join(folder, path), 'utf8');
      expect(text).toMatch(from);
      writeFileSync(join(folder, path), text.replace(from, to));
    };
    const [run] = runsIn('part-1');
    const other = copy('other-bytes');
    edit(`other-bytes/${run}/metrics.jsonl`, /"entropy":2/, '"entropy":3');
    const old = copy('old');
    edit('old/x/shard-1-of-3.json', LEASH_VERSION, '0.1.0');
    const oldRun = copy('old-run');
    edit(`old-run/${run}/run.json`, `"leash": "${LEASH_VERSION}"`, '"leash": "0.1.0"');
    const set = copy('set');
    edit(`set/${run}/config.json`, /"gaeLambda": [\d.]+/, '"gaeLambda": 0.5');
    const damaged = copy('damaged');
    edit('damaged/x/shard-1-of-3.json', /"count": 3/, '"count": "three"');
    expect(
      (await leash('compare', configs[0], '--name', 'x', '--runs', 'single', '--shard', '1/2')).code,
    ).toBe(0);
    const at = (each: string): string => join(folder, each);
    for (const [dirs, line] of [
      [
        [...parts, other],
        `${at(`other-bytes/${run}`)} and ${at(`part-1/${run}`)} are the same run and not the same bytes (metrics.jsonl)`,
      ],
      [
        [...parts, old],
        `${at('old/x/shard-1-of-3.json')} is not of the study of ${at('part-1/x/shard-1-of-3.json')}: leash 0.1.0, not ${LEASH_VERSION}`,
      ],
      [[oldRun], `${at(`old-run/${run}`)} was made by leash 0.1.0, its study by ${LEASH_VERSION}`],
      [
        [...parts, set],
        `${at(`set/${run}`)} is of another study than ${at(`part-1/${run}`)} (it differs in advantage.gaeLambda)`,
      ],
      [[damaged], 'count must be an integer ≥ 1, got "three"'],
      [
        [...parts, 'single/x'],
        `${at('single/x/shard-1-of-2.json')} is not of the study of ${at('part-1/x/shard-1-of-3.json')}: configs slow, not slow, fast`,
      ],
      [['whole/x'], `${at('whole/x')} has no shard of an experiment: leash compare and sweep make them`],
      [['part-1'], `${at('part-1')} is no experiment's folder; it holds ${at('part-1/x')}`],
      [['nowhere'], `there is no folder ${at('nowhere')}`],
      [['slow.json'], `${at('slow.json')} is no folder; name those of shards`],
    ] as const) {
      const merging = (): unknown => mergeShards(dirs.map(at), at('none'), undefined, environmentOptions);
      expect(merging).toThrow(UserError);
      expect(merging).toThrow(line);
    }
    expect(() => mergeShards([''], at('none'), undefined, environmentOptions)).toThrow(
      'runs merge must be given folders of shards, got ""',
    );
    expect(existsSync(join(folder, 'none'))).toBe(false);
    expect(await merge('whole', parts)).toEqual({
      code: 2,
      stdout: '',
      stderr: 'leash: whole/x is an experiment that was not made by shards; choose another --name\n',
    });
  });

  test('of configs that name files leads to these from the copy, too', async () => {
    mkdirSync(join(folder, 'deep/er'), { recursive: true });
    const [run] = runsIn('part-1');
    const policy = join('part-1', run, 'policy.safetensors');
    const from = file('from.json', { ...bandit, network: { ...bandit.network, initialWeights: policy } });
    const one = ['compare', from, '--name', 'f', '--seeds', '1', '--shard', '1/1'];
    expect((await leash(...one, '--runs', 'deep/er/f')).code).toBe(0);
    expect((await leash('runs', 'merge', 'deep/er/f/f', '--runs', 'flat')).code).toBe(0);
    const config = JSON.parse(readFileSync(join(folder, 'flat/f/from/seed-0/config.json'), 'utf8'));
    expect(config.network.initialWeights).toBe(join('../../../..', policy));
    expect(
      (await leash('compare', from, '--name', 'f', '--seeds', '1', '--runs', 'flat')).stdout,
    ).not.toContain('to make');
  });
});

describe('docs/deploy/slurm-array.sh', () => {
  const bin = join(folder, 'bin');

  beforeAll(() => {
    mkdirSync(bin);
    // What a cluster has, as far as the script asks for it.
    writeFileSync(join(bin, 'srun'), '#!/bin/bash\necho "srun $1" >&2\nshift\nexec "$@"\n');
    writeFileSync(join(bin, 'npx'), `#!/bin/bash\nshift\nexec ${process.execPath} ${built} "$@"\n`);
    for (const each of ['srun', 'npx']) chmodSync(join(bin, each), 0o755);
  });

  const task = (args: readonly string[], variables: Record<string, string>): Promise<Ended> =>
    ended(
      spawn('bash', [script, ...args], {
        cwd: folder,
        env: { PATH: `${bin}:${process.env.PATH}`, ...variables },
      }),
    );
  const array = (id: number, most: number): Record<string, string> => ({
    SLURM_ARRAY_TASK_ID: String(id),
    SLURM_ARRAY_TASK_MIN: '1',
    SLURM_ARRAY_TASK_MAX: String(most),
    SLURM_ARRAY_TASK_COUNT: String(most),
    SLURM_CPUS_PER_TASK: '1',
  });

  test('is a script that bash can read', () => {
    execFileSync('bash', ['-n', script]);
  });

  test('makes the report of one machine', async () => {
    const args = ['compare', ...configs, '--seeds', '3', '--name', 'x'];
    const tasks = await Promise.all([1, 2].map((id) => task(args, { ...array(id, 2), RUNS: 'slurm' })));
    for (const each of tasks) expect(each).toMatchObject({ code: 0, stderr: 'srun --cpus-per-task=1\n' });
    expect(reports('slurm')).toEqual(reports('whole'));
    // Some of them again.
    const some = { ...array(2, 2), SLURM_ARRAY_TASK_MIN: '2', SLURM_ARRAY_TASK_COUNT: '1' };
    expect((await task(args, some)).stderr).toContain('the array is not 1-N: say SHARDS=N');
    expect((await task(args, { ...some, SHARDS: '2', RUNS: 'slurm' })).stdout).toContain('report');
  });

  test('is refused without an array and without a study', async () => {
    expect(await task(['compare', 'slow.json'], {})).toMatchObject({ code: 2, stdout: '' });
    expect(await task([], array(1, 2))).toMatchObject({ code: 2, stdout: '' });
  });
});
