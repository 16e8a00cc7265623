import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findEnvironment } from '../../envs/registry.ts';
import { loadDataset } from '../../src/fit/dataset.ts';
import { fitModel } from '../../src/fit/fit.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { nodeHost } from '../../src/node/host.ts';
import { startCriticThread } from '../../src/node/start-critic-thread.ts';
import { readPolicyFile } from '../../src/node/policy.ts';
import { createRun } from '../../src/run/run-directory.ts';
import type { RunWriter } from '../../src/run/run-writer.ts';
import { train } from '../../src/train/train.ts';
import type { GoldenCase, Threads } from './cases.ts';

/** What a golden case left behind, as hashes.json holds it. */
export interface GoldenRecord {
  /** SHA-256 of the parameters, policy then value, as run.json has it. */
  readonly parameters: string;
  /** SHA-256 of metrics.jsonl: no column of it is of the clock, those stand in timing.jsonl. */
  readonly rows: string;
  /** SHA-256 of ledger.jsonl, where there is one. */
  readonly ledger?: string;
  /** SHA-256 of the observation moments of the policy, where it has some. */
  readonly moments?: string;
  /** Where rows differ: four hexadecimal digits for the row of each update, … */
  readonly byUpdate: string;
  /** … and for each column, down all rows: `returnMean:3fa2`. */
  readonly byColumn: string;
}

/** Runs a case as `leash train` and `leash fit` do and reads what is on disk then. */
export async function recordCase(golden: GoldenCase, threads: Threads): Promise<GoldenRecord> {
  const runs = mkdtempSync(join(tmpdir(), 'leash-golden-'));
  try {
    const directory = createRun(runs, 'golden', golden.work.config);
    const parameters = await runCase(golden, threads, directory);
    return { parameters, ...readFiles(directory.path) };
  } finally {
    rmSync(runs, { recursive: true, force: true });
  }
}

/** @returns the parameters' hash that run.json holds */
async function runCase(
  { work, updates }: GoldenCase,
  threads: Threads,
  directory: RunWriter,
): Promise<string> {
  let done = 0;
  const signal = {
    get aborted() {
      return done >= updates;
    },
  };
  if (work.kind === 'fit') {
    const { config, file } = work;
    const dataset = loadDataset(config, file);
    const { record } = await fitModel({
      config,
      dataset,
      engine: await loadEngine(config.engine),
      directory,
    });
    return String(record.parametersSha256);
  }
  const { config } = work;
  const definition = findEnvironment(config.environment.id as string);
  const engine = await loadEngine(config.engine, config);
  const onUpdate = (): void => {
    done += 1;
  };
  const second = threads === 2 ? { threads, start: startCriticThread } : undefined;
  const record = await train({
    config,
    definition,
    engine,
    directory,
    host: nodeHost,
    second,
    signal,
    onUpdate,
  });
  return String(record.parametersSha256);
}

function readFiles(run: string): Omit<GoldenRecord, 'parameters'> {
  const [policy, ledger] = ['policy.safetensors', 'ledger.jsonl'].map((name) => join(run, name));
  const moments = existsSync(policy) ? readPolicyFile(policy).observationMoments : undefined;
  const metrics = readFileSync(join(run, 'metrics.jsonl'), 'utf8');
  return {
    rows: sha256(metrics),
    ...(existsSync(ledger) && { ledger: sha256(readFileSync(ledger, 'utf8')) }),
    ...(moments && { moments: sha256(JSON.stringify(moments)) }),
    ...whereRowsDiffer(metrics.trimEnd().split('\n')),
  };
}

/** Short hashes of the rows and of the columns. @param lines of metrics.jsonl */
export function whereRowsDiffer(lines: readonly string[]): Pick<GoldenRecord, 'byUpdate' | 'byColumn'> {
  const rows = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const columns = names.map((name) => {
    const values = rows.map((row) => JSON.stringify(row[name])).join();
    return `${name}:${sha256(values).slice(0, 4)}`;
  });
  return { byUpdate: lines.map((line) => sha256(line).slice(0, 4)).join(' '), byColumn: columns.join(' ') };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
