import { allowedValues, type JsonSchema, jsonSchemaOf, listFields } from '../../config/fields.ts';
import { randomStream } from '../../random/random.ts';
import type { ActionSpace, EnvironmentDefinition } from '../../rollout/environment.ts';
import type { NamedEnvironment } from '../../config/environment-name.ts';
import { UserError } from '../../user-error.ts';
import { paint } from './print.ts';
import { quantity } from './quantities.ts';
import { plainTable } from './table.ts';

/** What can be said of an environment whose options are those of its example: the defaults, if they suffice. */
export interface Description {
  id: string;
  summary: string;
  source: string;
  observation: string;
  action: string;
  timeLimit: number | null;
  bestReturn: { value: number; how: string } | null;
  options: JsonSchema;
  /** As it stands in a config. */
  example: { environment: NamedEnvironment & { options: Record<string, unknown> } };
}

export function describeEnvironment(definition: EnvironmentDefinition): Description {
  const { id, summary, source, example: written = {} } = definition;
  const schema = jsonSchemaOf(definition.options);
  const name = definition.module === undefined ? { id } : { module: definition.module.path };
  const parsed = definition.options.safeParse(written);
  if (!parsed.success)
    throw new UserError(
      `${id} has options without a default, so that nothing can be shown of it: give them one, or an example`,
    );
  const options = parsed.data;
  const environment = definition.create(options, randomStream(0, 'environment/task'));
  return {
    id,
    summary,
    source,
    observation: spaceInWords(environment.observationSpace),
    action: spaceInWords(environment.actionSpace),
    timeLimit: definition.timeLimit(options) ?? null,
    bestReturn: definition.bestReturn(options) ?? null,
    options: schema,
    example: { environment: { ...name, options: { ...written, ...defaultsOf(schema), ...written } } },
  };
}

function spaceInWords(space: ActionSpace): string {
  const sizes = {
    discrete: 'discrete',
    box: 'box',
    multiDiscrete: 'multi-discrete',
    multiBinary: 'multi-binary',
  };
  const size =
    space.kind === 'box' ? space.low.length : space.kind === 'multiDiscrete' ? space.n.join(' × ') : space.n;
  return `${sizes[space.kind]} ${size}${space.names ? `: ${space.names.join(', ')}` : ''}`;
}

/** A line an environment. */
export function environmentTable(descriptions: readonly Description[]): string {
  const short = (space: string): string => space.split(':')[0] as string;
  const rows = descriptions.map(({ id, observation, action, timeLimit, bestReturn }) => [
    id,
    short(observation),
    short(action),
    timeLimit === null ? 'none' : String(timeLimit),
    bestReturn === null ? 'not fixed' : quantity(bestReturn.value),
  ]);
  const head = ['id', 'observation', 'actions', 'limit', 'best return'];
  const table = plainTable(head, rows, { left: head.length });
  return `${table}\n\nWith the default options, or those of its example; leash envs ID explains one.`;
}

/** All about one. */
export function explainEnvironment(description: Description): string {
  const { id, summary, source, observation, action, timeLimit, bestReturn, options, example } = description;
  const best =
    bestReturn === null ? 'not fixed, or not known' : `${quantity(bestReturn.value)} (${bestReturn.how})`;
  const lines = [
    paint('bold', id),
    ...(summary === '' ? [] : [summary]),
    '',
    ...(source === '' ? [] : [`dynamics     ${source}`]),
    `observation  ${observation}`,
    `actions      ${action}`,
    `time limit   ${timeLimit === null ? 'none' : `${timeLimit} steps`}`,
    `best return  ${best}`,
    '',
    'options (environment.options):',
  ];
  for (const { path, schema } of listFields(options)) {
    const usual = schema.default === undefined ? '' : `; default ${JSON.stringify(schema.default)}`;
    lines.push(`  ${paint('bold', path)}  ${allowedValues(schema)}${usual}`);
    if (schema.description !== undefined) lines.push(`      ${schema.description}`);
  }
  lines.push('', 'in a config:', `  ${JSON.stringify(example)}`);
  return lines.join('\n');
}

/** The defaults, written out. */
function defaultsOf(options: JsonSchema): Record<string, unknown> {
  const own = Object.entries(options.properties ?? {}).filter(([, schema]) => schema.default !== undefined);
  return Object.fromEntries(own.map(([name, schema]) => [name, schema.default]));
}
