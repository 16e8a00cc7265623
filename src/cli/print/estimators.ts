import {
  type EstimatorCell,
  type PenaltyPlacement,
  placements,
  type SampleSource,
} from '../../drift/cells.ts';
import type { LibraryName } from '../../drift/libraries.ts';
import type { EstimatorTable, EstimatorRow } from '../../drift/table.ts';
import { thousands } from '../../elementary/thousands.ts';
import { fold } from './fold.ts';
import { paint } from './print.ts';
import { nats } from '../../elementary/nats.ts';
import { plainTable } from './table.ts';

const sourceNames: Readonly<Record<SampleSource, string>> = {
  on: 'drawn by π itself',
  after: 'drawn by π_old',
};
const placementNames: Readonly<Record<PenaltyPlacement, string>> = {
  loss: 'in the loss',
  reward: 'in the reward',
};

/** Every cell against the exact gradient, then which flags select which. */
export function describeEstimators(table: EstimatorTable): string[] {
  const { settings, sequences, on, after } = table;
  const { vocabulary, length, steps, samples } = settings;
  const distances = (of: typeof on): string =>
    `KL(π‖π_ref) ${nats(of.klPolicyReference)}, KL(π_ref‖π) ${nats(of.klReferencePolicy)}, ‖g‖ ${nats(of.gradientNorm)}`;
  return [
    `${vocabulary} tokens, ${length} a sequence: ${sequences} sequences, gone through one by one; seed ${settings.seed}`,
    `π is π_old: ${distances(on)}`,
    `π ${steps} gradient steps from π_old, KL(π_old‖π) ${nats(after.klOldPolicy)}:`,
    `            ${distances(after)}`,
    '',
    'Against g = ∇KL(π‖π_ref) of whole sequences: bias ‖Eĝ − g‖/‖g‖, the angle from',
    'g to Eĝ, spread √tr Cov ĝ/‖g‖ of one sequence; measured: the bias along its own',
    `direction (along g where it is 0), on ${thousands(samples)} sequences drawn.`,
    ...placements.flatMap((placement) =>
      (['on', 'after'] as const).flatMap((source) => sectionOf(table, placement, source)),
    ),
    '',
    ...flagLines(table),
  ];
}

function sectionOf({ cells }: EstimatorTable, placement: PenaltyPlacement, source: SampleSource): string[] {
  const rows = cells.filter((each) => each.placement === placement && each.source === source);
  const head = ['estimator', 'level', 'weight', 'bias', 'angle', 'spread', 'measured bias'];
  return [
    '',
    paint('bold', `${placementNames[placement]}, ${sourceNames[source]}`),
    plainTable(head, rows.map(cellsOf), { left: 3 }),
  ];
}

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;

function cellsOf({ estimator, level, weight, bias, angle, spread, measuredBias }: EstimatorRow): string[] {
  const { value, error } = measuredBias;
  return [
    estimator,
    level,
    weight === 'none' ? '–' : weight,
    bias === 0 ? '0' : percent(bias),
    angle === null ? '–' : `${angle.toFixed(1)}°`,
    spread.toFixed(2),
    `${(100 * value).toFixed(2)}% ± ${(100 * error).toFixed(2)}%`,
  ];
}

/** `k3 token in the loss, weight differentiable` */
function nameOf({ placement, estimator, level, weight }: EstimatorCell): string {
  const weighted = weight === 'none' ? '' : `, weight ${weight}`;
  return `${estimator}, ${level}, ${placementNames[placement]}${weighted}`;
}

/** Each cell that some library has, once, whoever drew the sequences. */
function flagLines({ cells, libraries }: EstimatorTable): string[] {
  const known = new Map<string, EstimatorRow>();
  for (const row of cells)
    if (
      !known.has(nameOf(row)) &&
      (row.leash !== null || Object.values(row.flags).some((each) => each !== null))
    )
      known.set(nameOf(row), row);
  const lines = [...known].flatMap(([name, { leash, flags }]) => [
    name,
    ...(leash === null ? [] : told('leash', `reference: ${leash}`)),
    ...(Object.keys(libraries) as LibraryName[]).flatMap((library) => {
      const own = flags[library];
      return own === null ? [] : told(libraries[library], own);
    }),
  ]);
  return [paint('bold', 'which settings and flags select them'), ...lines];
}

const NAME = 17;
const WIDTH = 80;

/** Flags after a library's name, in lines that a narrow terminal holds. */
function told(name: string, flags: string): string[] {
  return fold(`  ${name.padEnd(NAME)}${flags}`, WIDTH, 2 + NAME).split('\n');
}
