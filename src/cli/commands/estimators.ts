import { defineCommand } from '../command.ts';

/** So many sequences are gone through for each of the estimates. */
const MOST_SEQUENCES = 1024;
/** More would take long and teach nothing new. */
const MOST_SAMPLES = 10_000_000;

export const estimatorsCommand = defineCommand({
  summary: 'estimators of KL(π‖π_ref) against its exact gradient: bias, angle, spread',
  flags: {
    vocabulary: { type: 'text', default: '3', describe: 'tokens there are' },
    length: { type: 'text', default: '3', describe: 'tokens of a sequence' },
    steps: { type: 'text', default: '4', describe: 'gradient steps from π_old to π, off-policy' },
    'step-size': { type: 'text', default: '1', describe: 'of those steps' },
    beta: { type: 'text', default: '0.1', describe: 'β of the objective that they ascend' },
    samples: { type: 'text', default: '1000000', describe: 'sequences drawn to measure the estimates' },
    seed: { type: 'text', default: '0', describe: 'of policies, rewards and sequences' },
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
    const vocabulary = wholeNumber('vocabulary', given.vocabulary, 2, MOST_SEQUENCES);
    const length = wholeNumber('length', given.length, 1, 10);
    if (vocabulary ** length > MOST_SEQUENCES)
      throw new UserError(
        `--vocabulary ${vocabulary} --length ${length} makes ${vocabulary ** length} sequences, at most ${MOST_SEQUENCES} are gone through`,
      );
    const settings = {
      vocabulary,
      length,
      steps: wholeNumber('steps', given.steps, 1, 10_000),
      stepSize: positiveNumber('step-size', given.stepSize, 1000),
      beta: positiveNumber('beta', given.beta, 1000),
      samples: wholeNumber('samples', given.samples, 2, MOST_SAMPLES),
      seed: wholeNumber('seed', given.seed, 0),
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
