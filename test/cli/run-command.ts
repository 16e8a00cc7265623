import type { Argument, Command, Flag, Given } from '../../src/cli/command.ts';
import { commands } from '../../src/cli/commands/index.ts';
import { type Listen, listenForSignals } from '../../src/cli/signals.ts';

/** What a command may be given: flags that have a default may be left out. */
export type Said<C> =
  C extends Command<infer Flags, infer Arguments> ? Partial<Given<Flags>> & Given<Arguments> : never;

/** Runs a command on this thread, as the command line does. @returns the exit code */
export function runCommand<
  Flags extends Readonly<Record<string, Flag>>,
  Arguments extends Readonly<Record<string, Argument>>,
>(
  command: Command<Flags, Arguments>,
  said: Partial<Given<Flags>> & Given<Arguments>,
  listen: Listen = listenForSignals,
): Promise<number> {
  const defaults = Object.entries(command.flags ?? {}).flatMap(([name, flag]) =>
    'default' in flag
      ? [[name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase()), flag.default]]
      : [],
  );
  const given = { ...Object.fromEntries(defaults), ...said } as Given<Flags & Arguments>;
  return command.run(given, { listen, commands });
}
