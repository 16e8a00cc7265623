import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Check, leash, require, Skipped, temporaryFolder } from './check.ts';

/** Bytes of the disk, and how often it is filled to another mark. */
const DISK = 1024 * 1024;
const MARKS = 24;

const config = {
  steps: 200_000,
  environment: { id: 'CartPole-v1', copies: 2 },
  rollout: { steps: 32 },
  ppo: { minibatchSize: 64, epochs: 1 },
  network: { policy: { hidden: [8] }, value: { hidden: [8] } },
};

/** A disk of its own, which the check fills. */
async function onDisk(check: (disk: string) => Promise<string>): Promise<string> {
  const disk = temporaryFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK}`, 'tmpfs', disk], { stdio: 'pipe' });
  } catch {
    rmSync(disk, { recursive: true });
    throw new Skipped('a small disk cannot be mounted here (it takes root)');
  }
  try {
    return await check(disk);
  } finally {
    execFileSync('umount', [disk]);
    rmSync(disk, { recursive: true });
  }
}

/** Every line but what the disk refused is there and whole. */
function requireWholeRows(path: string, updates: number): void {
  const text = readFileSync(join(path, 'metrics.jsonl'), 'utf8');
  const lines = text.split('\n').slice(0, -1);
  require(text === '' || text.endsWith('}\n'), () => `${path}: the last row is torn`);
  lines.forEach((line, i) => {
    require(JSON.parse(line).update === i + 1, () => `${path}: row ${i + 1} is another`);
  });
  require(lines.length === updates, () => `${path}: ${lines.length} rows, run.json says ${updates}`);
}

const fullDisk: Check = (isShort) =>
  onDisk(async (disk) => {
    const folder = temporaryFolder();
    const file = join(folder, 'a.json');
    writeFileSync(file, JSON.stringify(config));
    const marks = isShort ? 3 : MARKS;
    let begun = 0;
    for (let mark = 0; mark < marks; mark++) {
      const runs = join(disk, 'runs');
      mkdirSync(runs);
      // From a disk on which the run cannot begin to one that takes some hundred rows.
      writeFileSync(join(disk, 'filler'), Buffer.alloc(DISK - 20_000 - Math.round((mark * 300_000) / marks)));
      const { code, stderr } = await leash('train', file, '--quiet', '--runs', runs);
      const lines = stderr.trimEnd().split('\n');
      require(code === 1 && lines.length === 1, () => `exit ${code}: ${stderr}`);
      require(/no space left on the device/.test(stderr), () => stderr);
      const path = join(runs, 'a', 'seed-0');
      const { stdout } = await leash('runs', '--runs', runs, '--json');
      if (stdout !== '') {
        begun += 1;
        const record = JSON.parse(readFileSync(join(path, 'run.json'), 'utf8'));
        require(record.status === 'failed', () => `run.json says ${record.status}`);
        require(/no space left on the device/.test(record.failure), () => `it says why: ${record.failure}`);
        requireWholeRows(path, record.updates);
        const [run] = JSON.parse(stdout);
        require(run.status === 'failed' && run.updates === record.updates, () => stdout);
        const removed = await leash('runs', 'rm', 'a', '--yes', '--runs', runs);
        require(removed.code === 0, () => removed.stderr);
      }
      rmSync(runs, { recursive: true });
    }
    rmSync(folder, { recursive: true });
    require(begun > 0, () => 'no run could begin');
    return `${marks} full disks: ${begun} runs recorded as failed with their reason, every row whole; ${marks - begun} refused at the start`;
  });

/** A checkpoint of 100 kB after every update, all kept: sooner or later the disk takes none any more. */
const checkpointing = {
  ...config,
  steps: 64 * 20,
  network: { policy: { hidden: [64] }, value: { hidden: [64, 64] } },
  checkpoint: { everyUpdates: 1, keep: 'all' },
};

const fullOfCheckpoints: Check = (isShort) =>
  onDisk(async (disk) => {
    const folder = temporaryFolder();
    const file = join(folder, 'a.json');
    writeFileSync(file, JSON.stringify(checkpointing));
    const train = (runs: string) => leash('train', file, '--quiet', '--runs', runs);
    const rowsOf = (runs: string): string => readFileSync(join(runs, 'a', 'seed-0', 'metrics.jsonl'), 'utf8');
    const whole = join(folder, 'whole');
    require((await train(whole)).code === 0, () => 'the run without a full disk fails');
    const marks = isShort ? 3 : MARKS;
    let [completed, told] = [0, 0];
    for (let mark = 0; mark < marks; mark++) {
      const runs = join(disk, 'runs');
      mkdirSync(runs);
      const filler = join(disk, 'filler');
      writeFileSync(filler, Buffer.alloc(DISK - 260_000 - Math.round((mark * 400_000) / marks)));
      const { code, stderr } = await train(runs);
      const path = join(runs, 'a', 'seed-0');
      const log = readFileSync(join(path, 'log.jsonl'), 'utf8');
      if (/no checkpoint of update \d+: .*no space left on the device/.test(log)) told += 1;
      // The end may need more than there is: then the run failed, and goes on when there is room.
      require(code === 0 || (code === 1 && /no space left/.test(stderr)), () => `exit ${code}: ${stderr}`);
      rmSync(filler);
      rmSync(join(path, 'checkpoints', 'update-1.safetensors'));
      if (code === 0) completed += 1;
      else {
        const resumed = await leash('resume', path, '--quiet');
        const isFull = resumed.code === 1 && /no space left/.test(resumed.stderr);
        require(resumed.code === 0 || isFull, () => `resume: ${resumed.stderr}`);
        if (isFull) {
          rmSync(runs, { recursive: true });
          continue;
        }
      }
      require(rowsOf(runs) === rowsOf(whole), () => `mark ${mark}: the rows are others`);
      rmSync(runs, { recursive: true });
    }
    rmSync(folder, { recursive: true });
    require(told > 0, () => 'no log says that a checkpoint did not fit');
    return `${marks} disks that filled up with checkpoints: ${completed} runs went on to their end without more (${told} logs say so), the others went on when there was room, to the same rows`;
  });

export const checks: Record<string, Check> = {
  'full-disk': fullDisk,
  'full-of-checkpoints': fullOfCheckpoints,
};
