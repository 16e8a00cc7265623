/**
 * Whether a training came to its end and no episode ended in its last tenth: it has no return, and ranks below every other.
 * @param status how it stands
 * @param final its figures; those of a fit know no return at all
 */
export function isStuckRun(
  status: string,
  final: { readonly returnMeanLastTenth?: number | null } | null | undefined,
): boolean {
  return status === 'completed' && final?.returnMeanLastTenth === null;
}
