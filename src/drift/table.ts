import { csvCell } from '../formats/csv.ts';
import { randomStream } from '../random/random.ts';
import { enumerateSequences, type SequenceTree } from '../sequence/tree.ts';
import { type EstimatorCell, cells } from './cells.ts';
import { type Policies, klOfSequences } from './gradient.ts';
import { flagsOf, libraries, type LibraryName, settingsOf } from './libraries.ts';
import { drawCounts, type EstimatorQuality, norm, qualityOf, trueGradient } from './measure.ts';
import { type ExampleSettings, examplePolicies } from './model.ts';

/** What a table is of. */
export interface EstimatorSettings extends ExampleSettings {
  readonly vocabulary: number;
  readonly length: number;
  /** Sequences drawn by π, and as many by π_old. */
  readonly samples: number;
}

/** How far apart the policies of one half of the table are, nats per sequence. */
export interface TableDistances {
  readonly klPolicyReference: number;
  readonly klReferencePolicy: number;
  /** KL(π_old‖π); 0 on-policy. */
  readonly klOldPolicy: number;
  /** ‖∇KL(π‖π_ref)‖, the unit of the lengths. */
  readonly gradientNorm: number;
}

export interface EstimatorRow extends EstimatorCell, EstimatorQuality {
  /** `reference` of a config of leash that trains with it; null where there is none. */
  readonly leash: string | null;
  readonly flags: Readonly<Record<LibraryName, string | null>>;
}

/** Every cell on one example. */
export interface EstimatorTable {
  readonly settings: EstimatorSettings;
  readonly sequences: number;
  readonly libraries: typeof libraries;
  readonly on: TableDistances;
  readonly after: TableDistances;
  readonly cells: readonly EstimatorRow[];
}

/** Every cell, exactly and measured, on the example of these settings. */
export function estimatorTable(settings: EstimatorSettings): EstimatorTable {
  const { vocabulary, length, samples, seed } = settings;
  const tree = enumerateSequences({ vocabulary, length, end: null });
  const policies: Readonly<Record<EstimatorCell['source'], Policies>> = {
    on: examplePolicies(tree, { ...settings, steps: 0 }),
    after: examplePolicies(tree, settings),
  };
  // The same sequences for every cell: it is the estimates that differ.
  const counts = {
    on: drawCounts(tree, policies.on.old, samples, randomStream(seed, 'estimators/on')),
    after: drawCounts(tree, policies.after.old, samples, randomStream(seed, 'estimators/after')),
  };
  const rows = cells.map((cell) => ({
    ...cell,
    ...qualityOf(tree, policies[cell.source], cell, counts[cell.source]),
    leash: settingsOf(cell),
    flags: flagsOf(cell),
  }));
  return {
    settings,
    sequences: tree.sequences,
    libraries,
    on: distancesOf(tree, policies.on),
    after: distancesOf(tree, policies.after),
    cells: rows,
  };
}

function distancesOf(tree: SequenceTree, { policy, reference, old }: Policies): TableDistances {
  return {
    klPolicyReference: klOfSequences(tree, policy, reference),
    klReferencePolicy: klOfSequences(tree, reference, policy),
    klOldPolicy: klOfSequences(tree, old, policy),
    gradientNorm: norm(trueGradient(tree, policy, reference)),
  };
}

/** A row a cell. */
export function tableCsv({ cells: rows }: EstimatorTable): string {
  const lines = rows.map(({ measuredBias, flags, ...row }) => ({
    ...row,
    measuredBias: measuredBias.value,
    measuredBiasError: measuredBias.error,
    ...flags,
  }));
  const names = Object.keys(lines[0]) as (keyof (typeof lines)[number])[];
  return [names, ...lines.map((line) => names.map((name) => line[name]))]
    .map((line) => `${line.map(csvCell).join(',')}\n`)
    .join('');
}
