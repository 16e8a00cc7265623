/** A figure as data, before it is drawn anywhere. */
export interface Figure {
  readonly title: string;
  readonly subtitle: string;
  readonly xLabel: string;
  /** Whether x counts something: updates have no halves. */
  readonly isCounted?: boolean | undefined;
  readonly logY: boolean;
  /** One an entry of the legend, in the order of `Line.group`. */
  readonly groups: readonly Group[];
  readonly panels: readonly Panel[];
  /** What a reader must know: what is missing, what was left out. */
  readonly notes: readonly string[];
  /** Where runs warned: the notes say of what. */
  readonly marks?: readonly Mark[] | undefined;
}

/** A place on the x axis, of a group. */
export interface Mark {
  readonly group: number;
  readonly x: number;
}

/** What is drawn in one colour. */
export interface Group {
  readonly label: string;
  readonly remark: string;
  /** Which colour: of an experiment's config the same in every picture, whatever is drawn beside it. */
  readonly hue: number;
}

/** Curves on one pair of axes, or the stop reasons of each group. */
export interface Panel {
  readonly title: string;
  /** '' where the columns have none worth printing, or not the same. */
  readonly unit: string;
  /** Where several columns share the panel: their names, in the order of `Line.column`, with their units if those differ. */
  readonly columns: readonly string[];
  readonly lines: readonly Line[];
  /** δ: one line for all groups that have the same. */
  readonly bounds: readonly Bound[];
  /** Of each group: the updates outside δ. Empty where the panel is not about KL. */
  readonly violations: readonly Violations[];
  /** Whether its x axis is of its own: it shows a part that would be a point on that of the others. */
  readonly isCloseUp?: boolean;
  /** Of each group: stop reasons, where this panel shows them; it has no lines then. */
  readonly reasons: readonly ReasonStrip[];
}

/** One curve. */
export interface Line {
  readonly group: number;
  readonly column: number;
  /** The middle of a group; one seed among others, drawn thin; or the largest of a group's seeds, which a middle hides. */
  readonly role: 'middle' | 'seed' | 'largest';
  readonly x: readonly number[];
  /** null where there is nothing to draw. */
  readonly y: readonly (number | null)[];
  /** Interval over seeds; empty without one. */
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
  /** x of values that are missing or not finite. */
  readonly gaps: readonly number[];
  /** Index from which on fewer runs go on. */
  readonly completeUntil: number;
  /** Whether a run of it is still going: its end is marked. */
  readonly isGrowing: boolean;
  /** Whether its places follow one another in time, x going forth and back: each has a dot. */
  readonly isPath?: true;
}

/** δ over a run. */
export interface Bound {
  readonly groups: readonly number[];
  readonly x: readonly number[];
  readonly y: readonly (number | null)[];
}

/**
 * Updates of a group that ended outside δ; on an axis of gradient steps, the steps that stood outside. Or updates that
 * were rolled back, and so did not.
 */
export interface Violations {
  readonly group: number;
  readonly x: readonly number[];
  /** Share of the group's runs of which that is true there, in (0, 1]. */
  readonly share: readonly number[];
  /** Of all updates, or steps, of all runs of the group. */
  readonly total: number;
  readonly of: number;
  readonly what: 'updates' | 'steps' | 'rollbacks';
}

/** Why updates ended, over a run. */
export interface ReasonStrip {
  readonly group: number;
  readonly x: readonly number[];
  /** Reason → how many of the runs, one entry an x. */
  readonly counts: Readonly<Record<string, readonly number[]>>;
}
