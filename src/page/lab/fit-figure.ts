import type { Examples } from '../../fit/examples.ts';
import { type FitMeasures, measureFit } from '../../fit/measure-fit.ts';
import { createModel, type Model } from '../../fit/model.ts';
import type { FitConfig } from '../../fit/schema.ts';
import { referenceEngine } from '../../network/reference.ts';
import type { Figure } from '../../plot/figure.ts';
import { make } from '../elements.ts';
import { LiveFigure } from '../live-figure.ts';
import { onThemeChange } from '../theme.ts';
import { lineOf } from './estimator-figure.ts';
import { makeKnob } from './knob.ts';
import type { TutorialFigure } from './tutorial-figure.ts';

/** A fit as its file has it: the config, every setting there, and the examples, their arrays as JSON has arrays. */
export interface GivenFit {
  readonly config: FitConfig;
  readonly dataset: Omit<Examples, 'inputs' | 'targets' | 'weights'> &
    Readonly<Record<'inputs' | 'targets' | 'weights', readonly number[]>>;
}

/** Milliseconds of a frame that fitting may take. */
const SLICE = 8;
const RATES = { least: 0.0005, most: 0.5, isLogarithmic: true };
const CURVES = {
  crossEntropy: 'H(P,Q)',
  kl: 'KL(P‖Q)',
  entropyOfTarget: 'H(P)',
} as const satisfies Partial<Record<keyof FitMeasures, string>>;
const curveNames = Object.keys(CURVES) as (keyof typeof CURVES)[];

/** A next-token model that is fitted in the page, anew whenever something is turned. */
export function fitFigure({ config, dataset: given }: GivenFit): TutorialFigure {
  const dataset: Examples = {
    ...given,
    inputs: Float32Array.from(given.inputs),
    targets: Float64Array.from(given.targets),
    weights: Float64Array.from(given.weights),
  };
  const chart = make('div');
  const figure = new LiveFigure(chart, { zoom: undefined, log: false, seeds: true }, () => {});
  const told = make('p', 'muted');
  let { batchSize } = config;
  let { learningRate } = config.optimizer;
  let frame: number | undefined;
  let measures: FitMeasures[] = [];
  const show = (): void => {
    figure.show(curves(measures));
    const last = measures.at(-1);
    if (last === undefined) return;
    told.textContent = `epoch ${measures.length} of ${config.epochs}: H(P,Q) ${last.crossEntropy.toFixed(4)}, H(P) ${last.entropyOfTarget.toFixed(4)}, KL(P‖Q) ${last.kl.toFixed(4)}`;
  };
  const fitAnew = (): void => {
    if (frame !== undefined) cancelAnimationFrame(frame);
    measures = [];
    const optimizer = { ...config.optimizer, learningRate };
    const model = createModel({
      config: { ...config, batchSize, optimizer },
      dataset,
      engine: referenceEngine,
    });
    const slice = (): void => {
      const end = performance.now() + SLICE;
      while (measures.length < config.epochs && performance.now() < end)
        measures.push(epochOf(model, dataset));
      show();
      frame = measures.length < config.epochs ? requestAnimationFrame(slice) : undefined;
    };
    frame = requestAnimationFrame(slice);
  };
  const knobs = make('div', 'knobs');
  knobs.append(
    makeKnob('learning rate', RATES, learningRate, (turned) => {
      learningRate = turned;
      fitAnew();
    }),
    makeKnob('batch size', { least: 1, most: dataset.count, isWhole: true }, batchSize, (turned) => {
      batchSize = turned;
      fitAnew();
    }),
  );
  onThemeChange(() => figure.draw());
  fitAnew();
  return { nodes: [chart, knobs, told], draw: () => figure.draw() };
}

function epochOf(model: Model, dataset: Examples): FitMeasures {
  model.runEpoch();
  return measureFit(dataset, model.predict());
}

function curves(measures: readonly FitMeasures[]): Figure {
  const x = measures.map((_, epoch) => epoch + 1);
  return {
    ...{ title: 'A next-word model', subtitle: '', xLabel: 'epochs', logY: false, notes: [] },
    groups: curveNames.map((name, at) => ({ label: CURVES[name], remark: '', hue: at })),
    panels: [
      {
        ...{ title: 'mean over the contexts', unit: 'nats', columns: [] },
        lines: curveNames.map((name, group) => {
          const y = measures.map((measured) => measured[name]);
          return lineOf(
            group,
            x,
            y.map((value) => (Number.isFinite(value) ? value : null)),
            [],
            [],
          );
        }),
        ...{ bounds: [], violations: [], reasons: [] },
      },
    ],
  };
}
