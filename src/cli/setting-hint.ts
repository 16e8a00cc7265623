import { allowedValues, configJsonSchema, jsonSchemaOf, schemaAt } from '../config/fields.ts';
import { sectionMeantBy, settingMeantBy } from '../config/foreign-names.ts';
import { fitSchema } from '../fit/schema.ts';

/** Settings of a section that are named. */
const NAMED = 3;

/**
 * How to say what was said by a flag that a command does not have: by `--set`, or by a flag of the same meaning.
 * @param flags those of the command
 * @returns undefined where the name is no setting's or section's, here or with another library
 */
export function settingHint(name: string, command: string, flags: readonly string[]): string | undefined {
  const schema = command === 'leash fit' ? jsonSchemaOf(fitSchema) : configJsonSchema();
  const section = sectionMeantBy(name, schema);
  const path = settingMeantBy(name, schema) ?? (section.length === 1 ? section[0] : undefined);
  if (path === undefined) return sectionHint(section);
  if (flags.includes(path)) return `did you mean --${path}?`;
  const field = schemaAt(schema, path.split('.'));
  const range = field === undefined ? '' : `, which must be ${allowedValues(field)}`;
  return `it is a setting: --set ${path}=VALUE${range}`;
}

/** What can be set of a section, which itself is no setting. */
function sectionHint(paths: readonly string[]): string | undefined {
  if (paths.length === 0) return undefined;
  const more = paths.length - NAMED;
  const [first, ...others] = paths.slice(0, NAMED);
  const rest = `${others.length > 0 ? `, ${others.join(', ')}` : ''}${more > 0 ? ` and ${more} more` : ''}`;
  return `its settings are ${first}${rest}: --set ${first}=VALUE`;
}
