import type { ModelInput } from './model-file.ts';

/** Examples to fit: of each what the model sees and the distribution it should give. */
export interface Dataset {
  /** N: examples. */
  readonly count: number;
  /** R: rows of inputs that an example has: of a pair of answers two, whose outputs are its logits together. */
  readonly inputsPerExample: 1 | 2;
  /** D: width of one input. */
  readonly features: number;
  /** What the D inputs are, and how they come from what is seen. */
  readonly columns: readonly ModelInput[];
  /** Names of the K classes. */
  readonly classes: readonly string[];
  /** [N·R, D] */
  readonly inputs: Float32Array;
  /** P [N, K]: rows that sum to 1. */
  readonly targets: Float64Array;
  /** [N]: how often an example counts; mean 1. */
  readonly weights: Float64Array;
  /** Of which example: `after “the”`, `of line 5`. */
  nameOf(example: number): string;
}

/** All that fitting takes of a data set. */
export type Examples = Omit<Dataset, 'nameOf'>;

/** What a data set will hold, known before its arrays are made. */
export interface DatasetSizes {
  /** What the fields of the config call it: `data.file …`. */
  readonly what: string;
  readonly count: number;
  readonly features: number;
  readonly classes: number;
  /** Of the file, held as texts while it is read; 0 of a running text. */
  readonly cells: number;
}

/** Throws where sizes do not fit into memory. */
export type CheckSizes = (sizes: DatasetSizes) => void;
