import { basename } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { exp } from '../../elementary/exponential.ts';
import { type Dataset, loadDataset } from '../../fit/dataset.ts';
import type { FitRow } from '../../fit/row.ts';
import { type Fit, fitModel, type FitRecord } from '../../fit/fit.ts';
import { loadFit } from '../../fit/load.ts';
import { estimateFit } from '../../fit/memory-estimate.ts';
import type { FitConfig } from '../../fit/schema.ts';
import { loadEngine } from '../../network/engine.ts';
import { encodeJson } from '../../run/metrics.ts';
import { createRun } from '../../run/run-directory.ts';
import { count, duration, figure, nats } from '../print/quantities.ts';
import { overridesOf, type SettingFlags } from '../flag-values.ts';
import { compareProbabilities } from '../kl/divergences.ts';
import { categoricalTable } from '../print/divergences.ts';
import { paint, print, printJson } from '../print/print.ts';
import { requireMemory } from '../memory.ts';
import { type Listen, listenForSignals } from '../signals.ts';

/** Flags of `leash fit`. */
export interface FitFlags extends SettingFlags {
  CONFIG: string;
  runs: string;
  name?: string | undefined;
  quiet?: boolean | undefined;
  json?: boolean | undefined;
}

/** Lines of a run. */
const LINES = 10;
/** Classes of the example shown at the end. */
const MOST_CLASSES = 12;

/** `leash fit CONFIG`. */
export async function runFit(given: FitFlags, listen: Listen = listenForSignals): Promise<number> {
  const config = loadFit(given.CONFIG, overridesOf(given));
  const dataset = loadDataset(config, given.CONFIG, (sizes) =>
    requireMemory(estimateFit(config, sizes), given.CONFIG),
  );
  const engine = await loadEngine(config.engine);
  const isSilent = (given.quiet || given.json) ?? false;
  const say = (line: string): void => {
    if (!isSilent) print(line);
  };
  const outside = listen(isSilent);
  try {
    const directory = createRun(given.runs, given.name ?? basename(given.CONFIG, '.json'), config);
    const stopNoting = outside.onLostStream((notice) => directory.log.warn(notice));
    say(headline(config, dataset, directory.path));
    const onEpoch = (row: FitRow): void => {
      if (isDue(row.update, config.epochs)) say(lineOf(row, config.epochs));
    };
    const { signal } = outside;
    const done = await fitModel({ config, dataset, engine, directory, signal, onEpoch });
    stopNoting();
    if (given.json) printJson(encodeJson({ path: directory.path, ...done.record }));
    else for (const line of summaryOf(done, dataset, directory.path)) say(line);
    // A signal that came meanwhile is heard before the command ends as if there had been none.
    await setImmediate();
    return outside.exitCode();
  } finally {
    outside.stopListening();
  }
}

function headline(config: FitConfig, { count: examples, features, classes }: Dataset, path: string): string {
  const what = config.data.text === null ? 'classifier' : 'next-token model';
  const size = `${count(examples)} examples, ${count(features)} inputs, ${count(classes.length)} classes`;
  return `${paint('bold', what)}, seed ${config.seed}, ${size}; ${path}`;
}

/** About ten epochs a run, the first and the last among them. */
function isDue(epoch: number, epochs: number): boolean {
  return epoch === 1 || Math.floor((epoch * LINES) / epochs) > Math.floor(((epoch - 1) * LINES) / epochs);
}

function lineOf({ update, crossEntropy, entropyOfTarget, kl, accuracy }: FitRow, epochs: number): string {
  const sum = `H(P,Q) ${nats(crossEntropy)}  H(P) ${nats(entropyOfTarget)}  KL ${nats(kl)}`;
  return `epoch ${String(update).padStart(String(epochs).length)}/${epochs}  ${sum}  accuracy ${accuracy.toFixed(3)}`;
}

/** What was fitted, and one example of it. */
function summaryOf({ record, logProbs }: Fit, dataset: Dataset, path: string): string[] {
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
      `${figure(final.accuracy)}; the best that any model can have is ${figure(record.bestAccuracy)}`,
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
  const [n, of] = [count(record.contradicted), count(record.examples)];
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
  const table = categoricalTable(classes, p, q, compareProbabilities(p, q, classes, 'nats'), MOST_CLASSES);
  return [`P and Q ${nameOf(example)}`, ...table];
}
