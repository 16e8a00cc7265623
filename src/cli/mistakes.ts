import { nearest } from '../config/nearest.ts';
import { shorten, UserError } from '../user-error.ts';
import type { AnyCommand, CommandGroup, CommandList, Flag } from './command.ts';
import { commands } from './commands/index.ts';

/*
 * What can be wrong with a command line, whichever command it is of, and what is said of it: before yargs reads it, so
 * that it is said in one way.
 */

/** Every command by its words, groups too, in the order of help. */
function definitions(
  list: CommandList,
  above: readonly string[] = [],
): [string, AnyCommand | CommandGroup][] {
  return Object.entries(list).flatMap(([name, definition]) => {
    const path = [...above, name];
    const below = 'commands' in definition ? definitions(definition.commands, path) : [];
    return [[path.join(' '), definition], ...below];
  });
}

/** Every flag of every command; flags of one name are of one type. */
function flagsOfAll(): Map<string, Flag> {
  return new Map(
    definitions(commands).flatMap(([, definition]) =>
      'commands' in definition ? [] : Object.entries(definition.flags ?? {}),
    ),
  );
}

/** `--name=value`, `--name value` or `--name`, as it was said. */
interface SpokenFlag {
  readonly name: string;
  readonly value: string | undefined;
  readonly isShort: boolean;
}

/** A command line taken apart. */
interface Spoken {
  /** What stands without a flag. */
  readonly words: readonly string[];
  readonly flags: readonly SpokenFlag[];
}

/** @throws UserError for a `--` alone */
function takeApart(args: readonly string[]): Spoken {
  const end = args.indexOf('--');
  if (end >= 0) {
    throw new UserError(
      `leave out the --: what follows it would not be read, got ${args.slice(end).join(' ')}`,
    );
  }
  const types = flagsOfAll();
  const words: string[] = [];
  const flags: SpokenFlag[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    const [, dashes, name = '', own] = /^(--?)([^-=\d.][^=]*)(?:=(.*))?$/s.exec(arg) ?? [];
    if (dashes === undefined) {
      words.push(arg);
      continue;
    }
    const next = args[i + 1];
    const isSwitch = types.get(name)?.type === 'switch';
    const takesNext = isSwitch
      ? next === 'true' || next === 'false'
      : next !== undefined && !/^--?[^-=\d.]/.test(next);
    const isText = types.has(name) && !isSwitch;
    const value = own ?? (takesNext && (isSwitch || isText) ? args[++i] : undefined);
    flags.push({ name, value, isShort: dashes === '-' });
  }
  return { words, flags };
}

/** What every command has. */
const USUAL: ReadonlySet<string> = new Set(['--help', '-h', '--version']);

/** What the words name, and those that it is given. */
interface Found {
  readonly path: readonly string[];
  readonly definition: AnyCommand | CommandGroup;
  readonly rest: readonly string[];
}

function find(words: readonly string[]): Found {
  let definition: AnyCommand | CommandGroup = { summary: '', commands };
  const rest = [...words];
  const path: string[] = [];
  while ('commands' in definition) {
    const [word] = rest;
    if (word !== undefined && Object.hasOwn(definition.commands, word)) {
      definition = definition.commands[word] as AnyCommand | CommandGroup;
      path.push(rest.shift() as string);
    } else if (word === undefined && definition.usual !== undefined) {
      definition = definition.commands[definition.usual] as AnyCommand | CommandGroup;
    } else break;
  }
  return { path, definition, rest };
}

/** @throws UserError for the first mistake of a command line that can be seen without reading a file */
export async function checkArguments(args: readonly string[]): Promise<void> {
  const { words, flags } = takeApart(args);
  const { path, definition, rest } = find(words);
  const asksForHelp = flags.some((flag) => USUAL.has(said(flag)));
  if ('commands' in definition) {
    const [unknown] = rest;
    if (unknown !== undefined) throw new UserError(await unknownCommand(path, definition, unknown));
    if (asksForHelp || flags.length === 0) return;
    const flag = flags[0] as SpokenFlag;
    const meant = nearest(flag.name, ['help', 'version']);
    throw new UserError(
      meant === undefined
        ? `${said(flag)} needs a command before it: leash --help`
        : `there is no flag ${said(flag)}; did you mean --${meant}?`,
    );
  }
  const command = ['leash', ...path].join(' ');
  for (const flag of flags) {
    // A flag of one letter is said with either: help lists it with one dash.
    const own = flag.isShort && flag.name.length > 1 ? undefined : definition.flags?.[flag.name];
    if (own !== undefined) requireValue(flag, own);
    else if (!USUAL.has(said(flag))) throw new UserError(await unknownFlag(flag, command, definition));
  }
  if (asksForHelp) return;
  requireTogether(definition, flags);
  requireArguments(definition, command, rest, flags);
}

function said({ name, isShort }: SpokenFlag): string {
  return `${isShort ? '-' : '--'}${name}`;
}

/** @throws UserError for a switch with a value, and a value that is not there */
function requireValue({ name, value }: SpokenFlag, { type, describe }: Flag): void {
  if (type === 'switch') {
    if (value === undefined || value === 'true' || value === 'false') return;
    // yargs takes any value that is not "true" for off.
    throw new UserError(`--${name} is on or off and takes no value but true and false, got ${value}`);
  }
  if (value === undefined || value === '') throw new UserError(`--${name} needs a value: ${describe}`);
  if (name === 'runs') requireOneLine('--runs', value);
}

/** What is printed of paths stands in lines of its own. @throws UserError for one that would break them */
function requireOneLine(name: string, path: string): void {
  if (/[\r\n\u2028\u2029]/.test(path))
    throw new UserError(
      `${name} must be a path without line breaks, got ${JSON.stringify(shorten(path, 61))}`,
    );
}

/** @throws UserError where two flags exclude each other, or one is given without that which it is of */
function requireTogether({ excludes = [], needs = [] }: AnyCommand, flags: readonly SpokenFlag[]): void {
  const isOn = (wanted: string): boolean =>
    flags.some(({ name, value }) => name === wanted && value !== 'false');
  const pair = excludes.find(([one, other]) => isOn(one) && isOn(other));
  if (pair !== undefined) throw new UserError(`--${pair[0]} and --${pair[1]} exclude each other`);
  const alone = needs.find(([one, other]) => isOn(one) && !isOn(other));
  if (alone !== undefined) throw new UserError(`--${alone[0]} goes with --${alone[1]}`);
}

/** @throws UserError naming what is missing, or too much */
function requireArguments(
  definition: AnyCommand,
  command: string,
  rest: readonly string[],
  flags: readonly SpokenFlag[],
): void {
  const all = Object.entries(definition.arguments ?? {});
  const needed = all.filter(([, { type }]) => type !== 'optional');
  const wanted = Object.entries(definition.flags ?? {}).filter(([, flag]) => 'isRequired' in flag);
  const missing = [
    ...needed.slice(rest.length).map(([name, { describe }]) => ({ name, describe })),
    ...wanted
      .filter(([name]) => !flags.some((flag) => flag.name === name))
      .map(([name, { describe }]) => ({ name: `--${name}`, describe })),
  ];
  const usage = [
    command,
    ...all.map(([name, { type }]) =>
      type === 'one' ? name : type === 'optional' ? `[${name}]` : `${name}…`,
    ),
    ...wanted.map(([name]) => `--${name} ${name.toUpperCase()}`),
  ].join(' ');
  // yargs would leave out the word.
  if (rest.includes('-')) throw new UserError(`${command} does not take "-" (${usage})`);
  const names = all.map(([name]) => name);
  rest.forEach((word, i) => {
    requireOneLine(names[Math.min(i, names.length - 1)] ?? 'an argument', word);
  });
  const [first, ...others] = missing;
  if (first !== undefined) {
    const what = others.length === 0 && first.describe !== undefined ? `: ${first.describe}` : '';
    const lacking = missing.map(({ name }) => name);
    const listed =
      others.length === 0 ? lacking[0] : `${lacking.slice(0, -1).join(', ')} and ${lacking.at(-1)}`;
    throw new UserError(`${listed} ${others.length === 0 ? 'is' : 'are'} missing${what} (${usage})`);
  }
  const extra = rest[all.length];
  if (extra === undefined || all.some(([, { type }]) => type === 'several')) return;
  const flag = Object.hasOwn(definition.flags ?? {}, extra) ? `; did you mean --${extra}?` : '';
  throw new UserError(`${command} does not take ${JSON.stringify(extra)}${flag} (${usage})`);
}

/** With the nearest flag of the command, or the setting that it is. */
async function unknownFlag(flag: SpokenFlag, command: string, definition: AnyCommand): Promise<string> {
  const start = `there is no flag ${said(flag)}`;
  const own = [...Object.keys(definition.flags ?? {}), 'help'];
  const bare = own.find(
    (name) => name.replaceAll('-', '') === flag.name.replaceAll(/[-_]/g, '').toLowerCase(),
  );
  if (bare !== undefined) return `${start}; did you mean --${bare}?`;
  if (definition.flags !== undefined && Object.hasOwn(definition.flags, 'set')) {
    const { settingHint } = await import('./setting-hint.ts');
    const hint = settingHint(flag.name, command, own);
    if (hint !== undefined) return `${start}; ${hint}`;
  }
  const meant = nearest(flag.name, own);
  return `${start}; ${meant === undefined ? `${command} --help lists its flags` : `did you mean --${meant}?`}`;
}

/** With the nearest command, or the one that takes the file of that name. */
async function unknownCommand(
  path: readonly string[],
  group: CommandGroup,
  unknown: string,
): Promise<string> {
  const start = `there is no command ${[...path, unknown].join(' ')}`;
  const kind = path.length === 0 ? (await import('../node/file-kind.ts')).kindOfPlace(unknown) : undefined;
  if (kind !== undefined) {
    const { what, use } = (await import('../config/file-kind.ts')).fileKinds[kind];
    return `${start}, but ${what} of that name; ${use(unknown)}`;
  }
  const own = Object.keys(group.commands);
  const all = new Map(definitions(commands).map(([words]) => [words.split(' ').at(-1) as string, words]));
  const below = nearest(unknown, own);
  const meant =
    below === undefined ? all.get(nearest(unknown, [...all.keys()]) ?? '') : [...path, below].join(' ');
  if (meant !== undefined) return `${start}; did you mean ${meant}?`;
  return `${start}; ${['leash', ...path].join(' ')} --help lists them`;
}

/** yargs makes an array of a flag that is given twice. @throws UserError */
export function requireOnce(command: AnyCommand, given: Record<string, unknown>): void {
  for (const [name, { type }] of Object.entries({ ...command.flags, ...command.arguments })) {
    if (type !== 'texts' && type !== 'several' && Array.isArray(given[name]))
      throw new UserError(`--${name} is given twice`);
  }
}
