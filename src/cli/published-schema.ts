import { environments } from '../../envs/registry.ts';
import { configJsonSchema, type JsonSchema, jsonSchemaOf } from '../config/fields.ts';

/** JSON Schema with the condition that picks the options of an environment. */
interface ConditionalSchema extends JsonSchema {
  allOf?: readonly unknown[];
}

/** The schema that editors read: the config's, with `environment.options` completed by `environment.id`. */
export function publishedSchema(): JsonSchema {
  const root = structuredClone(configJsonSchema());
  const environment = root.properties?.environment as ConditionalSchema;
  const id = environment.properties?.id;
  if (id !== undefined) id.enum = environments.map((each) => each.id);
  environment.allOf = environments.map((each) => {
    const { $schema: _, ...options } = jsonSchemaOf(each.options) as JsonSchema & { $schema?: string };
    return {
      if: { properties: { id: { const: each.id } } },
      // biome-ignore lint/suspicious/noThenProperty: JSON Schema's own word.
      then: { properties: { options } },
    };
  });
  return root;
}
