import { allowedValues, type JsonSchema, listFields, schemaAt } from '../../config/fields.ts';
import { ENVIRONMENT_NAMES } from '../../config/environment-name.ts';
import { paint } from './print.ts';

/** A config of training or of a fit, and where its settings were given. */
export interface ShownConfig {
  readonly config: object;
  readonly schema: JsonSchema;
  readonly origins: ReadonlyMap<string, string>;
}

/** One line a setting: mark (`*` where it is not the default), path, value, origin; with `explain` its meaning, range and default below. */
export function describeConfig({ config, schema, origins }: ShownConfig, explain: boolean): string[] {
  const rows = listFields(schema).flatMap(({ path, schema: field }) => {
    const shown = JSON.stringify(valueAt(config, path));
    // A setting with a default and no value is one that another rules out: objective.kind its clipRange.
    const isRuledOut = field.default !== undefined || ENVIRONMENT_NAMES.includes(path);
    if (shown === undefined && (isBelowNull(config, path) || isRuledOut)) return [];
    const isDefault = shown === JSON.stringify(field.default);
    return [{ path, field, shown: shown ?? '–', origin: originOf(path, origins), isDefault }];
  });
  for (const path of nullSections(config, schema)) {
    const field = schemaAt(schema, path.split('.')) ?? {};
    rows.push({
      path,
      field,
      shown: 'null',
      origin: originOf(path, origins),
      isDefault: field.default === null,
    });
  }
  const pathWidth = Math.max(...rows.map(({ path }) => path.length));
  const valueWidth = Math.min(40, Math.max(...rows.map(({ shown }) => shown.length)));
  return rows.flatMap(({ path, field, shown, origin, isDefault }) => {
    const text = `${isDefault ? ' ' : '*'} ${path.padEnd(pathWidth)}  ${shown.padEnd(valueWidth)}`;
    const line =
      `${isDefault ? text : paint('bold', text)}${origin ? `  ${paint('dim', origin)}` : ''}`.trimEnd();
    if (!explain) return [line];
    const usual = field.default === undefined ? '' : `; default ${JSON.stringify(field.default)}`;
    const meaning = field.description ?? '';
    return [line, `    ${meaning}`, `    ${allowedValues(field)}${usual}`, ''];
  });
}

/** Sections that were set to null: `trustRegion.stop`. Their settings have no values to show. */
function nullSections(config: object, schema: JsonSchema): string[] {
  const parents = listFields(schema).map(({ path }) => path.split('.').slice(0, -1).join('.'));
  return [...new Set(parents)].filter((path) => path !== '' && valueAt(config, path) === null);
}

function isBelowNull(config: object, path: string): boolean {
  return valueAt(config, path.split('.').slice(0, -1).join('.')) === null;
}

function valueAt(tree: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((here, key) => (here as Record<string, unknown> | null | undefined)?.[key], tree);
}

/** Where a setting was given: at its own path, above it or, for a schedule, below it. */
function originOf(path: string, origins: ReadonlyMap<string, string>): string | undefined {
  const given = [...origins].findLast(
    ([each]) => each === path || each.startsWith(`${path}.`) || path.startsWith(`${each}.`),
  );
  return given?.[1];
}
