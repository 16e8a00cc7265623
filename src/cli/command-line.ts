import yargs, { type Argv, type Options } from '../packages/yargs.ts';
import { UserError } from '../user-error.ts';
import { LEASH_VERSION } from '../version.ts';
import type { AnyCommand, Argument, CommandGroup, Flag } from './command.ts';
import { commands } from './commands/index.ts';
import { checkArguments, requireOnce } from './mistakes.ts';
import { listenForSignals } from './signals.ts';

/** How a command ended. */
export interface Ending {
  readonly exitCode: number;
  /** Whether what it printed was all it was for; a run's result is in its folder. */
  readonly isPrintedResult: boolean;
}

/** Reads a command line and runs its command. @throws UserError, and what the command throws */
export async function runCommandLine(args: readonly string[]): Promise<Ending> {
  await checkArguments(args);
  let ending: Ending = { exitCode: 0, isPrintedResult: true };
  const cli = startParser(args);
  for (const [name, definition] of Object.entries(commands)) {
    add(cli, [name], definition, async (path, command, given) => {
      ending = await run(path, command, given);
    });
  }
  await cli.parseAsync();
  return ending;
}

function startParser(args: readonly string[]): Argv {
  return (
    yargs(args.length === 0 ? ['--help'] : joinNegatives(args))
      .scriptName('leash')
      // Whatever the user's language: the texts around are English.
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
        throw new UserError(message ?? error.message);
      })
  );
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

type Runner = (path: readonly string[], command: AnyCommand, given: Record<string, unknown>) => Promise<void>;

/** Tells yargs of a command or group. @param path the words that name it @param isUsual whether the group's name alone does */
function add(
  cli: Argv,
  path: readonly string[],
  definition: AnyCommand | CommandGroup,
  runner: Runner,
  isUsual = false,
): void {
  const name = path.at(-1) as string;
  if (!('commands' in definition)) {
    const usage = [name, ...Object.entries(definition.arguments ?? {}).map(usageOf)].join(' ');
    cli.command(
      isUsual ? [usage, '$0'] : usage,
      definition.summary,
      (own) => withFlags(own, definition),
      (given) => runner(path, definition, given),
    );
    return;
  }
  cli.command(name, definition.summary, (group) => {
    for (const [below, each] of Object.entries(definition.commands))
      add(group, [...path, below], each, runner, below === definition.usual);
    const words = path.join(' ');
    if (definition.usual === undefined)
      group.demandCommand(1, `${words} what? leash ${words} --help lists it`);
    return group.strict();
  });
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
  // Wherever an environment is made, on whatever thread, it is asked there.
  if (typeof given.python === 'string') {
    const { PYTHON } = await import('../config/environment-name.ts');
    process.env[PYTHON] = given.python;
  }
  const work = (): Promise<number> =>
    command.run(given as never, {
      commands,
      listen: listenForSignals,
      onOwnThread: async (isSilent) =>
        (await import('./command-thread.ts')).runOnThread({ path, given }, isSilent),
    });
  const isWatched = given.watch === true && typeof given.runs === 'string';
  const exitCode = isWatched
    ? await (await import('./watched.ts')).whileWatched(given.runs as string, work)
    : await work();
  return { exitCode, isPrintedResult: command.makesRuns ? given.json === true : true };
}
