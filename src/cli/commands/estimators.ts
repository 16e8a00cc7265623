import { defineCommand } from '../command.ts';

/** So many sequences are gone through for each of the estimates. */
const MOST_SEQUENCES = 1024;
/** More would take long and teach nothing new. */
const MOST_SAMPLES = 10_000_000;

export const estimatorsCommand = defineCommand({
  summary: 'estimators of KL(π‖π_ref) against its exact gradient: bias, angle, spread',
  flags: {
    vocabulary: { type: 'text', describe: 'tokens there are; default 3' },
    length: { type: 'text', describe: 'tokens of a sequence; default 3' },
    steps: { type: 'text', describe: 'gradient steps from π_old to π, off-policy; default 4' },
    'step-size': { type: 'text', describe: 'of those steps; default 1' },
    beta: { type: 'text', describe: 'β of the objective that they ascend; default 0.1' },
    samples: { type: 'text', describe: 'sequences drawn to measure the estimates; default 1000000' },
    seed: { type: 'text', describe: 'of policies, rewards and sequences; default 0' },
    csv: { type: 'text', describe: 'file: a row a cell' },
    json: { type: 'switch', describe: 'print one JSON object, nothing else' },
  },
  examples: ['$0 estimators --vocabulary 2 --length 5 --steps 10'],
  async run(given) {
    const { encodeJson } = await import('../../row/json.ts');
    const { positiveNumber, wholeNumber } = await import('../flag-values.ts');
    const { estimatorTable, tableCsv } = await import('../../drift/table.ts');
    const { describeEstimators } = await import('../print/estimators.ts');
    const { print, printJson } = await import('../print/print.ts');
    const { writeOutput, requireWritable } = await import('../../run/output-file.ts');
    const { UserError } = await import('../../user-error.ts');
    const whole = (
      flag: 'vocabulary' | 'length' | 'steps' | 'samples' | 'seed',
      usual: number,
      least: number,
      most?: number,
    ): number => wholeNumber(flag, given[flag] ?? String(usual), least, most);
    const vocabulary = whole('vocabulary', 3, 2, MOST_SEQUENCES);
    const length = whole('length', 3, 1, 10);
    if (vocabulary ** length > MOST_SEQUENCES)
      throw new UserError(
        `--vocabulary ${vocabulary} --length ${length} makes ${vocabulary ** length} sequences, at most ${MOST_SEQUENCES} are gone through`,
      );
    const settings = {
      vocabulary,
      length,
      steps: whole('steps', 4, 1, 10_000),
      stepSize: positiveNumber('step-size', given.stepSize ?? '1', 1000),
      beta: positiveNumber('beta', given.beta ?? '0.1', 1000),
      samples: whole('samples', 1_000_000, 2, MOST_SAMPLES),
      seed: whole('seed', 0, 0),
    };
    if (given.csv !== undefined) requireWritable('--csv', given.csv, CSV_BEGINNING);
    const table = estimatorTable(settings);
    if (given.csv !== undefined) writeOutput('--csv', given.csv, tableCsv(table), CSV_BEGINNING);
    if (given.json) printJson(encodeJson(table, 2));
    else print(describeEstimators(table).join('\n'));
    return 0;
  },
});

/** What such a file begins with, so that it can be written again. */
const CSV_BEGINNING = 'placement,estimator';
