import type { Listen } from './signals.ts';

/** What `--name VALUE`, or `--name` alone, gives. */
export type Flag = TextFlag | SwitchFlag;

/** A flag with a value; `texts` may be given several times. */
export interface TextFlag {
  readonly type: 'text' | 'texts';
  readonly describe: string;
  /** All that it can be, for completion; what is wrong is refused elsewhere. */
  readonly values?: readonly string[];
  /** Its value where it is not given. */
  readonly default?: string;
  readonly isRequired?: true;
}

/** A flag that is on or off. */
export interface SwitchFlag {
  readonly type: 'switch';
  readonly describe: string;
}

/** What stands without a flag; `several` are at least one. */
export interface Argument {
  readonly type: 'one' | 'optional' | 'several';
  readonly describe?: string;
  /** All that it can be, for completion; it is a file or a folder where that is not said. */
  readonly values?: readonly string[];
}

type Value<Part> = Part extends { type: 'switch' }
  ? boolean
  : Part extends { type: 'texts' }
    ? string | string[]
    : Part extends { type: 'several' }
      ? string[]
      : string;

type Sure = { default: string } | { isRequired: true } | { type: 'one' | 'several' };

type CamelCase<Name> = Name extends `${infer Word}-${infer Rest}`
  ? `${Word}${Capitalize<CamelCase<Rest>>}`
  : Name;

/** What a command is given: `--fast-math` as `fastMath`. */
export type Given<Parts> = {
  readonly [Name in keyof Parts as Parts[Name] extends Sure ? CamelCase<Name> : never]: Value<Parts[Name]>;
} & {
  readonly [Name in keyof Parts as Parts[Name] extends Sure ? never : CamelCase<Name>]?:
    | Value<Parts[Name]>
    | undefined;
};

/** What a command that takes long has around it. */
export interface Surroundings {
  /** All commands. */
  readonly commands: CommandList;
  /** Signals and the loss of the terminal, told to it as long as it listens. */
  readonly listen: Listen;
  /**
   * Runs the command again, from its start, on a thread of its own: this one is then free for signals. Undefined where
   * this is that thread.
   * @param isSilent whether to print nothing at a signal
   */
  readonly onOwnThread?: (isSilent: boolean) => Promise<number>;
}

/**
 * A command: what the user may say, and what is done then. All definitions are loaded at every start, so they import
 * nothing; what `run` needs, `run` imports.
 */
export interface Command<
  Flags extends Readonly<Record<string, Flag>>,
  Arguments extends Readonly<Record<string, Argument>>,
> {
  readonly summary: string;
  /** In the order in which they are given. */
  readonly arguments?: Arguments;
  readonly flags?: Flags;
  /** Flags that exclude each other. */
  readonly excludes?: readonly (readonly [keyof Flags & string, keyof Flags & string])[];
  /** Flags that say nothing without another: the first needs the second. */
  readonly needs?: readonly (readonly [keyof Flags & string, keyof Flags & string])[];
  readonly examples?: readonly string[];
  /** Its result is in folders: that what it prints is lost is no failure, but with `--json`. */
  readonly makesRuns?: true;
  /** @returns the exit code */
  run(given: Given<Flags & Arguments>, surroundings: Surroundings): Promise<number>;
}

/** Any command, for what treats all alike. */
export type AnyCommand = Omit<Command<Record<string, Flag>, Record<string, Argument>>, 'run'> & {
  run(given: never, surroundings: Surroundings): Promise<number>;
};

/** Commands below one word: `leash config show`. */
export interface CommandGroup {
  readonly summary: string;
  readonly commands: CommandList;
  /** Which of them the word alone stands for. */
  readonly usual?: string;
}

/** Name → definition, in the order of help. */
export type CommandList = Readonly<Record<string, AnyCommand | CommandGroup>>;

/** Defines a command: the types of what it is given are those of its flags and arguments. */
export function defineCommand<
  // biome-ignore lint/complexity/noBannedTypes: a command without flags has none, not any.
  const Flags extends Readonly<Record<string, Flag>> = {},
  // biome-ignore lint/complexity/noBannedTypes: likewise.
  const Arguments extends Readonly<Record<string, Argument>> = {},
>(command: Command<Flags, Arguments>): Command<Flags, Arguments> {
  return command;
}
