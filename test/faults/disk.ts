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

export const checks: Record<string, Check> = { 'full-disk': fullDisk };
