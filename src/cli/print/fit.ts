import { exp } from '../../elementary/exponential.ts';
import type { Dataset } from '../../fit/dataset.ts';
import type { Fit, FitRecord } from '../../fit/fit.ts';
import type { FitRow } from '../../row/fit.ts';
import type { FitConfig } from '../../fit/schema.ts';
import { divergencesOfProbabilities } from '../../distributions/divergences.ts';
import { categoricalTable } from './divergences.ts';
import { paint } from './print.ts';
import { thousands } from '../../elementary/thousands.ts';
import { nats } from '../../elementary/nats.ts';
import { duration, quantity } from './quantities.ts';

/** Lines of a run. */
const LINES = 10;
/** Classes of the example shown at the end. */
const MOST_CLASSES = 12;

/** What is fitted, and where it goes. */
export function headlineOf(
  config: FitConfig,
  { count: examples, features, classes }: Dataset,
  path: string,
): string {
  const what = config.data.text === null ? 'classifier' : 'next-token model';
  const size = `${thousands(examples)} examples, ${thousands(features)} inputs, ${thousands(classes.length)} classes`;
  return `${paint('bold', what)}, seed ${config.seed}, ${size}; ${path}`;
}

/** Whether an epoch gets a line: about ten of a run do, the first and the last among them. */
export function isDue(epoch: number, epochs: number): boolean {
  return epoch === 1 || Math.floor((epoch * LINES) / epochs) > Math.floor(((epoch - 1) * LINES) / epochs);
}

/** An epoch. */
export function lineOf(
  { update, crossEntropy, entropyOfTarget, kl, accuracy }: FitRow,
  epochs: number,
): string {
  const sum = `H(P,Q) ${nats(crossEntropy)}  H(P) ${nats(entropyOfTarget)}  KL ${nats(kl)}`;
  return `epoch ${String(update).padStart(String(epochs).length)}/${epochs}  ${sum}  accuracy ${accuracy.toFixed(3)}`;
}

/** What was fitted, and one example of it. */
export function summaryOf({ record, logProbs }: Fit, dataset: Dataset, path: string): string[] {
  const example = mostTelling(dataset, logProbs);
  return [
    '',
    ...exampleTable(dataset, logProbs, example),
    '',
    ...endLines(record, path).map(([label, text]) => `${paint('dim', label.padEnd(10))}${text}`),
  ];
}

function endLines(record: FitRecord, path: string): [string, string][] {
  const { final } = record;
  return [
    ...(record.status === 'interrupted'
      ? ([['stopped', `interrupted after epoch ${record.updates} of ${record.updatesPlanned}`]] as [
          string,
          string,
        ][])
      : []),
    ...endOfLoss(record),
    [
      'accuracy',
      `${quantity(final.accuracy)}; the best that any model can have is ${quantity(record.bestAccuracy)}`,
    ],
    ['time', duration(record.seconds ?? 0)],
    ['run', path],
  ];
}

/** KL and H(P), and the least that they can be: more than 0 and H(P) where equal inputs have different targets. */
function endOfLoss({ initial, final, leastKl, leastCrossEntropy, ...record }: FitRecord): [string, string][] {
  const kl = `${nats(initial.kl)} before, ${nats(final.kl)} now`;
  const entropy = `${nats(final.entropyOfTarget)} all along`;
  if (leastKl === 0)
    return [
      ['KL(P‖Q)', kl],
      ['H(P)', `${entropy}: the least that the loss can be`],
    ];
  const [n, of] = [thousands(record.contradicted), thousands(record.examples)];
  return [
    ['KL(P‖Q)', `${kl}; the least that any model can have is ${nats(leastKl)}`],
    ['H(P)', `${entropy}; the least that the loss can be is ${nats(leastCrossEntropy)}:`],
    ['', `${n} of ${of} examples have the same input as one with another target`],
  ];
}

/** The example whose target is least certain, counting how often it comes; of equals the one fitted worst. */
function mostTelling(
  { count: examples, classes, targets, weights }: Dataset,
  logProbs: Float64Array,
): number {
  const K = classes.length;
  const tellings = Array.from({ length: examples }, (_, i) => {
    let agreement = 0;
    let loss = 0;
    for (let k = i * K; k < (i + 1) * K; k++) {
      const p = targets[k] as number;
      agreement += p * p;
      if (p > 0) loss -= p * (logProbs[k] as number);
    }
    return { i, uncertain: (weights[i] as number) * (1 - agreement), loss };
  });
  tellings.sort((a, b) => b.uncertain - a.uncertain || b.loss - a.loss);
  return tellings[0]?.i ?? 0;
}

/** Target and prediction of one example, side by side. */
function exampleTable(
  { classes, targets, nameOf }: Dataset,
  logProbs: Float64Array,
  example: number,
): string[] {
  const K = classes.length;
  const p = [...targets.subarray(example * K, (example + 1) * K)];
  const q = [...logProbs.subarray(example * K, (example + 1) * K)].map(exp);
  const table = categoricalTable(
    classes,
    p,
    q,
    divergencesOfProbabilities(p, q, classes, 'nats'),
    MOST_CLASSES,
  );
  return [`P and Q ${nameOf(example)}`, ...table];
}
