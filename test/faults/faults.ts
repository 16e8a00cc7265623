/**
 * What is done to leash from outside, as often as it takes to believe it: `tsx test/faults/faults.ts [--short] [NAME…]`.
 * Needs a build. Prints a line a check and the counts; exit code 1 where one failed.
 */
import temporaryFolder from '../temporary-folder.ts';
import { type Check, Skipped } from './check.ts';

/** The checks, by name; each file holds one or a few of a kind. */
const checks: Record<string, () => Promise<Record<string, Check>>> = {
  races: async () => (await import('./races.ts')).checks,
  signals: async () => (await import('./signals.ts')).checks,
  kills: async () => (await import('./kills.ts')).checks,
  disk: async () => (await import('./disk.ts')).checks,
  resumed: async () => (await import('./resumed.ts')).checks,
  machine: async () => (await import('./machine.ts')).checks,
  queue: async () => (await import('./queue.ts')).checks,
  damaged: async () => (await import('./damaged.ts')).checks,
};

const isShort = process.argv.includes('--short');
const wanted = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const counts = { passed: 0, failed: 0, skipped: 0 };
const removeFolder = temporaryFolder();

for (const [group, load] of Object.entries(checks)) {
  for (const [name, check] of Object.entries(await load())) {
    if (wanted.length > 0 && !wanted.includes(group) && !wanted.includes(name)) continue;
    const start = performance.now();
    const say = (outcome: keyof typeof counts, words: string): void => {
      counts[outcome] += 1;
      const seconds = Math.round((performance.now() - start) / 1000);
      process.stdout.write(`${outcome.toUpperCase().padEnd(8)}${name}: ${words} (${seconds} s)\n`);
    };
    try {
      say('passed', await check(isShort));
    } catch (cause) {
      if (cause instanceof Skipped) say('skipped', cause.message);
      else say('failed', (cause as Error).stack ?? String(cause));
    }
  }
}
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
// What failed can be looked at.
if (counts.failed === 0) removeFolder?.();
process.exitCode = counts.failed > 0 ? 1 : 0;
