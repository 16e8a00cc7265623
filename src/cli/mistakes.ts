import { nearest } from '../config/nearest.ts';
import { UserError } from '../user-error.ts';
import type { AnyCommand, CommandGroup, CommandList, Flag } from './command.ts';
import { commands } from './commands/index.ts';

/*
 * What can be wrong with a command line, whichever command it is of, and what is said of it.
 */

/** Every definition, those of groups too, by the last of the words that name it. */
function definitions(list: CommandList): [string, AnyCommand | CommandGroup][] {
  return Object.entries(list).flatMap(([name, definition]) => [
    [name, definition],
    ...('commands' in definition ? definitions(definition.commands) : []),
  ]);
}

/** Every flag of every command; flags of one name are of one type. */
function flagsOfAll(): Map<string, Flag> {
  return new Map(
    definitions(commands).flatMap(([, definition]) =>
      'commands' in definition ? [] : Object.entries(definition.flags ?? {}),
    ),
  );
}

/** What yargs would pass over. @throws UserError */
export function checkArguments(args: readonly string[]): void {
  const end = args.indexOf('--');
  if (end >= 0) {
    throw new UserError(
      `leave out the --: what follows it would not be read, got ${args.slice(end).join(' ')}`,
    );
  }
  for (const arg of args) {
    const [, name = '', value] = /^--([A-Za-z-]+)(?:=(.*))?$/s.exec(arg) ?? [];
    // yargs would take --fastMath for --fast-math.
    if (/[A-Z]/.test(name)) throw new UserError(inOurWords(`Unknown argument: ${name}`, args));
    if (value === undefined || value === 'true' || value === 'false') continue;
    // yargs takes any value that is not "true" for off.
    if (flagsOfAll().get(name)?.type === 'switch')
      throw new UserError(`--${name} is on or off and takes no value but true and false, got ${value}`);
  }
}

/** yargs makes an array of a flag that is given twice. @throws UserError */
export function requireOnce(command: AnyCommand, given: Record<string, unknown>): void {
  for (const [name, { type }] of Object.entries({ ...command.flags, ...command.arguments })) {
    if (type !== 'texts' && type !== 'several' && Array.isArray(given[name]))
      throw new UserError(`--${name} is given twice`);
  }
}

/** What yargs says of a wrong command line, in our words, with the nearest flag or command. */
export function inOurWords(message: string, args: readonly string[]): string {
  const unknown = /^Unknown (?:argument|command)s?: ([^,]+)/.exec(message)?.[1];
  if (unknown === undefined) {
    return message.replace(/^Not enough non-option arguments.*/s, 'an argument is missing; see --help');
  }
  if (args.some((each) => each.startsWith(`--${unknown}`) || each === `-${unknown}`)) {
    const flags = [...flagsOfAll().keys(), 'help', 'version'];
    const flag = nearest(
      unknown,
      flags.filter((each) => each !== unknown),
    );
    return `there is no flag --${unknown}${flag ? `; did you mean --${flag}?` : '; see --help'}`;
  }
  const names = definitions(commands).map(([name]) => name);
  const command = nearest(unknown, names);
  return `there is no command ${unknown}${command ? `; did you mean ${command}?` : '; see --help'}`;
}
