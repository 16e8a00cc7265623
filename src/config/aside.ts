/** Settings and sections that say nothing of what a training does: what a file is, and what is kept of the run. */
export const ASIDE: readonly string[] = [
  'seed',
  'description',
  '$schema',
  'checkpoint',
  'snapshots',
  'groundTruth',
];

/** Settings and sections of what is written besides: rows and parameters are the same. */
const WRITTEN: readonly string[] = ['evaluation', 'trustRegion.ledger'];

/** Whether a path is one of these, or below one. */
export function isAside(path: string): boolean {
  return isAmong(ASIDE, path);
}

/** Whether a training is the same to the byte whatever it is set to. */
export function changesNoRun(path: string): boolean {
  return path !== 'seed' && (isAside(path) || isAmong(WRITTEN, path));
}

function isAmong(settings: readonly string[], path: string): boolean {
  return settings.some((each) => path === each || path.startsWith(`${each}.`));
}
