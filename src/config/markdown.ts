import { ENVIRONMENT_NAMES } from './environment-name.ts';
import { allowedValues, configJsonSchema, listFields } from './fields.ts';

/** Every setting as a Markdown table a section: name, default, allowed values, meaning. */
export function configMarkdown(): string {
  const sections = new Map<string, string[]>();
  for (const { path, schema } of listFields(configJsonSchema())) {
    const section = path.includes('.') ? path.slice(0, path.indexOf('.')) : 'top level';
    const must = ENVIRONMENT_NAMES.includes(path) ? 'one of the two' : 'required';
    const usual = schema.default === undefined ? must : `\`${JSON.stringify(schema.default)}\``;
    const cells = [`\`${path}\``, usual, allowedValues(schema), schema.description ?? ''];
    const rows = sections.get(section) ?? [];
    rows.push(`| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`);
    sections.set(section, rows);
  }
  const table = ([section, rows]: [string, string[]]): string =>
    `### ${section}\n\n| field | default | allowed | meaning |\n|---|---|---|---|\n${rows.join('\n')}\n`;
  return [...sections].map(table).join('\n');
}
