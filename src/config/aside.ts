/** Settings and sections that say nothing of what a training does: what a file is, and what is kept of the run. */
export const ASIDE: readonly string[] = [
  'seed',
  'description',
  '$schema',
  'checkpoint',
  'snapshots',
  'groundTruth',
];

/** Whether a path is one of these, or below one. */
export function isAside(path: string): boolean {
  return ASIDE.some((each) => path === each || path.startsWith(`${each}.`));
}
