import { setImmediate } from 'node:timers/promises';
import { conduct, type Experiment } from '../../experiment/conduct.ts';
import { type ExperimentDirectory, openExperiment } from '../../experiment/experiment-directory.ts';
import type { Contestant } from '../../experiment/experiment.ts';
import type { RunsThere } from '../../experiment/experiment.ts';
import type { ReportData } from '../../experiment/report-data.ts';
import type { RunPool } from '../../experiment/pool.ts';
import { parseShard, shardOf } from '../../experiment/shard.ts';
import { openThreadPool } from '../../experiment/thread-pool.ts';
import type { Environments } from '../../node/environments.ts';
import { labelsOf } from '../../run/labels.ts';
import { encodeJson } from '../../row/json.ts';
import { remarksOn } from '../../train/train.ts';
import { oneLine } from '../../user-error.ts';
import { environmentOptions } from '../../../envs/environment-options.ts';
import { startDisplay } from './progress.ts';
import {
  type AskedEnvironment,
  canSnapshot,
  environmentsOf,
  requireMemoryForAll,
  workersOf,
} from './resources.ts';
import { paint, print, printJson } from '../print/print.ts';
import { describeReport } from '../print/report.ts';
import { describeShard, shardAsJson } from '../print/shard.ts';
import type { Listen } from '../signals.ts';

/** What an experiment is called, and the runs that it makes. */
export interface LocalExperiment {
  readonly kind: ReportData['kind'];
  readonly name: string;
  /** Those to train. */
  readonly contestants: readonly Contestant[];
  /** Labels of those whose runs are there. */
  readonly found: readonly string[];
  readonly seeds: readonly number[];
  readonly experiment: Experiment;
  /** Makes its report again. */
  readonly command: string;
}

/** Flags of how it is made. */
export interface LocalFlags {
  /** Folder of runs. */
  readonly runs: string;
  readonly workers?: string | undefined;
  readonly shard?: string | undefined;
  readonly queue?: string | undefined;
  readonly queuePrefix: string;
  readonly json?: boolean | undefined;
  readonly tag?: string | string[] | undefined;
  readonly note?: string | undefined;
}

/**
 * Conducts an experiment by threads of this process or by the workers of a queue, under bars and signals, and shows the
 * report.
 * @returns the exit code: 1 where a run failed, 129, 130 or 143 after a signal
 * @throws UserError before any run is made, where the runs do not fit into memory or another has the folder
 */
export async function conductHere(
  { kind, name, contestants, found, seeds, experiment, command }: LocalExperiment,
  given: LocalFlags,
  environments: Environments,
  listen: Listen,
): Promise<number> {
  const asked = await environmentsOf(contestants, environments);
  const display = given.json ? undefined : startDisplay();
  const tell = (line: string): void => {
    process.stderr.write(`${oneLine(line)}\n`);
    display?.leave();
  };
  const labels = labelsOf(given);
  const part = given.shard === undefined ? undefined : parseShard(given.shard);
  const shard = part && shardOf(part, { name, command, contestants, seeds });
  let there: RunsThere | undefined;
  const onMissing = (runs: RunsThere): void => {
    there = there === undefined ? runs : bothOf(there, runs);
  };
  const pool = await poolOf(given, contestants, asked, seeds.length, tell);
  let directory: ExperimentDirectory | undefined;
  const outside = listen(given.json ?? false);
  // What the signal's listener prints.
  outside.signal.addEventListener('abort', () => display?.leave());
  if (!given.json) tellRemarks(contestants, asked);
  try {
    directory = openExperiment(given.runs, name, environmentOptions, labels, shard);
    directory.marker.keepKind(
      kind,
      contestants.map(({ label }) => label),
      found,
    );
    const report = await conduct(experiment, directory, {
      ...{ pool, signal: outside.signal, display, onRemade: tell, resolve: environments.resolve, labels },
      shard: part && { ...part, onMissing },
    });
    if (report === undefined && shard !== undefined && !outside.signal.aborted) {
      if (given.json) printJson(encodeJson(shardAsJson(shard, there), 1));
      else print(describeShard(shard, there, given.runs));
      return there !== undefined && there.ownMissing > 0 ? 1 : 0;
    }
    if (report === undefined) {
      const words = 'stopped; the same command goes on from here';
      if (!given.json)
        process.stderr.write(
          given.queue === undefined ? `${words}\n` : `\n${words}, and workers make the runs meanwhile\n`,
        );
      return outside.exitCode();
    }
    if (given.json) printJson(encodeJson(report, 1));
    else {
      const written = `${paint('dim', 'report')}  ${directory.path}/report.html, ${directory.path}/report.json`;
      print(`\n${describeReport(report)}\n\n${written}`);
    }
    // A signal that came meanwhile is heard before the command ends as if there had been none.
    await setImmediate();
    const isWhole = report.configs.every(({ runs }) => runs.every(({ status }) => status === 'completed'));
    return outside.exitCode() || (isWhole ? 0 : 1);
  } finally {
    display?.stop();
    outside.stopListening();
    await pool.close();
    directory?.release();
  }
}

/** What a shard found where two batches of runs were made before any was looked at. */
function bothOf(one: RunsThere, other: RunsThere): RunsThere {
  return {
    all: one.all + other.all,
    own: one.own + other.own,
    missing: [...one.missing, ...other.missing],
    ownMissing: one.ownMissing + other.ownMissing,
  };
}

/**
 * Who makes the runs.
 * @param tell told what whoever watches should know, a line each
 * @throws UserError
 */
async function poolOf(
  { workers: given, queue, queuePrefix }: LocalFlags,
  contestants: readonly Contestant[],
  asked: readonly AskedEnvironment[],
  seeds: number,
  tell: (line: string) => void,
): Promise<RunPool> {
  if (queue !== undefined) {
    const { connect } = await import('../../queue/connection.ts');
    const { openQueuePool } = await import('../../queue/queue-pool.ts');
    return openQueuePool(await connect(queue, queuePrefix), tell);
  }
  const workers = workersOf(given, contestants);
  requireMemoryForAll(contestants, asked, Math.min(workers, contestants.length * seeds));
  return openThreadPool(workers);
}

/** What of a config is not wrong, and worth a word before it is trained. */
function tellRemarks(contestants: readonly Contestant[], asked: readonly AskedEnvironment[]): void {
  contestants.forEach(({ label, config }, i) => {
    for (const remark of remarksOn(config, asked[i].definition, canSnapshot(asked[i])))
      process.stderr.write(`leash: ${oneLine(label)}: ${remark}\n`);
  });
}
