import type { AnyCommand, CommandList } from '../command.ts';

/** Every command of leash, in the order of `leash --help`. */
export const commands: CommandList = {
  train: async () => (await import('./train.ts')).trainCommand,
  compare: async () => (await import('./compare.ts')).compareCommand,
  sweep: async () => (await import('./sweep.ts')).sweepCommand,
  evaluate: async () => (await import('./evaluate.ts')).evaluateCommand,
  config: async () => (await import('./config.ts')).configCommands,
  envs: async () => (await import('./envs.ts')).envsCommand,
  plot: async () => (await import('./plot.ts')).plotCommand,
  fit: async () => (await import('./fit.ts')).fitCommand,
  kl: async () => (await import('./kl.ts')).klCommand,
  ledger: async () => (await import('./ledger.ts')).ledgerCommand,
  export: async () => (await import('./export.ts')).exportCommand,
  import: async () => (await import('./import.ts')).importCommand,
  engines: async () => (await import('./engines.ts')).enginesCommand,
  runs: async () => (await import('./runs.ts')).runsCommands,
};

/** The command that these words name. */
export async function commandAt(path: readonly string[]): Promise<AnyCommand> {
  let list = commands;
  for (const word of path) {
    const definition = await list[word]?.();
    if (definition === undefined) break;
    if (!('commands' in definition)) return definition;
    list = definition.commands;
  }
  throw new Error(`there is no command ${path.join(' ')}`);
}
