import { allowedValues, configJsonSchema, jsonSchemaOf, schemaAt } from '../config/fields.ts';
import { settingMeantBy } from '../config/foreign-names.ts';
import { fitSchema } from '../fit/schema.ts';

/**
 * How to say what was said by a flag that a command does not have: by `--set`, or by a flag of the same meaning.
 * @param flags those of the command
 * @returns undefined where the name is no setting's, here or with another library
 */
export function settingHint(name: string, command: string, flags: readonly string[]): string | undefined {
  const schema = command === 'leash fit' ? jsonSchemaOf(fitSchema) : configJsonSchema();
  const path = settingMeantBy(name, schema);
  if (path === undefined) return undefined;
  if (flags.includes(path)) return `did you mean --${path}?`;
  const field = schemaAt(schema, path.split('.'));
  const range = field === undefined ? '' : `, which must be ${allowedValues(field)}`;
  return `it is a setting: --set ${path}=VALUE${range}`;
}
