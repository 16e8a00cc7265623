import { join } from 'node:path';
import type { RunsThere } from '../../experiment/experiment.ts';
import { reportCommand, type ShardFile } from '../../experiment/shard.ts';
import type { Merged } from '../../experiment/merge-shards.ts';
import type { PlannedRun } from '../../experiment/pool.ts';
import { counted } from '../../elementary/thousands.ts';
import { paint } from './print.ts';

/** Runs that are named; the others are counted. */
const MOST_NAMED = 5;

/**
 * What there is when a shard has made its runs and those of others are missing.
 * @param runs the folder of runs
 */
export function describeShard(shard: ShardFile, there: RunsThere | undefined, runs: string): string {
  const { index, count, name } = shard;
  if (there === undefined)
    return `${paint('dim', 'report')}  all runs are there; another shard writes the report`;
  const { all, own, missing, ownMissing } = there;
  const whole = ownMissing === 0 ? 'all there' : `${ownMissing} not there whole`;
  return [
    `${paint('dim', 'shard')}   ${index}/${count}: ${counted(own, 'run')}, ${whole}`,
    `${paint('dim', 'there')}   ${all - missing.length} of ${counted(all, 'run')} in ${join(runs, name)}; missing: ${namedRuns(missing.map(nameOf))}`,
    `${paint('dim', 'next')}    the other shards, here or elsewhere (leash runs merge); then ${reportCommand(shard, runs, name)}`,
  ].join('\n');
}

/** The same as an object; `missing` is empty where another shard writes the report. */
export function shardAsJson({ index, count, name }: ShardFile, there: RunsThere | undefined): object {
  const shard = { name, shard: `${index}/${count}` };
  if (there === undefined) return { ...shard, missing: [] };
  const { all, own, missing, ownMissing } = there;
  return { ...shard, runs: all, own, ownMissing, missing: missing.map(nameOf) };
}

/** What `leash runs merge` did and left, a line each. */
export function mergeLines({ folder, taken, there, left, missing, command, shards }: Merged): string[] {
  const before = there > 0 ? `, ${there} were there` : '';
  return [
    `${paint('dim', 'merged')}  ${counted(taken, 'run')} into ${folder}${before}`,
    ...left.map((line) => `${paint('dim', 'left')}    ${line}`),
    ...(missing.length > 0
      ? [`${paint('dim', 'missing')} ${counted(missing.length, 'run')}: ${namedRuns(missing)}`]
      : []),
    ...(shards === null
      ? [`${paint('dim', 'next')}    ${command}`]
      : [
          `${paint('dim', 'next')}    each of the ${shards.count} shards goes on where this folder is, the first by  ${shards.first}`,
          `${paint('dim', 'or')}      one machine makes the rest  ${command}`,
        ]),
  ];
}

/** `clip/seed-3, clip/seed-7 and 4 more` */
function namedRuns(names: readonly string[]): string {
  const more = names.length - MOST_NAMED;
  return `${names.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function nameOf({ label, config }: PlannedRun): string {
  return `${label}/seed-${config.seed}`;
}
