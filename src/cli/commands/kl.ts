import { UserError } from '../../user-error.ts';
import { defineCommand } from '../command.ts';

/** More would take long and teach nothing new. */
const MOST_SAMPLES = 10_000_000;

export const klCommand = defineCommand({
  summary: 'two distributions side by side: entropy, cross-entropy, KL both ways',
  flags: {
    p: { type: 'text', describe: 'P: 0.5,0.3,0.2 or a .json or .csv file' },
    q: { type: 'text', describe: 'Q, likewise' },
    file: { type: 'text', describe: '.json or .csv file of both' },
    labels: { type: 'text', describe: 'names of the outcomes: red,blue' },
    logits: { type: 'switch', describe: 'the numbers are logits: softmax comes first' },
    counts: { type: 'switch', describe: 'the numbers are counts: divided by their sum' },
    gaussian: { type: 'switch', describe: 'mean and standard deviation in turn: 0,1' },
    bits: { type: 'switch', describe: 'in bits; without it in nats' },
    samples: { type: 'text', describe: 'estimate KL(P‖Q) by k1, k2, k3 from so many samples of P' },
    seed: { type: 'text', describe: 'seed of the samples; default 0' },
    json: { type: 'switch', describe: 'print one JSON object, nothing else' },
  },
  examples: ['$0 kl --p 0.5,0.3,0.2 --q 0.4,0.4,0.2 --labels red,blue,green'],
  async run(given) {
    const { encodeJson } = await import('../../row/json.ts');
    const { wholeNumber } = await import('../flag-values.ts');
    const { accountOf } = await import('../kl/account.ts');
    const { print, printJson } = await import('../print/print.ts');
    const chosen = (['logits', 'counts', 'gaussian'] as const).filter((flag) => given[flag]);
    if (chosen.length > 1) throw new UserError(`--${chosen[0]} and --${chosen[1]} exclude each other`);
    if (given.seed !== undefined && given.samples === undefined)
      throw new UserError('--seed is that of the samples: it needs --samples');
    const samples = given.samples === undefined ? 0 : wholeNumber('samples', given.samples, 1, MOST_SAMPLES);
    const seed = wholeNumber('seed', given.seed ?? '0', 0);
    const { data, lines } = accountOf({ ...given, samples, seed });
    if (given.json) printJson(encodeJson(data));
    else print(lines.join('\n'));
    return 0;
  },
});
