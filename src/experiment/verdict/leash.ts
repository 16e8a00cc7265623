import { thousands } from '../../elementary/thousands.ts';
import type { ConfigReport } from '../report-data.ts';
import { together } from './same.ts';
import { despiteFailures, type Figures, listed, number, ofCompleted, SENTENCES } from './words.ts';

type Kl = NonNullable<ConfigReport['kl']>;

/** Who left δ, most often first. */
export function leavers({ configs }: Figures): string[] {
  const known = configs.flatMap((config) => (config.kl === null ? [] : [{ config, kl: config.kl }]));
  if (known.length === 0) return [];
  const left = known
    .filter(({ kl }) => kl.outsideDelta > 0)
    .sort((a, b) => b.kl.shareOutsideDelta - a.kl.shareOutsideDelta);
  if (left.length === 0) return [`No update${ofCompleted(...configs)} ended outside δ.`];
  const how = ({ config, kl }: (typeof left)[0]): string =>
    `in ${outsideInWords(config, kl)}, furthest with KL ${number(kl.largest.value)} in seed ${kl.largest.seed}`;
  const groups = [...new Set(left.map(how))].map((words) => ({
    words,
    labels: left.filter((each) => how(each) === words).map(({ config }) => config.label),
  }));
  const told = groups.slice(0, SENTENCES).map(({ words, labels }) => `by ${together(labels)} ${words}`);
  const rest = groups.slice(SENTENCES).flatMap(({ labels }) => labels).length;
  const more = rest > 0 ? `; and by ${rest} more` : '';
  const kept = known.filter(({ kl }) => kl.outsideDelta === 0).map(({ config }) => config);
  const labels = listed(kept.map(({ label }) => label));
  const within = kept.length === 0 ? '' : `; ${labels} never left it${despiteFailures(...kept)}`;
  return [`δ was left ${told.join('; ')}${more}${within}.`];
}

/** 3 of 98 updates (3.06%) */
export function outsideInWords(
  config: ConfigReport,
  { outsideDelta, updates, shareOutsideDelta }: Kl,
): string {
  return `${thousands(outsideDelta)} of ${thousands(updates)} updates${ofCompleted(config)} (${number(100 * shareOutsideDelta)}%)`;
}
