import { thousands } from '../../elementary/thousands.ts';
import type { ConfigReport } from '../report-data.ts';
import { together } from './same.ts';
import { type Figures, listed, number, SENTENCES } from './words.ts';

/** Who left δ, most often first. */
export function leavers({ configs }: Figures): string[] {
  const known = configs.flatMap(({ label, kl }) => (kl === null ? [] : [{ label, kl }]));
  if (known.length === 0) return [];
  const left = known
    .filter(({ kl }) => kl.outsideDelta > 0)
    .sort((a, b) => b.kl.shareOutsideDelta - a.kl.shareOutsideDelta);
  if (left.length === 0) return ['No update ended outside δ.'];
  const how = ({ kl }: (typeof left)[0]): string =>
    `in ${outsideInWords(kl)}, furthest with KL ${number(kl.largest.value)} in seed ${kl.largest.seed}`;
  const groups = [...new Set(left.map(how))].map((words) => ({
    words,
    labels: left.filter((each) => how(each) === words).map(({ label }) => label),
  }));
  const told = groups.slice(0, SENTENCES).map(({ words, labels }) => `by ${together(labels)} ${words}`);
  const rest = groups.slice(SENTENCES).flatMap(({ labels }) => labels).length;
  const more = rest > 0 ? `; and by ${rest} more` : '';
  const kept = known.filter(({ kl }) => kl.outsideDelta === 0).map(({ label }) => label);
  const within = kept.length === 0 ? '' : `; ${listed(kept)} never left it`;
  return [`δ was left ${told.join('; ')}${more}${within}.`];
}

/** 3 of 98 updates (3.06%) */
export function outsideInWords({
  outsideDelta,
  updates,
  shareOutsideDelta,
}: NonNullable<ConfigReport['kl']>): string {
  return `${thousands(outsideDelta)} of ${thousands(updates)} updates (${number(100 * shareOutsideDelta)}%)`;
}
