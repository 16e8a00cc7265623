import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { type Check, command, leash, require, Skipped, temporaryFolder } from './check.ts';

/* What the machine does to a run: its clock jumps, its folder is read-only, it has no memory left, a thread of it dies. */

const config = {
  steps: 64 * 150,
  environment: { id: 'CartPole-v1', copies: 2 },
  rollout: { steps: 32 },
  ppo: { minibatchSize: 64, epochs: 2 },
  network: { policy: { hidden: [8] }, value: { hidden: [8] } },
  checkpoint: { everyUpdates: 10, keep: 2 },
};

interface Ended {
  readonly code: number | null;
  readonly stderr: string;
}

/** Runs `leash` with a script that is loaded before it, in its threads too. */
function leashWith(script: string, args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, ['--import', pathToFileURL(script).href, command, ...args], {
    env: { ...process.env, NODE_OPTIONS: `--import ${pathToFileURL(script).href}` },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr += String(text);
  });
  return new Promise((resolve) => void child.on('close', (code) => resolve({ code, stderr })));
}

/** A folder with a config, and the rows of the run that nothing happened to. */
async function prepared(): Promise<{ folder: string; file: string; rows: string }> {
  const folder = temporaryFolder();
  const file = join(folder, 'a.json');
  writeFileSync(file, JSON.stringify(config));
  const { code, stderr } = await leash('train', file, '--quiet', '--runs', join(folder, 'whole'));
  require(code === 0, () => stderr);
  return { folder, file, rows: rowsOf(join(folder, 'whole', 'a', 'seed-0')) };
}

const rowsOf = (run: string): string => readFileSync(join(run, 'metrics.jsonl'), 'utf8');

async function requireResumed(run: string, rows: string): Promise<void> {
  const { code, stderr } = await leash('resume', run, '--quiet');
  require(code === 0, () => `resume exits with ${code}: ${stderr}`);
  require(rowsOf(run) === rows, () => `${run}: resumed, its rows are others`);
}

const clockJumps: Check = async (isShort) => {
  const { folder, file, rows } = await prepared();
  const years = isShort ? [-3] : [-60, -3, 3, 60];
  for (const year of years) {
    const script = join(folder, `clock${year}.mjs`);
    // Every 20 ms of its own time it stands that much elsewhere, or is right again.
    writeFileSync(
      script,
      `const Real = Date, now = Real.now;
const jumped = () => now() + (Math.floor(performance.now() / 20) % 2) * ${year * 365 * 86_400_000};
globalThis.Date = class extends Real {
  constructor(...given) { given.length > 0 ? super(...given) : super(jumped()); }
  static now() { return jumped(); }
};`,
    );
    const runs = join(folder, `runs${year}`);
    const run = join(runs, 'a', 'seed-0');
    for (const threads of ['1', '2']) {
      const made = await leashWith(script, ['train', file, '--quiet', '--threads', threads, '--runs', runs]);
      require(made.code === 0, () => `${year} years: exit ${made.code}: ${made.stderr}`);
      require(rowsOf(run) === rows, () => `${year} years: the rows are others`);
      const seconds = readFileSync(join(run, 'timing.jsonl'), 'utf8').trimEnd().split('\n');
      const times = seconds.map((line) => JSON.parse(line).seconds as number);
      require(times.every((time, i) => time > (times[i - 1] ?? 0)), () => 'its seconds go backwards');
      if (threads === '1') rmSync(runs, { recursive: true });
    }
    // Killed in one time, gone on with in another.
    const half = join(folder, `half${year}`, 'a', 'seed-0');
    cpSync(run, half, { recursive: true });
    rmSync(join(half, 'checkpoints', 'update-150.safetensors'));
    const record = JSON.parse(readFileSync(join(half, 'run.json'), 'utf8'));
    writeFileSync(join(half, 'run.json'), JSON.stringify({ ...record, status: 'running' }));
    const resumed = await leashWith(script, ['resume', half, '--quiet']);
    require(resumed.code === 0, () => `${year} years: resume exits with ${resumed.code}: ${resumed.stderr}`);
    require(rowsOf(half) === rows, () => `${year} years: resumed, its rows are others`);
  }
  rmSync(folder, { recursive: true });
  return `a clock that jumps by ${years.join(', ')} years and back every 20 ms: same rows on 1 and 2 threads, seconds ascending, killed runs go on`;
};

/** Every file below a folder with its size and time. */
function stateOf(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const { size, mtimeMs } = statSync(join(folder, name));
      return `${name} ${size} ${mtimeMs}`;
    })
    .join('\n');
}

const readOnly: Check = async () => {
  const { folder, file } = await prepared();
  const disk = join(folder, 'disk');
  const runs = join(disk, 'runs');
  const run = join(runs, 'a', 'seed-0');
  cpSync(join(folder, 'whole'), runs, { recursive: true });
  const mount = (...args: string[]): void => void execFileSync('mount', args, { stdio: 'pipe' });
  try {
    mount('--bind', disk, disk);
    mount('-o', 'remount,bind,ro', disk);
  } catch {
    if (existsSync('/proc/mounts') && readFileSync('/proc/mounts', 'utf8').includes(` ${disk} `))
      execFileSync('umount', [disk]);
    rmSync(folder, { recursive: true });
    throw new Skipped('nothing can be mounted here (it takes root)');
  }
  try {
    const before = stateOf(disk);
    const refused: (readonly string[])[] = [
      ['train', file, '--name', 'b', '--runs', runs],
      ['train', file, '--replace', '--runs', runs],
      ['train', '--from', `${run}@140`, '--runs', runs],
      ['resume', run, '--steps', '12800'],
      ['compare', file, '--seeds', '2', '--name', 'c', '--runs', runs],
      ['runs', 'rm', 'a', '--yes', '--runs', runs],
      ['export', run, '--format', 'json', '--out', join(disk, 'out.json')],
      ['plot', run, '--out', join(disk, 'out.svg')],
    ];
    for (const args of refused) {
      const { code, stderr } = await leash(...args);
      const lines = stderr.trimEnd().split('\n');
      require(code === 1 || code === 2, () => `${args.join(' ')}: exit ${code}: ${stderr}`);
      require(lines.length === 1 && /EROFS|read-only/.test(stderr), () => `${args.join(' ')}: ${stderr}`);
      require(stateOf(disk) === before, () => `${args.join(' ')}: something was touched`);
    }
    const read: (readonly string[])[] = [
      ['runs', '--runs', runs],
      ['verify', run, '--quick'],
      ['evaluate', run, '--episodes', '2'],
      ['plot', run],
    ];
    for (const args of read) {
      const { code, stderr } = await leash(...args);
      require(code === 0, () => `${args.join(' ')}: exit ${code}: ${stderr}`);
    }
    return `${refused.length} commands that write are refused in one line, nothing touched; ${read.length} that read work`;
  } finally {
    execFileSync('umount', [disk]);
    rmSync(folder, { recursive: true });
  }
};

const outOfMemory: Check = async (isShort) => {
  const { folder, file, rows } = await prepared();
  const times = isShort ? 1 : 5;
  let [died, began] = [0, 0];
  for (let i = 0; i < times; i++) {
    const script = join(folder, 'memory.mjs');
    writeFileSync(
      script,
      `import { existsSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
const wait = () => {
  if (!existsSync(${JSON.stringify(join(folder, 'runs', 'a', 'seed-0', 'checkpoints', 'update-20.safetensors'))})) return;
  clearInterval(timer);
  const all = [];
  for (;;) all.push(new Array(100000).fill(all.length + 0.5));
};
const timer = isMainThread ? setInterval(wait, 1) : undefined;
timer?.unref();`,
    );
    const runs = join(folder, 'runs');
    const run = join(runs, 'a', 'seed-0');
    const heap = `--max-old-space-size=${40 + 10 * i}`;
    const child = spawn(
      process.execPath,
      [heap, '--import', pathToFileURL(script).href, command, 'train', file, '--quiet', '--runs', runs],
      { stdio: 'ignore' },
    );
    const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
      child.on('close', (code, signal) => resolve([code, signal]));
    });
    if (code === 0) began += 1;
    else {
      died += 1;
      require(signal === 'SIGABRT' || code === 134, () => `exit ${code}, ${signal}`);
      const { stdout } = await leash('runs', '--runs', runs, '--json');
      const [listed] = JSON.parse(stdout) as [{ status: string; resumesFrom: number | null }];
      require(listed.status === 'dead' && (listed.resumesFrom ?? 0) >= 20, () => stdout.slice(0, 400));
      await requireResumed(run, rows);
    }
    rmSync(runs, { recursive: true });
  }
  rmSync(folder, { recursive: true });
  require(died > 0, () => `no run ran out of memory, ${began} ended before`);
  return `${died} runs ended by V8 for want of memory: dead in the list, each resumed to the rows of one that had enough`;
};

/** A script by which the first thread that gets so far ends, as one does that runs out of memory. */
function dyingThread(folder: string, condition: string): string {
  const [script, marker] = [join(folder, 'thread.mjs'), join(folder, 'died')];
  writeFileSync(
    script,
    `import { closeSync, existsSync, openSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
const die = () => {
  try { closeSync(openSync(${JSON.stringify(marker)}, 'wx')); } catch { return; }
  process.exit(7);
};
if (!isMainThread) { ${condition} }`,
  );
  return script;
}

const workers: Check = async (isShort) => {
  const { folder, file } = await prepared();
  const compare = (name: string): string[] => {
    const given = ['--seeds', '3', '--workers', '2', '--name', name, '--runs', folder, '--json'];
    return ['compare', file, ...given];
  };
  const rowsIn = (name: string): string =>
    [0, 1, 2].map((seed) => rowsOf(join(folder, name, 'a', `seed-${seed}`))).join('');
  const whole = await leash(...compare('made'));
  require(whole.code === 0, () => whole.stderr);
  const times = isShort ? 1 : 5;
  for (let i = 0; i < times; i++) {
    const first = join(folder, 'lost', 'a', 'seed-1', 'checkpoints', `update-${10 + 30 * i}.safetensors`);
    const condition = `const timer = setInterval(() => { if (existsSync(${JSON.stringify(first)})) { clearInterval(timer); die(); } }, 1);`;
    const script = dyingThread(folder, condition);
    const { code, stderr } = await leashWith(script, compare('lost'));
    require(existsSync(join(folder, 'died')), () => 'no thread died');
    require(code === 0 || code === 1, () => `exit ${code}: ${stderr}`);
    const again = await leash(...compare('lost'));
    require(again.code === 0, () => `called again: exit ${again.code}: ${again.stderr}`);
    require(rowsIn('lost') === rowsIn('made'), () => 'the rows of a comparison whose thread died are others');
    rmSync(join(folder, 'lost'), { recursive: true });
    rmSync(join(folder, 'died'));
  }
  rmSync(folder, { recursive: true });
  return `${times} comparisons one of whose threads ended: called again each wrote the rows of one whose threads lived`;
};

const critics: Check = async (isShort) => {
  const { folder, file, rows } = await prepared();
  const looks = isShort ? [300_000] : [20_000, 100_000, 300_000, 600_000];
  let failed = 0;
  for (const after of looks) {
    const script = dyingThread(
      folder,
      `const load = Atomics.load; let looks = 0;
Atomics.load = (...given) => { if (++looks === ${after}) die(); return load(...given); };`,
    );
    const runs = join(folder, 'runs');
    const run = join(runs, 'a', 'seed-0');
    const { code, stderr } = await leashWith(script, [
      'train',
      file,
      '--quiet',
      '--threads',
      '2',
      '--runs',
      runs,
    ]);
    if (existsSync(join(folder, 'died')) && code !== 0) {
      failed += 1;
      const lines = stderr.trimEnd().split('\n');
      require(code === 1 && lines.length === 1, () => `exit ${code}: ${stderr}`);
      require(/the thread of the value network has ended/.test(stderr), () => stderr);
      const record = JSON.parse(readFileSync(join(run, 'run.json'), 'utf8'));
      require(record.status === 'failed' && record.failure !== undefined, () => JSON.stringify(record));
      if (record.updates >= 10) await requireResumed(run, rows);
    }
    rmSync(runs, { recursive: true, force: true });
    rmSync(join(folder, 'died'), { force: true });
    await setTimeout(10);
  }
  rmSync(folder, { recursive: true });
  require(failed > 0, () => 'no thread died in the course of a run');
  return `${failed} of ${looks.length} runs lost the thread of their value network: failed in one line, resumed to the same rows`;
};

export const checks: Record<string, Check> = {
  'clock-jumps': clockJumps,
  'read-only': readOnly,
  'out-of-memory': outOfMemory,
  'dying-workers': workers,
  'dying-critics': critics,
};
