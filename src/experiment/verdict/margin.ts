import type { ConfigReport, PairReport } from '../report-data.ts';
import { isTooFew } from './chance.ts';
import { withoutRepeats } from './same.ts';
import { despiteFailures, type Figures, labelled, number, SENTENCES } from './words.ts';

/** Who is shown to be no worse, by how much it moves: at a tenth of the KL that is what was asked. */
export function noWorse(data: Figures): string[] {
  const { margin, pairs, configs } = data;
  const apart = withoutRepeats(pairs.final);
  if (margin === null || apart.every((pair) => pair.noWorse === null)) return [];
  const told = apart.flatMap((pair) => noWorseInWords(pair, margin, configs));
  const rest = told.length - SENTENCES;
  if (told.length > 0)
    return [...told.slice(0, SENTENCES), ...(rest > 0 ? [`${rest} more are no worse in report.json.`] : [])];
  return isTooFew(data) || data.seeds.length === 1
    ? []
    : [`None is shown to be no worse than another by a margin of ${number(margin)}.`];
}

function noWorseInWords(
  { better, worse, decided, noWorse: judged }: PairReport,
  margin: number,
  configs: readonly ConfigReport[],
): string[] {
  if (judged === null) return [];
  const at = (label: string, other: string): string =>
    atKl(labelled(configs, label).kl?.mean, labelled(configs, other).kl?.mean, other);
  const despite = (...labels: readonly string[]): string =>
    despiteFailures(...labels.map((label) => labelled(configs, label)));
  const p = ({ pValue }: { readonly pValue: number | null }): string => `p = ${number(pValue ?? Number.NaN)}`;
  if (judged.better.decided && judged.worse.decided)
    return [
      `${worse} and ${better} differ in return by less than ${number(margin)}${despite(worse, better)} (${p(judged.worse)}, ${p(judged.better)})${at(worse, better)}.`,
    ];
  if (judged.worse.decided)
    return [
      `${worse} is no worse in return than ${better}${despite(worse)}, by a margin of ${number(margin)} (${p(judged.worse)})${at(worse, better)}.`,
    ];
  // What is better is no worse.
  if (decided || !judged.better.decided) return [];
  return [
    `${better} is no worse in return than ${worse}${despite(better)}, by a margin of ${number(margin)} (${p(judged.better)})${at(better, worse)}.`,
  ];
}

/** `, at 0.12 of the KL of clip (0.00121 against 0.0101)` */
function atKl(own: number | undefined, other: number | undefined, name: string): string {
  if (own === undefined || other === undefined || !(other > 0)) return '';
  return `, at ${number(own / other)} of the KL of ${name} (${number(own)} against ${number(other)})`;
}
