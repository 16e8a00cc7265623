/** What a cell of a row may hold. */
export type MetricValue = number | boolean | string | null;

/** What a field is measured in; the last two say what else than a number it holds. */
export type Unit =
  | '1'
  | 'count'
  | 'environment steps'
  | 'nats'
  | 'reward'
  | 'reward²'
  | 'seconds'
  | 'share'
  | 'steps/s'
  | 'true or false'
  | 'word';

/** When a row has a field that not every row has, and how the documentation says it. */
export const occasions = {
  afterFirstRelease: 'not in the rows of leash 0.1.0',
  critic: 'with a value network',
  eachState: 'with `trustRegion.over` `max` or `perState`',
  klPenalty: 'with a KL penalty',
  adaptivePenalty: 'with an adaptive β',
  adaptiveLearningRate: 'with a learning rate that follows the KL',
  projection: 'with `trustRegion.projection`',
  reference: 'with a `reference` policy',
  adaptiveReference: 'with an adaptive β of the reference',
  naturalStep: 'with algorithm `trpo` or `npg`',
  knownBest: 'where the environment knows the best action',
  groundTruth: 'with `groundTruth`',
  trueReward: 'with `groundTruth`, where the environment knows what an answer is really worth (`trueReward`)',
  sequenceReference: 'with `groundTruth` and `reference`, where episodes are sequences of tokens',
} as const;

export type Occasion = keyof typeof occasions;

/** What a field may say besides its name, unit and meaning. */
export interface More {
  /** What it is called on an axis; its name where it has no other. */
  readonly label?: string;
  /** `null` and then this: when there is nothing to report. Without it the cell is never null. */
  readonly nullWhen?: string;
  /** Only then a row has it; every row without. */
  readonly when?: Occasion;
  /** The words leash writes, each with its meaning, of a field whose unit is `word`. */
  readonly words?: Readonly<Record<string, string>>;
  /** What `--metric` takes for it. */
  readonly short?: readonly string[];
  /** Whether it is held against δ where that bounds a mean over states, or each state: a panel of it shows the bound. */
  readonly heldToDelta?: 'mean' | 'eachState';
}

/** A column of a file of rows. Everything that knows columns derives from tables of these. */
export interface Field extends More {
  readonly name: string;
  readonly unit: Unit;
  /** Formula or definition, one sentence. */
  readonly meaning: string;
}

/** A field as its table states it, the literals kept for the type of its rows. */
export function field<const N extends string, const U extends Unit, const M extends More = object>(
  name: N,
  unit: U,
  meaning: string,
  more?: M,
): { readonly name: N; readonly unit: U; readonly meaning: string } & M {
  return { name, unit, meaning, ...(more as M) };
}

export type Cell<F extends Field> =
  | (F['unit'] extends 'true or false' ? boolean : F['unit'] extends 'word' ? string : number)
  | (F extends { readonly nullWhen: string } ? null : never);

export type IsIn<F, O> = F extends { readonly when: infer W } ? (W extends O ? true : false) : false;
export type Shown<T> = { [K in keyof T]: T[K] };

/** The cells that rows have on one occasion. */
export type CellsWhen<Fields extends readonly Field[], O extends Occasion> = {
  readonly [F in Fields[number] as IsIn<F, O> extends true ? F['name'] : never]: Cell<F>;
};

/** A row of a table: a cell for each field, those of some rows only are optional. */
export type RowOf<Fields extends readonly Field[]> = Shown<
  {
    readonly [F in Fields[number] as IsIn<F, Occasion> extends true ? never : F['name']]: Cell<F>;
  } & Partial<CellsWhen<Fields, Occasion>>
>;

/** The definition in full, as the documentation has it. @param said the occasion that is told already */
export function definitionOf({ meaning, words, nullWhen, when }: Field, said?: Occasion): string {
  const senses = Object.entries(words ?? {}).map(([word, sense]) => `\`${word}\`: ${sense}`);
  const parts = [meaning.replace(/\.$/, ''), ...senses];
  if (nullWhen !== undefined) parts.push(`null ${nullWhen}`);
  if (when !== undefined && when !== said) parts.push(occasions[when]);
  return `${parts.join('; ')}.`;
}

/** The fields that rows have on one of these occasions; undefined: those that every row has. */
export function fieldsWhen<F extends Field>(
  fields: readonly F[],
  ...when: readonly (Occasion | undefined)[]
): F[] {
  return fields.filter((each) => when.includes(each.when));
}
