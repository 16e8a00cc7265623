import type { AnyCommand, CommandGroup, CommandList, Flag } from './command.ts';

/** A word that may come next, and what it means. */
interface Choice {
  readonly name: string;
  readonly meaning: string;
}

/** A flag as a choice. */
interface FlagChoice extends Choice {
  readonly takesValue: boolean;
  /** All that its value can be, where the definition says it. */
  readonly values: readonly string[];
}

/** A place on the command line: the words that name a command or a group, and what can come after them. */
interface Place {
  /** `` for leash itself, `config show`. */
  readonly path: string;
  readonly commands: readonly Choice[];
  readonly flags: readonly FlagChoice[];
  /** What its argument can be, where that is not a file or a folder. */
  readonly words: readonly string[];
}

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

const HELP: FlagChoice = { name: 'help', meaning: 'what it does and takes', takesValue: false, values: [] };
const VERSION: FlagChoice = { name: 'version', meaning: 'of leash', takesValue: false, values: [] };

/** The script that makes a shell complete the words of leash's command line: all of it derives from the definitions. */
export function completionScript(shell: Shell, commands: CommandList): string {
  const places = [
    { path: '', commands: choicesOf(commands), flags: [HELP, VERSION], words: [] },
    ...placesIn(commands, []),
  ];
  return { bash, zsh, fish }[shell](places);
}

function placesIn(list: CommandList, above: readonly string[]): Place[] {
  return Object.entries(list).flatMap(([name, definition]): Place[] => {
    const words = [...above, name];
    const path = words.join(' ');
    if (!('commands' in definition)) return [{ path, commands: [], ...choicesIn(definition) }];
    const { usual } = definition;
    const own = usual === undefined ? undefined : (definition.commands[usual] as AnyCommand);
    const choices = own === undefined ? { flags: [HELP], words: [] } : choicesIn(own);
    return [
      { path, commands: choicesOf(definition.commands), ...choices },
      ...placesIn(definition.commands, words),
    ];
  });
}

function choicesIn({ flags = {}, arguments: given = {} }: AnyCommand): Pick<Place, 'flags' | 'words'> {
  return {
    flags: [...Object.entries(flags).map(choiceOf), HELP],
    words: Object.values(given).flatMap(({ values = [] }) => values),
  };
}

function choicesOf(list: CommandList): Choice[] {
  return Object.entries(list).map(([name, { summary }]: [string, AnyCommand | CommandGroup]) => ({
    name,
    meaning: summary,
  }));
}

function choiceOf([name, flag]: [string, Flag]): FlagChoice {
  const takesValue = flag.type !== 'switch';
  return { name, meaning: flag.describe, takesValue, values: takesValue ? (flag.values ?? []) : [] };
}

/** A text that bash, zsh and fish read as it is. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Lines of a `case`, by place. @param of undefined where a place has none */
function cases(places: readonly Place[], of: (place: Place) => string | undefined): string {
  return places
    .flatMap((place) => {
      const body = of(place);
      return body === undefined ? [] : [`    ${quoted(place.path)}) ${body} ;;`];
    })
    .join('\n');
}

/** Lines of a `case`, by place and flag with a value. @param body of what it can be: none said, it is a file or a text */
function valueCases(places: readonly Place[], body: (values: readonly string[]) => string): string {
  const lines = places.flatMap(({ path, flags }) =>
    flags
      .filter(({ takesValue }) => takesValue)
      .map(({ name, values }) => `    ${quoted(`${path} --${name}`)}) ${body(values)} ;;`),
  );
  return lines.join('\n');
}

/** The loop that finds the place, for bash and zsh: the words so far that name commands. */
function findPlace(places: readonly Place[], words: string): string {
  const known = places.filter(({ path }) => path !== '').map(({ path }) => quoted(path));
  return `  local at='' word next
  for word in ${words}; do
    next="\${at:+$at }$word"
    case "$next" in
      ${known.join('|')}) at=$next ;;
      *) break ;;
    esac
  done`;
}

function bash(places: readonly Place[]): string {
  return `# bash completion of leash. In ~/.bashrc: eval "$(leash completion bash)"
_leash() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  # bash takes the = of --flag=value for a word.
  if [ "$current" = = ]; then
    current=''
  elif [ "$previous" = = ]; then
    previous=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  COMPREPLY=()
${findPlace(places, `"\${COMP_WORDS[@]:1:COMP_CWORD-1}"`)}
  local commands='' flags='' words=''
  case "$at $previous" in
${valueCases(places, (values) => (values.length === 0 ? 'return' : `words=${quoted(values.join(' '))}`))}
  esac
  if [ -n "$words" ]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    return
  fi
  case "$at" in
${cases(places, ({ commands, flags, words }) => `commands=${quoted([...commands.map(({ name }) => name), ...words].join(' '))} flags=${quoted(flags.map(({ name }) => `--${name}`).join(' '))}`)}
  esac
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$current")) ;;
    *) COMPREPLY=($(compgen -W "$commands" -- "$current")) ;;
  esac
}
complete -o bashdefault -o default -F _leash leash
`;
}

function zsh(places: readonly Place[]): string {
  const list = (choices: readonly Choice[], prefix = ''): string =>
    choices.map(({ name, meaning }) => quoted(`${prefix}${name}:${meaning}`)).join(' ');
  return `#compdef leash
# zsh completion of leash. As a file _leash in a folder of $fpath, or in ~/.zshrc after compinit: eval "$(leash completion zsh)"
_leash() {
${findPlace(places, `"\${(@)words[2,CURRENT-1]}"`)}
  local current=\${words[CURRENT]} previous=\${words[CURRENT-1]}
  if [[ "$current" == --*=* ]]; then
    previous=\${current%%=*}
    compset -P '*='
  fi
  case "$at $previous" in
${valueCases(places, (values) => (values.length === 0 ? '_files; return' : `compadd -- ${values.map(quoted).join(' ')}; return`))}
  esac
  local -a commands flags
  case "$at" in
${cases(places, ({ commands, flags, words }) => `commands=(${[list(commands), ...words.map(quoted)].join(' ')}) flags=(${list(flags, '--')})`)}
  esac
  if [[ "$current" == -* ]]; then
    _describe -o flag flags
  elif (( $#commands )); then
    _describe command commands
  else
    _files
  fi
}
if [ "$funcstack[1]" = _leash ]; then
  _leash "$@"
else
  compdef _leash leash
fi
`;
}

function fish(places: readonly Place[]): string {
  const lines = places.flatMap(({ path, commands, flags, words }) => {
    const at = `complete -c leash -n "__leash_at '${path}'"`;
    return [
      ...(commands.length + words.length > 0 ? [`${at} -f`] : []),
      ...commands.map(({ name, meaning }) => `${at} -a ${quoted(name)} -d ${fishText(meaning)}`),
      ...words.map((word) => `${at} -a ${quoted(word)}`),
      ...flags.map(({ name, meaning, takesValue, values }) => {
        const value = values.length > 0 ? ` -x -a ${quoted(values.join(' '))}` : takesValue ? ' -r -F' : '';
        return `${at} -l ${name}${value} -d ${fishText(meaning)}`;
      }),
    ];
  });
  const known = places.filter(({ path }) => path !== '').map(({ path }) => quoted(path));
  return `# fish completion of leash: leash completion fish > ~/.config/fish/completions/leash.fish
function __leash_at
    set -l at ''
    for word in (commandline -opc)[2..-1]
        set -l next (string trim -- "$at $word")
        switch $next
            case ${known.join(' ')}
                set at $next
            case '*'
                break
        end
    end
    test "$at" = "$argv[1]"
end
complete -c leash -e
${lines.join('\n')}
`;
}

/** fish knows \\' inside quotes, no '\\''. */
function fishText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
