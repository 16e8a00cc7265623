import { join } from 'node:path';
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
    const { BEGINNINGS, requireOutsideRuns, writeOutput } = await import('../../run/output-file.ts');
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
    const target = given.csv ?? given.tensorboard ?? '';
    try {
      if (given.csv !== undefined) {
        const { tidyCsv } = await import('../../plot/tidy-csv.ts');
        writeOutput('--csv', given.csv, tidyCsv(runs), BEGINNINGS.csv);
      } else {
        requireOutsideRuns('--tensorboard', target);
        const { encodeEvents, valuesLeftOut } = await import('../../plot/tensorboard.ts');
        const folders = foldersOf(runs, target);
        for (const [i, run] of runs.entries()) {
          problems.push(...valuesLeftOut(run));
          const startedAt = Date.parse(readFacts(run.path).record?.startedAt ?? '') / 1000 || 0;
          const folder = folders[i];
          const made = makeFolders(folder);
          const file = join(folder, `events.out.tfevents.${Math.floor(startedAt)}.leash`);
          try {
            writeOutput('--tensorboard', file, encodeEvents(run, startedAt), EVENTS);
          } catch (cause) {
            removeEmpty(made);
            throw cause;
          }
        }
      }
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === undefined) throw cause;
      throw new UserError(
        `--${given.csv === undefined ? 'tensorboard' : 'csv'} ${target}: cannot write there (${code})`,
      );
    }
    const rows = runs.reduce((sum, run) => sum + run.updates.length, 0);
    const notes = target === '/dev/stdout' ? process.stderr : process.stdout;
    notes.write(`${oneLine(target)}: ${counted(runs.length, 'run')}, ${counted(rows, 'row')}\n`);
    for (const problem of problems) process.stderr.write(`${oneLine(problem)}\n`);
    return 0;
  },
});

/**
 * `DIR/NAME/seed-N` of each run. A name that leads elsewhere, as that of one of two `v` does (`../../runs/v`), leads below DIR.
 * @throws UserError where two runs would be in one
 */
function foldersOf(runs: readonly { name: string; seed: number; path: string }[], dir: string): string[] {
  const taken = new Map<string, string>();
  return runs.map(({ name, seed, path }) => {
    const parts = name.split(/[\\/]/).filter((part) => !['', '.', '..'].includes(part));
    const folder = join(dir, ...parts, `seed-${seed}`);
    const other = taken.get(folder);
    if (other !== undefined)
      throw new UserError(`--tensorboard: ${other} and ${path} would both be ${folder}; export them apart`);
    taken.set(folder, path);
    return folder;
  });
}
