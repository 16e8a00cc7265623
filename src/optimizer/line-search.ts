/** How a backtracking line search shortens its step. */
export interface LineSearchSettings {
  /** Factor from one try to the next, in (0, 1). */
  readonly shrink: number;
  /** Most steps tried, the full one included, ≥ 1. */
  readonly tries: number;
}

export interface LineSearchResult {
  readonly accepted: boolean;
  /** Share of the full step that was tried last: shrink^backtracks. */
  readonly fraction: number;
  /** Times the step was shortened. */
  readonly backtracks: number;
}

/**
 * Backtracking line search: the longest of the full step, shrink times it, shrink² times it, … that is
 * acceptable [TRPO, arXiv 1502.05477, appendix C], a try at a time.
 * @param acceptable whether `fraction` of the full step will do; called once for each try, longest first
 */
export function lineSearch(
  acceptable: (fraction: number) => boolean,
  { shrink, tries }: LineSearchSettings,
): { step(): boolean; end(): LineSearchResult } {
  let accepted = false;
  let fraction = 1;
  let backtracks = -1;
  return {
    step() {
      if (accepted || backtracks + 1 >= tries) return false;
      if (backtracks >= 0) fraction *= shrink;
      backtracks += 1;
      accepted = acceptable(fraction);
      return true;
    },
    end: () => ({ accepted, fraction, backtracks }),
  };
}
