import yargs, { type Argv, type Options } from '../packages/yargs.ts';
import { UserError } from '../user-error.ts';
import { LEASH_VERSION } from '../version.ts';
import type { AnyCommand, Argument, CommandGroup, CommandList, Flag } from './command.ts';
import { commands } from './commands/index.ts';

/** How a command ended. */
export interface Ending {
  readonly exitCode: number;
  /** Whether what it printed was all it was for; a run's result is in its folder. */
  readonly isPrintedResult: boolean;
}

/** A definition that has been loaded, under its name. */
type Loaded = { readonly name: string } & (
  | { readonly command: AnyCommand }
  | { readonly group: CommandGroup; readonly commands: readonly Loaded[] }
);

async function load(list: CommandList, names: readonly string[] = Object.keys(list)): Promise<Loaded[]> {
  return Promise.all(
    names.map(async (name) => {
      const definition = await (list[name] as CommandList[string])();
      if (!('commands' in definition)) return { name, command: definition };
      return { name, group: definition, commands: await load(definition.commands) };
    }),
  );
}

/** What there is to say, taken from definitions. */
interface Vocabulary {
  readonly words: readonly string[];
  readonly flags: ReadonlyMap<string, Flag>;
}

function vocabularyOf(loaded: readonly Loaded[]): Vocabulary {
  const below = loaded.flatMap((each) => ('commands' in each ? each.commands : []));
  const flags = [...loaded, ...below].flatMap((each) =>
    'command' in each ? Object.entries(each.command.flags ?? {}) : [],
  );
  return { words: [...loaded, ...below].map(({ name }) => name), flags: new Map(flags) };
}

/** What is wrong with a command line, as yargs says it. */
class Mistake extends Error {}

/** Reads a command line and runs its command. @throws UserError, and what the command throws */
export async function runCommandLine(args: readonly string[]): Promise<Ending> {
  const [first = ''] = args;
  // Of a command that is named at once no other is loaded.
  const loaded = await load(commands, Object.hasOwn(commands, first) ? [first] : undefined);
  let ending: Ending = { exitCode: 0, isPrintedResult: true };
  try {
    await checkArguments(args, vocabularyOf(loaded));
    const cli = startParser(args.length === 0 ? ['--help'] : joinNegatives(args));
    for (const each of loaded) {
      add(cli, each, [], async (path, command, given) => {
        ending = await run(path, command, given);
      });
    }
    await cli.parseAsync();
  } catch (error) {
    if (error instanceof Mistake) throw new UserError(await withSuggestion(error.message, args));
    throw error;
  }
  return ending;
}

function startParser(args: readonly string[]): Argv {
  return (
    yargs([...args])
      .scriptName('leash')
      // Whatever the user's language: the texts around are English, and `withSuggestion` reads these.
      .locale('en')
      .usage(
        '$0 COMMAND\n\nTrains policies on a KL leash: PPO and TRPO with exact KL(π_old‖π_new) accounting.',
      )
      .parserConfiguration({
        'dot-notation': false,
        'parse-positional-numbers': false,
        'boolean-negation': false,
      })
      .strict()
      .demandCommand(1, 'which command? leash --help lists them')
      .version(LEASH_VERSION)
      .help()
      .alias({ h: 'help' })
      .wrap(Math.min(100, process.stdout.columns ?? 100))
      .exitProcess(false)
      .showHelpOnFail(false)
      .epilogue('leash COMMAND --help tells more.')
      .fail((message, error) => {
        // yargs throws YErrors for some of the mistakes that it otherwise only describes.
        if (error && error.name !== 'YError') throw error;
        throw new Mistake(message ?? error.message);
      })
  );
}

type Runner = (path: readonly string[], command: AnyCommand, given: Record<string, unknown>) => Promise<void>;

/** Tells yargs of a command or group. @param above words that come before its own */
function add(cli: Argv, loaded: Loaded, above: readonly string[], runner: Runner, isUsual = false): void {
  const { name } = loaded;
  const path = [...above, name];
  if ('group' in loaded) {
    const { summary, usual } = loaded.group;
    cli.command(name, summary, (below) => {
      for (const each of loaded.commands) add(below, each, path, runner, each.name === usual);
      if (usual === undefined) {
        const words = path.join(' ');
        below.demandCommand(1, `${words} what? leash ${words} --help lists it`);
      }
      return below.strict();
    });
    return;
  }
  const { command } = loaded;
  const usage = [name, ...Object.entries(command.arguments ?? {}).map(usageOf)].join(' ');
  cli.command(
    isUsual ? [usage, '$0'] : usage,
    command.summary,
    (own) => withFlags(own, command),
    (given) => runner(path, command, given),
  );
}

function usageOf([name, { type }]: [string, Argument]): string {
  return type === 'one' ? name : type === 'optional' ? `[${name}]` : `<${name}..>`;
}

function withFlags(own: Argv, command: AnyCommand): Argv {
  for (const [name, { type, describe }] of Object.entries(command.arguments ?? {})) {
    own.positional(name, {
      type: 'string',
      demandOption: type !== 'optional',
      ...(type === 'several' && { array: true }),
      ...(describe !== undefined && { describe }),
    });
  }
  for (const [name, flag] of Object.entries(command.flags ?? {})) own.option(name, optionOf(flag));
  for (const [one, other] of command.excludes ?? []) own.conflicts(one, other);
  for (const example of command.examples ?? []) own.example(example, '');
  return own;
}

function optionOf(flag: Flag): Options {
  if (flag.type === 'switch') return { type: 'boolean', describe: flag.describe };
  return {
    type: 'string',
    requiresArg: true,
    describe: flag.describe,
    ...(flag.default !== undefined && { default: flag.default }),
    ...(flag.isRequired && { demandOption: true }),
  };
}

async function run(
  path: readonly string[],
  command: AnyCommand,
  given: Record<string, unknown>,
): Promise<Ending> {
  requireOnce(command, given);
  const { listenForSignals } = await import('./signals.ts');
  const exitCode = await command.run(given as never, {
    listen: listenForSignals,
    onOwnThread: async (isSilent) =>
      (await import('./command-thread.ts')).runOnThread({ path, given }, isSilent),
  });
  return { exitCode, isPrintedResult: command.makesRuns ? given.json === true : true };
}

/** yargs makes an array of a flag that is given twice. @throws UserError */
function requireOnce(command: AnyCommand, given: Record<string, unknown>): void {
  for (const [name, { type }] of Object.entries({ ...command.flags, ...command.arguments })) {
    if (type !== 'texts' && type !== 'several' && Array.isArray(given[name]))
      throw new UserError(`--${name} is given twice`);
  }
}

/** What yargs would pass over. @throws UserError @throws Mistake */
async function checkArguments(args: readonly string[], known: Vocabulary): Promise<void> {
  const end = args.indexOf('--');
  if (end >= 0) {
    throw new UserError(
      `leave out the --: what follows it would not be read, got ${args.slice(end).join(' ')}`,
    );
  }
  for (const arg of args) {
    const [, name = '', value] = /^--([A-Za-z-]+)(?:=(.*))?$/s.exec(arg) ?? [];
    // yargs would take --fastMath for --fast-math.
    if (/[A-Z]/.test(name)) throw new Mistake(`Unknown argument: ${name}`);
    if (value === undefined || value === 'true' || value === 'false') continue;
    // yargs takes any value that is not "true" for off.
    const flag = known.flags.get(name) ?? vocabularyOf(await load(commands)).flags.get(name);
    if (flag?.type === 'switch')
      throw new UserError(`--${name} is on or off and takes no value but true and false, got ${value}`);
  }
}

/** `--p -1,2` as `--p=-1,2`: yargs would take what starts with a minus for a flag. */
function joinNegatives(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const each of args) {
    const flag = joined.at(-1);
    if (flag !== undefined && /^--?[a-z]+$/.test(flag) && /^-[\d.]/.test(each))
      joined.splice(-1, 1, `${flag}=${each}`);
    else joined.push(each);
  }
  return joined;
}

/** What yargs says of a wrong command line, in our words, with the nearest flag or command. */
async function withSuggestion(message: string, args: readonly string[]): Promise<string> {
  const unknown = /^Unknown (?:argument|command)s?: ([^,]+)/.exec(message)?.[1];
  if (unknown === undefined) {
    return message.replace(/^Not enough non-option arguments.*/s, 'an argument is missing; see --help');
  }
  const { nearest } = await import('../config/nearest.ts');
  const { words, flags } = vocabularyOf(await load(commands));
  const isFlag = args.some((each) => each.startsWith(`--${unknown}`) || each === `-${unknown}`);
  const known = isFlag ? [...flags.keys(), 'help', 'version'].filter((each) => each !== unknown) : words;
  const guess = nearest(unknown, known);
  if (isFlag) return `there is no flag --${unknown}${guess ? `; did you mean --${guess}?` : '; see --help'}`;
  return `there is no command ${unknown}${guess ? `; did you mean ${guess}?` : '; see --help'}`;
}
