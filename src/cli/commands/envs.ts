import Table from 'cli-table3';
import { environments, findEnvironment } from '../../../envs/registry.ts';
import { allowedValues, type JsonSchema, jsonSchemaOf, listFields } from '../../config/fields.ts';
import { randomStream } from '../../random/random.ts';
import type { EnvironmentDefinition, Space } from '../../rollout/environment.ts';
import { figure } from '../print/quantities.ts';
import { paint, print, printJson } from '../print/print.ts';

/** What can be said of an environment whose options are those of its example: the defaults, if they suffice. */
interface Description {
  id: string;
  summary: string;
  source: string;
  observation: string;
  action: string;
  timeLimit: number | null;
  bestReturn: { value: number; how: string } | null;
  options: JsonSchema;
  /** As it stands in a config. */
  example: { environment: { id: string; options: Record<string, unknown> } };
}

/** `leash envs [ID]`. */
export async function runEnvs(given: {
  ID?: string | undefined;
  json?: boolean | undefined;
}): Promise<number> {
  const one = given.ID === undefined ? undefined : describeEnvironment(findEnvironment(given.ID));
  if (given.json) {
    printJson(JSON.stringify(one ?? environments.map(describeEnvironment), null, 2));
  } else {
    const text = one === undefined ? tableOf(environments.map(describeEnvironment)) : explain(one);
    print(text);
  }
  return 0;
}

/** What an environment that cannot do without a map of one's own is explained with. */
const sampleOptions = { map: ['S..', '.#.', '..G'] };

function describeEnvironment(definition: EnvironmentDefinition): Description {
  const { id, summary, source } = definition;
  const schema = jsonSchemaOf(definition.options);
  const written = definition.options.safeParse({}).success ? {} : sampleOptions;
  const options = definition.options.parse(written);
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
    example: { environment: { id, options: { ...written, ...defaultsOf(schema) } } },
  };
}

function spaceInWords(space: Space): string {
  if (space.kind === 'discrete')
    return `discrete ${space.n}${space.names ? `: ${space.names.join(', ')}` : ''}`;
  return `box ${space.low.length}${space.names ? `: ${space.names.join(', ')}` : ''}`;
}

function tableOf(descriptions: readonly Description[]): string {
  const none = { top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '' };
  const sides = { 'bottom-left': '', 'bottom-right': '', left: '', 'left-mid': '', mid: '', 'mid-mid': '' };
  const table = new Table({
    head: ['id', 'observation', 'actions', 'limit', 'best return'].map((title) => paint('bold', title)),
    chars: { ...none, ...sides, right: '', 'right-mid': '', middle: ' ' },
    style: { 'padding-left': 0, 'padding-right': 1, head: [], border: [] },
  });
  const short = (space: string): string => space.split(':')[0] as string;
  for (const { id, observation, action, timeLimit, bestReturn } of descriptions) {
    const best = bestReturn === null ? 'not fixed' : figure(bestReturn.value);
    table.push([
      id,
      short(observation),
      short(action),
      timeLimit === null ? 'none' : String(timeLimit),
      best,
    ]);
  }
  return `${table.toString()}\n\nWith the default options (GridWorld: a map of 3 × 3); leash envs ID explains one.`;
}

function explain(description: Description): string {
  const { id, summary, source, observation, action, timeLimit, bestReturn, options, example } = description;
  const best =
    bestReturn === null ? 'not fixed, or not known' : `${figure(bestReturn.value)} (${bestReturn.how})`;
  const lines = [
    paint('bold', id),
    summary,
    '',
    `dynamics     ${source}`,
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
  const fields = listFields(options).filter(({ schema }) => schema.default !== undefined);
  return Object.fromEntries(fields.map(({ path, schema }) => [path, schema.default]));
}
