import { join } from 'node:path';
import type { Output } from '../../run/durable-file.ts';
import { oneLine, UserError } from '../../user-error.ts';
import { defineCommand } from '../command.ts';
import { runsFlag } from '../shared-flags.ts';

/** An event file begins with its first record: 24 bytes, in eight of them. */
const EVENTS = '\u0018\0\0\0\0\0\0\0';

export const runsExportCommand = defineCommand({
  summary: 'their rows, for other tools',
  arguments: { RUN: { type: 'several', describe: 'runs or folders of runs' } },
  flags: {
    csv: { type: 'text', describe: 'file: one tidy table' },
    tensorboard: { type: 'text', describe: 'folder: event files' },
    ...runsFlag,
  },
  async run(given) {
    const { counted } = await import('../../elementary/thousands.ts');
    const { findRuns, readFacts, readPlottedRuns } = await import('../../plot/read-runs.ts');
    const { repeatedAmong } = await import('../../plot/repeated-runs.ts');
    const { BEGINNINGS, requireOutsideRuns, writeOutput, writeOutputs } = await import(
      '../../run/output-file.ts'
    );
    const { makeFolders, removeEmpty } = await import('../../run/folders.ts');
    const { environmentOptions } = await import('../../../envs/environment-options.ts');
    if ((given.csv === undefined) === (given.tensorboard === undefined)) {
      throw new UserError('runs export needs --csv FILE or --tensorboard DIR, one of them');
    }
    const paths = findRuns(given.RUN, given.runs);
    const reading = { timing: given.tensorboard !== undefined, environments: environmentOptions };
    const { runs, leftOut } = readPlottedRuns(paths, reading);
    if (runs.length === 0) throw new UserError(leftOut[0]);
    const problems = [...leftOut, ...runs.flatMap((run) => run.problems)];
    const [flag, target] =
      given.csv === undefined ? ['--tensorboard', given.tensorboard ?? ''] : ['--csv', given.csv];
    const placeOf = (run: (typeof runs)[number]): string =>
      given.csv === undefined ? folderOf(run, target) : `run ${run.name}, seed ${run.seed}`;
    const [repeated] = repeatedAmong(runs, placeOf);
    if (repeated !== undefined) {
      const [one, other] = repeated;
      throw new UserError(
        `${flag}: ${one.path} and ${other.path} would both be ${placeOf(one)}; export them apart`,
      );
    }
    try {
      if (given.csv !== undefined) {
        const { tidyCsv } = await import('../../plot/tidy-csv.ts');
        writeOutput('--csv', given.csv, tidyCsv(runs), BEGINNINGS.csv);
      } else {
        requireOutsideRuns('--tensorboard', target);
        const { encodeEvents, valuesLeftOut } = await import('../../plot/tensorboard.ts');
        const made: string[] = [];
        const events = function* (): Iterable<Output> {
          for (const run of runs) {
            problems.push(...valuesLeftOut(run));
            const startedAt = Date.parse(readFacts(run.path).record?.startedAt ?? '') / 1000 || 0;
            const folder = placeOf(run);
            made.unshift(...makeFolders(folder));
            const path = join(folder, `events.out.tfevents.${Math.floor(startedAt)}.leash`);
            yield { path, content: encodeEvents(run, startedAt) };
          }
        };
        try {
          writeOutputs('--tensorboard', events(), EVENTS);
        } catch (cause) {
          removeEmpty(made);
          throw cause;
        }
      }
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === undefined) throw cause;
      throw new UserError(`${flag} ${target}: cannot write there (${code})`);
    }
    const rows = runs.reduce((sum, run) => sum + run.updates.length, 0);
    const notes = target === '/dev/stdout' ? process.stderr : process.stdout;
    notes.write(`${oneLine(target)}: ${counted(runs.length, 'run')}, ${counted(rows, 'row')}\n`);
    for (const problem of problems) process.stderr.write(`${oneLine(problem)}\n`);
    return 0;
  },
});

/** `DIR/NAME/seed-N` of a run. A name that leads elsewhere, as that of one of two `v` does (`../../runs/v`), leads below DIR. */
function folderOf({ name, seed }: { readonly name: string; readonly seed: number }, dir: string): string {
  const parts = name.split(/[\\/]/).filter((part) => !['', '.', '..'].includes(part));
  return join(dir, ...parts, `seed-${seed}`);
}
