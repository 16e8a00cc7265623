import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { withPaths } from '../config/file-paths.ts';
import { parseBySchema } from '../config/parse-by-schema.ts';
import type { Config } from '../config/schema.ts';
import { readJsonFile } from '../node/text-file.ts';
import * as z from '../packages/zod.ts';
import { isShardName } from '../run/experiment-files.ts';
import { naturalOrder } from '../run/natural-order.ts';
import { shellWord } from '../run/run-name.ts';
import { shorten, UserError } from '../user-error.ts';
import { settingsText } from './differences.ts';
import { LEASH_VERSION } from '../version.ts';
import type { Part } from './experiment-lock.ts';

const MOST_SHARDS = 100_000;

/** What `shard-2-of-4.json` says in the folder of an experiment: of what study some of the runs there are. */
export interface ShardFile extends Part {
  readonly format: 'leash-shard-1';
  readonly leash: string;
  /** `--name` of the whole. */
  readonly name: string;
  /** Makes the report, once all runs are there. */
  readonly command: string;
  /** In the order of the report. */
  readonly configs: readonly {
    readonly label: string;
    /** Of all settings that change a run, files by their names. */
    readonly sha256: string;
  }[];
  readonly seeds: readonly number[];
}

const schema = z.strictObject({
  format: z.literal('leash-shard-1'),
  leash: z.string(),
  index: z.int().min(1),
  count: z.int().min(1),
  name: z.string(),
  command: z.string(),
  configs: z.array(z.strictObject({ label: z.string(), sha256: z.string() })),
  seeds: z.array(z.int().min(0)),
});

/** `--shard 2/4`. @throws UserError */
export function parseShard(text: string): Part {
  const found = /^(\d{1,6})\/(\d{1,6})$/.exec(text.trim());
  const [index, count] = [Number(found?.[1]), Number(found?.[2])];
  if (index >= 1 && index <= count && count <= MOST_SHARDS) return { index, count };
  throw new UserError(
    `--shard must be i/n, the i-th of n parts with 1 ≤ i ≤ n ≤ ${MOST_SHARDS}, got ${JSON.stringify(text)}`,
  );
}

/**
 * Whether a run is of a shard. Every n runs one after the other are dealt out, one to each, and the next n begin with
 * another: so each shard gets about as many, and as many of each config. Seeds that come later change nothing of it.
 * @param place of the run among all, seed by seed
 */
export function isOfShard({ index, count }: Part, place: number): boolean {
  return (place + Math.floor(place / count)) % count === index - 1;
}

/** SHA-256 of the settings of a config that change a run, but for its seed. A file is its name: it may stand elsewhere. */
export function hashOfConfig(config: Config): string {
  const settings = settingsText(withPaths(config, (path) => basename(path)));
  return createHash('sha256').update(settings).digest('hex');
}

/** A shard of an experiment by this leash. */
export function shardOf(
  { index, count }: Part,
  {
    name,
    command,
    contestants,
    seeds,
  }: Pick<ShardFile, 'name' | 'command' | 'seeds'> & {
    readonly contestants: readonly { readonly label: string; readonly config: Config }[];
  },
): ShardFile {
  const configs = contestants.map(({ label, config }) => ({ label, sha256: hashOfConfig(config) }));
  return { format: 'leash-shard-1', leash: LEASH_VERSION, index, count, name, command, configs, seeds };
}

/** In what the studies of two shards are not the same, in words; undefined: they are. */
export function studyDifference(a: ShardFile, b: ShardFile): string | undefined {
  if (a.leash !== b.leash) return `leash ${a.leash}, not ${b.leash}`;
  const [labels, others] = [a, b].map(({ configs }) => configs.map(({ label }) => label).join(', '));
  if (labels !== others) return `configs ${shorten(labels, 60)}, not ${shorten(others, 60)}`;
  const changed = a.configs.find(({ sha256 }, i) => sha256 !== b.configs[i].sha256);
  return changed && `other settings of ${changed.label}`;
}

/** The command that makes the report, for a folder. */
export function reportCommand(shard: ShardFile, runs: string, name: string): string {
  const named = ` --name ${shellWord(shard.name)}`;
  const before = shard.command.endsWith(named) ? shard.command.slice(0, -named.length) : shard.command;
  return `${before} --name ${shellWord(name)}${runs === 'runs' ? '' : ` --runs ${shellWord(runs)}`}`;
}

/** Of an experiment's folder. @throws UserError where one is damaged */
export function shardFilesIn(folder: string): { readonly path: string; readonly file: ShardFile }[] {
  return readdirSync(folder)
    .filter(isShardName)
    .sort(naturalOrder)
    .map((name) => {
      const path = join(folder, name);
      return { path, file: parseBySchema(schema, readJsonFile(path, 'file'), path) };
    });
}
