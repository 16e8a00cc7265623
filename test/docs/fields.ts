import { definitionOf, type Field, fieldsWhen, type Occasion, occasions } from '../../src/row/field.ts';
import { evaluationFields } from '../../src/row/evaluation.ts';
import { fitFields } from '../../src/row/fit.ts';
import { ledgerFields } from '../../src/row/ledger.ts';
import { metricFields } from '../../src/row/metrics.ts';
import { timingFields } from '../../src/row/timing.ts';

const tables: Readonly<Record<string, readonly Field[]>> = {
  metrics: metricFields,
  ledger: ledgerFields,
  evaluations: evaluationFields,
  fit: fitFields,
  timing: timingFields,
};

const MARKED = /<!-- fields: (\w+)((?: \w+)*) -->\n\n?(?:\|.*\n)*/g;

/**
 * A page with the tables of columns that its comments ask for: `<!-- fields: metrics naturalStep -->` is followed by the
 * columns of `metrics.jsonl` that rows have on that occasion, `every` being those that all have.
 */
export function withFields(page: string): string {
  return page.replaceAll(MARKED, (whole: string, table: string, words: string) => {
    const fields = tables[table];
    const asked = words.trim().split(' ').filter(Boolean).map(occasionOf);
    if (fields === undefined) throw new Error(`no table ${table}`);
    const shown = asked.length === 0 ? fields : fieldsWhen(fields, ...asked);
    const lines = shown.map((each) => {
      const definition = definitionOf(each, asked[0]).replaceAll('|', '\\|');
      return `| \`${each.name}\` | ${each.unit} | ${definition} |\n`;
    });
    const [comment] = whole.split('\n');
    return `${comment}\n\n| field | unit | meaning |\n|---|---|---|\n${lines.join('')}`;
  });
}

function occasionOf(word: string): Occasion | undefined {
  if (word !== 'every' && !Object.hasOwn(occasions, word)) throw new Error(`no occasion ${word}`);
  return word === 'every' ? undefined : (word as Occasion);
}
