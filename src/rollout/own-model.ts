import { asked, isCount, shown } from './contract.ts';
import { type Enumerated, EnvironmentError, type SequenceModel, type TabularModel } from './environment.ts';
import { requireTable } from './table-contract.ts';

/** What `enumerate` gave, told as of its environment. @throws EnvironmentError for what is none of its kinds */
export function guardEnumerated(found: Enumerated | undefined, name: string): Enumerated | undefined {
  if (found === undefined) return undefined;
  const refuse = (why: string): never => {
    throw new EnvironmentError(`enumerate of ${name} ${why}`);
  };
  switch (found?.kind) {
    case 'table':
      return { kind: 'table', table: guardTable(found.table, name) };
    case 'sequences':
      return { kind: 'sequences', model: guardSequences(found.model, name) };
    case 'tooMany':
      return typeof found.why === 'string'
        ? found
        : refuse(`must give { kind: 'tooMany', why }, why a text, got ${shown(found.why)}`);
    default:
      return refuse(
        `must give { kind: 'table', table }, { kind: 'sequences', model }, { kind: 'tooMany', why } or undefined, got ${shown(found)}`,
      );
  }
}

/** A table that names its environment. @throws EnvironmentError for what is none */
export function guardTable(table: TabularModel, name: string): TabularModel {
  if (typeof table !== 'object' || table === null)
    throw new EnvironmentError(
      `the table of ${name} must be a table of states and actions, got ${shown(table)}`,
    );
  const { states, actions, initial, masks, grid } = table;
  const named: TabularModel = {
    ...{ name, states, actions, initial },
    ...(masks && { masks }),
    ...(grid && { grid }),
    transitions: (state, action) => asked(`transitions of ${name}`, () => table.transitions(state, action)),
  };
  requireTable({ ...named, transitions: table.transitions });
  return named;
}

function guardSequences(model: SequenceModel, name: string): SequenceModel {
  if (typeof model !== 'object' || model === null)
    throw new EnvironmentError(`the sequences of ${name} must be a model of them, got ${shown(model)}`);
  const { space, prompts, isPadded, trueReward } = model;
  const refuse = (part: string, wanted: string, value: unknown): never => {
    throw new EnvironmentError(`the sequences of ${name}: ${part} must be ${wanted}, got ${shown(value)}`);
  };
  if (typeof space !== 'object' || space === null) refuse('space', '{ vocabulary, length, end }', space);
  for (const part of ['vocabulary', 'length'] as const)
    if (!isCount(space[part])) refuse(`space.${part}`, 'a whole number ≥ 1', space[part]);
  const { end, vocabulary } = space;
  if (end !== null && !(Number.isInteger(end) && end >= 0 && end < vocabulary))
    refuse('space.end', `a token, 0 to ${vocabulary - 1}, or null`, end);
  if (!isCount(prompts)) refuse('prompts', 'a whole number ≥ 1', prompts);
  for (const part of ['observe', 'reward'] as const)
    if (typeof model[part] !== 'function') refuse(part, 'a function', model[part]);
  const paid = (part: 'reward' | 'trueReward', prompt: number, answer: readonly number[]): number => {
    const reward = asked(`${part} of the sequences of ${name}`, () => model[part]?.(prompt, answer));
    return Number.isFinite(reward)
      ? (reward as number)
      : refuse(`${part} of the answer ${answer.join(' ')} to prompt ${prompt}`, 'a finite number', reward);
  };
  return {
    ...{ space, prompts },
    ...(isPadded !== undefined && { isPadded }),
    observe: (prompt, answer, observation) =>
      asked(`observe of the sequences of ${name}`, () => model.observe(prompt, answer, observation)),
    reward: (prompt, answer) => paid('reward', prompt, answer),
    ...(trueReward && { trueReward: (prompt, answer) => paid('trueReward', prompt, answer) }),
  };
}
