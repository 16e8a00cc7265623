import type { AnyCommand, CommandGroup, CommandList } from '../command.ts';
import { checkEnvCommand } from './check-env.ts';
import { cloneCommand } from './clone.ts';
import { compareCommand } from './compare.ts';
import { completionCommand } from './completion.ts';
import { configCommands } from './config.ts';
import { dashboardCommand } from './dashboard.ts';
import { enginesCommand } from './engines.ts';
import { envsCommand } from './envs.ts';
import { estimatorsCommand } from './estimators.ts';
import { evaluateCommand } from './evaluate.ts';
import { exportCommand } from './export.ts';
import { fitCommand } from './fit.ts';
import { frontierCommand } from './frontier.ts';
import { initCommand } from './init.ts';
import { importCommand } from './import.ts';
import { klCommand } from './kl.ts';
import { labCommand } from './lab.ts';
import { ledgerCommand } from './ledger.ts';
import { plotCommand } from './plot.ts';
import { queueCommands } from './queue.ts';
import { resumeCommand } from './resume.ts';
import { rlhfCommand } from './rlhf.ts';
import { runsCommands } from './runs.ts';
import { serveEnvCommand } from './serve-env.ts';
import { sweepCommand } from './sweep.ts';
import { trainCommand } from './train.ts';
import { truthCommand } from './truth.ts';
import { verifyCommand } from './verify.ts';
import { workerCommand } from './worker.ts';

/** Every command of leash, in the order of `leash --help`. The build puts them into one file with what begins first. */
export const commands: CommandList = {
  train: trainCommand,
  resume: resumeCommand,
  verify: verifyCommand,
  compare: compareCommand,
  sweep: sweepCommand,
  worker: workerCommand,
  queue: queueCommands,
  evaluate: evaluateCommand,
  config: configCommands,
  init: initCommand,
  envs: envsCommand,
  'check-env': checkEnvCommand,
  'serve-env': serveEnvCommand,
  dashboard: dashboardCommand,
  lab: labCommand,
  plot: plotCommand,
  fit: fitCommand,
  clone: cloneCommand,
  kl: klCommand,
  estimators: estimatorsCommand,
  ledger: ledgerCommand,
  truth: truthCommand,
  frontier: frontierCommand,
  rlhf: rlhfCommand,
  export: exportCommand,
  import: importCommand,
  engines: enginesCommand,
  runs: runsCommands,
  completion: completionCommand,
};

/** The command that these words name. */
export function commandAt(path: readonly string[]): AnyCommand {
  let at: AnyCommand | CommandGroup | undefined = { summary: '', commands };
  for (const word of path) at = at !== undefined && 'commands' in at ? at.commands[word] : undefined;
  if (at === undefined || 'commands' in at) throw new Error(`there is no command ${path.join(' ')}`);
  return at;
}
