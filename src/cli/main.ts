#!/usr/bin/env node
import '../node/v8-flags.ts';
import { setImmediate } from 'node:timers/promises';
import yargs, { type Argv } from '../packages/yargs.ts';
import { nearest } from '../config/nearest.ts';
import { UserError } from '../user-error.ts';
import { LEASH_VERSION } from '../version.ts';
import { describeFailure, systemReason } from './failure.ts';
import { closeLostTerminalAtExit, onBrokenStream, type StreamName } from './streams.ts';

/*
 * Flags and dispatch alone: what a command needs is imported when it runs, so that `--help` is quick. Commands
 * return their exit code.
 */

const commandNames =
  'train compare sweep evaluate ledger config envs engines import kl fit plot runs list rm export show check diff schema'.split(
    ' ',
  );
const flagNames =
  'set seed steps runs name threads fast-math quiet json episodes env config sampled render explain markdown update like p q file labels logits counts gaussian bits samples engine tfjs-backend value activation log-std help version seeds workers threshold match-kl across-environments metric x group-by smooth log-y band theme format out where sort reverse yes csv tensorboard'.split(
    ' ',
  );

/** Flags that are on or off; yargs takes any value that is not "true" for off. */
const switchNames =
  'fast-math quiet json sampled render explain markdown logits counts gaussian bits across-environments log-y reverse yes'.split(
    ' ',
  );

/** How a command ended. */
interface Ending {
  readonly exitCode: number;
  /** Whether what it printed was all it was for; a run's result is in its folder. */
  readonly isPrintedResult: boolean;
}

/** Reads the command line and runs the command. */
async function main(args: readonly string[]): Promise<Ending> {
  let ending: Ending = { exitCode: 0, isPrintedResult: true };
  const run =
    (command: () => Promise<number>, isPrintedResult = true) =>
    async (): Promise<void> => {
      ending = { exitCode: await command(), isPrintedResult };
    };
  const makeRuns = (command: () => Promise<number>, { json }: { json?: boolean | undefined }) =>
    run(command, json ?? false)();
  checkArguments(args);
  const cli = yargs(args.length === 0 ? ['--help'] : joinNegatives(args))
    .scriptName('leash')
    // Whatever the user's language: the texts around are English, and `withSuggestion` reads these.
    .locale('en')
    .usage('$0 COMMAND\n\nTrains policies on a KL leash: PPO and TRPO with exact KL(π_old‖π_new) accounting.')
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
    .epilogue('leash COMMAND --help tells more.');
  cli
    .command(
      'train CONFIG',
      'train a policy; everything is logged to runs/NAME/seed-N/',
      (y) =>
        engineFlags(settings(y))
          .positional('CONFIG', { type: 'string', demandOption: true, describe: 'file of configs/' })
          .option('seed', { type: 'string', requiresArg: true, describe: 'seed (--set seed=N)' })
          .option('steps', { type: 'string', requiresArg: true, describe: 'steps (--set steps=N)' })
          .option('runs', { type: 'string', requiresArg: true, default: 'runs', describe: 'folder of runs' })
          .option('name', {
            type: 'string',
            requiresArg: true,
            describe: 'name of the run; that of the config file where it is not given',
          })
          .option('threads', {
            type: 'string',
            requiresArg: true,
            default: 'auto',
            describe: '1, 2 (the value network gets its own) or auto (while that is faster); same results',
          })
          .option('fast-math', {
            type: 'boolean',
            describe:
              'relaxed SIMD: up to a fifth faster, depending on the processor, but other bytes on others',
          })
          .option('quiet', { type: 'boolean', describe: 'print nothing but errors' })
          .option('json', { type: 'boolean', describe: 'print one JSON object at the end, nothing else' })
          .conflicts('quiet', 'json')
          .example('$0 train configs/quickstart.json --seed 1', ''),
      (given) =>
        makeRuns(async () => {
          const thread =
            given.threads === '1'
              ? undefined
              : (await import('../node/start-critic-thread.ts')).prepareCriticThread();
          return (await import('./commands/train.ts')).runTrain(once(given), { thread });
        }, given),
    )
    .command(
      'compare <CONFIG..>',
      'train configs on many seeds and say what the difference is worth',
      (y) =>
        experiment(y)
          .positional('CONFIG', {
            type: 'string',
            array: true,
            demandOption: true,
            describe: 'files of configs/, or a study of configs/studies/',
          })
          .option('match-kl', {
            type: 'string',
            requiresArg: true,
            describe: 'calibrate ε, β or δ to this mean KL per update, then compare',
          })
          .option('across-environments', { type: 'boolean', describe: 'allow different environments' })
          .example('$0 compare configs/a.json configs/b.json --seeds 10', ''),
      (given) =>
        makeRuns(
          async () => (await import('./command-thread.ts')).runOnThread('compare', once(given)),
          given,
        ),
    )
    .command(
      'sweep FILE',
      'train over a grid or samples of settings and map what they give',
      (y) =>
        experiment(y)
          .positional('FILE', {
            type: 'string',
            demandOption: true,
            describe: 'a sweep, as in docs/compare.md',
          })
          .example('$0 sweep configs/studies/delta-sweep.json', ''),
      (given) =>
        makeRuns(async () => (await import('./command-thread.ts')).runOnThread('sweep', once(given)), given),
    )
    .command(
      'evaluate RUN',
      'play episodes with a trained policy: mean return beside the best known',
      (y) =>
        engineFlags(y)
          .positional('RUN', {
            type: 'string',
            demandOption: true,
            describe: 'runs/NAME, runs/NAME/seed-N, or a policy.safetensors with --env or --config',
          })
          .option('env', {
            type: 'string',
            requiresArg: true,
            describe: 'environment of a policy file, with its default options',
          })
          .option('config', {
            type: 'string',
            requiresArg: true,
            describe: 'config whose environment, its options and seed a policy file is evaluated in',
          })
          .option('episodes', { type: 'string', requiresArg: true, default: '100', describe: 'how many' })
          .option('sampled', { type: 'boolean', describe: 'draw actions; without it the likeliest is taken' })
          .option('seed', {
            type: 'string',
            requiresArg: true,
            default: '0',
            describe: 'seed of the episodes',
          })
          .option('render', { type: 'boolean', describe: 'show the policy and one episode in the terminal' })
          .option('json', { type: 'boolean', describe: 'print one JSON object, nothing else' })
          .conflicts('render', 'json'),
      (given) => run(async () => (await import('./commands/evaluate.ts')).runEvaluate(once(given)))(),
    )
    .command('config', 'look into config files', (y) =>
      y
        .command(
          'show FILE',
          'the whole config, marking what is not the default',
          (yy) =>
            settings(yy)
              .positional('FILE', { type: 'string', demandOption: true })
              .option('explain', { type: 'boolean', describe: 'with the meaning of every field' })
              .option('json', { type: 'boolean', describe: 'as JSON that is itself a config' })
              .conflicts('explain', 'json'),
          (given) =>
            run(async () => (await import('./commands/config-show.ts')).runConfigShow(once(given)))(),
        )
        .command(
          'check <FILE..>',
          'all that is wrong with config files',
          (yy) => yy.positional('FILE', { type: 'string', array: true, demandOption: true }),
          (given) => run(async () => (await import('./commands/config-show.ts')).runConfigCheck(given))(),
        )
        .command(
          'diff A B',
          'where two configs or presets (sb3, cleanrl, spinningup, rllib) differ, and why it matters',
          (yy) =>
            yy
              .positional('A', { type: 'string', demandOption: true })
              .positional('B', { type: 'string', demandOption: true })
              .option('json', { type: 'boolean', describe: 'as JSON' }),
          (given) =>
            run(async () => (await import('./commands/config-diff.ts')).runConfigDiff(once(given)))(),
        )
        .command(
          'schema',
          'the JSON Schema of config files, for editors',
          (yy) => yy.option('markdown', { type: 'boolean', describe: 'as a table of fields' }),
          (given) => run(async () => (await import('./commands/config-show.ts')).runConfigSchema(given))(),
        )
        .demandCommand(1, 'config what? leash config --help lists it')
        .strict(),
    )
    .command(
      'envs [ID]',
      'list the environments, or explain one',
      (y) =>
        y
          .positional('ID', { type: 'string', describe: 'as `leash envs` lists it' })
          .option('json', { type: 'boolean', describe: 'as JSON' }),
      (given) => run(async () => (await import('./commands/envs.ts')).runEnvs(given))(),
    )
    .command(
      'plot <RUN..>',
      'curves of runs: return, KL against δ, clip fraction and entropy, or others',
      (y) => plotFlags(y),
      (given) => run(async () => (await import('./commands/plot.ts')).runPlot(once(given)))(),
    )
    .command(
      'fit CONFIG',
      'fit a classifier or next-token model by cross-entropy: KL minimisation',
      (y) =>
        settings(y)
          .positional('CONFIG', { type: 'string', demandOption: true, describe: 'configs/fit-….json' })
          .option('seed', { type: 'string', requiresArg: true, describe: 'seed (--set seed=N)' })
          .option('runs', { type: 'string', requiresArg: true, default: 'runs', describe: 'folder of runs' })
          .option('name', { type: 'string', requiresArg: true, describe: 'name of the run' })
          .option('quiet', { type: 'boolean', describe: 'print nothing but errors' })
          .option('json', { type: 'boolean', describe: 'print one JSON object at the end, nothing else' })
          .conflicts('quiet', 'json')
          .example('$0 fit configs/fit-next-word.json', ''),
      (given) =>
        makeRuns(async () => (await import('./command-thread.ts')).runOnThread('fit', once(given)), given),
    )
    .command(
      'kl',
      'two distributions side by side: entropy, cross-entropy, KL both ways',
      (y) =>
        y
          .option('p', {
            type: 'string',
            requiresArg: true,
            describe: 'P: 0.5,0.3,0.2 or a .json or .csv file',
          })
          .option('q', { type: 'string', requiresArg: true, describe: 'Q, likewise' })
          .option('file', { type: 'string', requiresArg: true, describe: '.json or .csv file of both' })
          .option('labels', {
            type: 'string',
            requiresArg: true,
            describe: 'names of the outcomes: red,blue',
          })
          .option('logits', { type: 'boolean', describe: 'the numbers are logits: softmax comes first' })
          .option('counts', { type: 'boolean', describe: 'the numbers are counts: divided by their sum' })
          .option('gaussian', { type: 'boolean', describe: 'mean and standard deviation in turn: 0,1' })
          .option('bits', { type: 'boolean', describe: 'in bits; without it in nats' })
          .option('samples', {
            type: 'string',
            requiresArg: true,
            describe: 'estimate KL(P‖Q) by k1, k2, k3 from so many samples of P',
          })
          .option('seed', {
            type: 'string',
            requiresArg: true,
            describe: 'seed of the samples; default 0',
          })
          .option('json', { type: 'boolean', describe: 'print one JSON object, nothing else' })
          .example('$0 kl --p 0.5,0.3,0.2 --q 0.4,0.4,0.2 --labels red,blue,green', ''),
      (given) => run(async () => (await import('./commands/kl.ts')).runKl(once(given)))(),
    )
    .command(
      'ledger RUN',
      'what each gradient step did, and where the rules of SB3, CleanRL and Spinning Up would have stopped',
      (y) =>
        y
          .positional('RUN', {
            type: 'string',
            demandOption: true,
            describe: 'runs/NAME or runs/NAME/seed-N, trained with trustRegion.ledger',
          })
          .option('update', { type: 'string', requiresArg: true, describe: 'this update, step by step' })
          .option('json', { type: 'boolean', describe: 'print one JSON object, nothing else' }),
      (given) => run(async () => (await import('./commands/ledger.ts')).runLedger(once(given)))(),
    )
    .command(
      'export RUN',
      'write the policy of a run for TensorFlow.js, ONNX, NumPy or as JSON',
      (y) =>
        y
          .positional('RUN', {
            type: 'string',
            demandOption: true,
            describe: 'runs/NAME or runs/NAME/seed-N',
          })
          .option('format', {
            type: 'string',
            requiresArg: true,
            demandOption: true,
            describe: 'tfjs, onnx (the policy alone), json or npz (with its value network)',
          })
          .option('out', {
            type: 'string',
            requiresArg: true,
            demandOption: true,
            describe: 'file to write; for tfjs a folder',
          }),
      (given) => run(async () => (await import('./commands/export.ts')).runExport(once(given)))(),
    )
    .command(
      'import MODEL',
      'make a policy to evaluate or to start from, of what leash export wrote, TensorFlow.js or Stable-Baselines3',
      (y) =>
        y
          .positional('MODEL', {
            type: 'string',
            demandOption: true,
            describe:
              'policy.safetensors, what leash export wrote (json, npz, model.json), a model.json of TensorFlow.js or an .npz of SB3',
          })
          .option('out', {
            type: 'string',
            requiresArg: true,
            demandOption: true,
            describe: 'file to write, for network.initialWeights of a config',
          })
          .option('value', {
            type: 'string',
            requiresArg: true,
            describe: 'of a model.json: that of its value network; without it a random one',
          })
          .option('activation', {
            type: 'string',
            requiresArg: true,
            describe: 'tanh or relu: of an SB3 policy whose .npz does not say it',
          })
          .option('log-std', {
            type: 'string',
            requiresArg: true,
            describe: 'of a model.json: it gives means of a Gaussian with this log standard deviation',
          }),
      (given) => run(async () => (await import('./commands/import.ts')).runImport(once(given)))(),
    )
    .command(
      'engines',
      'list the engines: which are there, and what to do about those that are not',
      (y) => y.option('json', { type: 'boolean', describe: 'as JSON' }),
      (given) => run(async () => (await import('./commands/engines.ts')).runEngines(given))(),
    )
    .command('runs', 'list runs, delete them, or export their rows', (y) =>
      runsCommands(y, (command) => run(command)()),
    )
    .fail((message, error) => {
      // yargs throws YErrors for some of the mistakes that it otherwise only describes.
      if (error && error.name !== 'YError') throw error;
      throw new UserError(withSuggestion(message ?? error.message));
    });
  await cli.parseAsync();
  return ending;
}

/** What yargs would pass over. @throws UserError */
function checkArguments(args: readonly string[]): void {
  const end = args.indexOf('--');
  if (end >= 0) {
    throw new UserError(
      `leave out the --: what follows it would not be read, got ${args.slice(end).join(' ')}`,
    );
  }
  for (const arg of args) {
    const [, name = '', value] = /^--([A-Za-z-]+)(?:=(.*))?$/s.exec(arg) ?? [];
    // yargs would take --fastMath for --fast-math.
    if (/[A-Z]/.test(name)) throw new UserError(withSuggestion(`Unknown argument: ${name}`));
    if (value === undefined) continue;
    if (switchNames.includes(name) && value !== 'true' && value !== 'false') {
      throw new UserError(`--${name} is on or off and takes no value but true and false, got ${value}`);
    }
  }
}

/** `--set` and `--like`, wherever a config is read. */
function settings<T>(y: Argv<T>) {
  return y
    .option('set', {
      type: 'string',
      requiresArg: true,
      describe: 'path.to.key=value, over what the file says; repeatable',
    })
    .option('like', {
      type: 'string',
      requiresArg: true,
      describe: 'sb3, cleanrl, spinningup or rllib: its defaults where the file says nothing',
    });
}

/** `leash runs` and what is below it. */
function runsCommands<T>(y: Argv<T>, run: (command: () => Promise<number>) => Promise<void>) {
  const folder = { type: 'string', requiresArg: true, default: 'runs', describe: 'folder of runs' } as const;
  const positional = {
    type: 'string',
    array: true,
    demandOption: true,
    describe: 'runs or folders of runs',
  } as const;
  return y
    .command(
      ['list', '$0'],
      'what there is, with its disk use',
      (yy) =>
        yy
          .option('where', {
            type: 'string',
            requiresArg: true,
            describe: 'conditions apart by commas: "objective=clip, return>0.5, optimizer.learningRate<0.01"',
          })
          .option('sort', {
            type: 'string',
            requiresArg: true,
            describe: 'figures from the greatest, words from A',
          })
          .option('reverse', { type: 'boolean', describe: 'the other way round' })
          .option('runs', folder)
          .option('json', { type: 'boolean', describe: 'as JSON' }),
      (given) => run(async () => (await import('./commands/runs-list.ts')).runList(once(given))),
    )
    .command(
      'rm <RUN..>',
      'delete runs; asks first',
      (yy) =>
        yy
          .positional('RUN', positional)
          .option('yes', { type: 'boolean', describe: 'without asking' })
          .option('runs', folder),
      (given) => run(async () => (await import('./commands/runs-rm.ts')).runRemove(once(given))),
    )
    .command(
      'export <RUN..>',
      'their rows, for other tools',
      (yy) =>
        yy
          .positional('RUN', positional)
          .option('csv', { type: 'string', requiresArg: true, describe: 'file: one tidy table' })
          .option('tensorboard', { type: 'string', requiresArg: true, describe: 'folder: event files' })
          .option('runs', folder),
      (given) => run(async () => (await import('./commands/runs-list.ts')).runExport(once(given))),
    )
    .strict();
}

/** Flags of `leash plot`. */
function plotFlags<T>(y: Argv<T>) {
  return y
    .positional('RUN', {
      type: 'string',
      array: true,
      demandOption: true,
      describe: 'a run, a folder of seeds or any folder above them',
    })
    .option('metric', {
      type: 'string',
      requiresArg: true,
      describe: 'one panel a comma: kl,return,k1+k2,estimators,directions,stop,beta,lr or any column',
    })
    .option('x', {
      type: 'string',
      requiresArg: true,
      describe: 'steps (default), updates, time or gradient',
    })
    .option('group-by', {
      type: 'string',
      requiresArg: true,
      describe: 'config (default), seed or a config path',
    })
    .option('smooth', { type: 'string', requiresArg: true, describe: 'average each run over N updates' })
    .option('log-y', { type: 'boolean', describe: 'logarithmic y axes' })
    .option('band', {
      type: 'string',
      requiresArg: true,
      describe: 'over seeds: iqm (default), mean or seeds',
    })
    .option('theme', { type: 'string', requiresArg: true, describe: 'light (default) or dark' })
    .option('format', { type: 'string', requiresArg: true, describe: 'svg, png, html or terminal' })
    .option('out', { type: 'string', requiresArg: true, describe: 'file; its ending tells the format' })
    .option('runs', { type: 'string', requiresArg: true, default: 'runs', describe: 'folder of runs' })
    .option('across-environments', { type: 'boolean', describe: 'allow runs of different environments' });
}

/** What every experiment of many runs takes. */
function experiment<T>(y: Argv<T>) {
  return settings(y)
    .option('seeds', { type: 'string', requiresArg: true, describe: '10 (0 to 9), 0-9 or 1,4,7; default 10' })
    .option('steps', { type: 'string', requiresArg: true, describe: 'steps of every run' })
    .option('workers', { type: 'string', requiresArg: true, describe: 'threads; default one per core' })
    .option('threshold', {
      type: 'string',
      requiresArg: true,
      describe: 'return whose first reach is timed; default 95% of the best known',
    })
    .option('runs', { type: 'string', requiresArg: true, default: 'runs', describe: 'folder of runs' })
    .option('name', { type: 'string', requiresArg: true, describe: 'its folder; called again it goes on' })
    .option('json', { type: 'boolean', describe: 'print report.json at the end, nothing else' });
}

/** What computes the networks, wherever they are computed. */
function engineFlags<T>(y: Argv<T>) {
  return y
    .option('engine', {
      type: 'string',
      requiresArg: true,
      describe: 'auto, wasm, tfjs or reference; leash engines lists those there are',
    })
    .option('tfjs-backend', {
      type: 'string',
      requiresArg: true,
      describe: 'of engine tfjs: auto, node, wasm or cpu',
    });
}

/** A flag given twice arrives as an array: an error for all but --set and positional lists. */
function once<T extends Record<string, unknown>>(given: T): T {
  for (const [flag, value] of Object.entries(given)) {
    // yargs also gives the positional RUN as R-u-n.
    const isList = ['set', '_', 'config', 'run'].includes(flag.replaceAll('-', '').toLowerCase());
    if (Array.isArray(value) && !isList) throw new UserError(`--${flag} is given twice`);
  }
  return given;
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
function withSuggestion(message: string): string {
  const unknown = /^Unknown (?:argument|command)s?: ([^,]+)/.exec(message)?.[1];
  if (unknown === undefined) {
    return message.replace(/^Not enough non-option arguments.*/s, 'an argument is missing; see --help');
  }
  const flag = nearest(
    unknown,
    flagNames.filter((each) => each !== unknown),
  );
  const command = nearest(unknown, commandNames);
  const isFlag = process.argv.some((each) => each.startsWith(`--${unknown}`) || each === `-${unknown}`);
  if (isFlag) return `there is no flag --${unknown}${flag ? `; did you mean --${flag}?` : '; see --help'}`;
  return `there is no command ${unknown}${command ? `; did you mean ${command}?` : '; see --help'}`;
}

/** The streams that could not be written, and the system's codes for why. */
const lost = new Map<StreamName, string>();
onBrokenStream((stream, code) => lost.set(stream, code));
closeLostTerminalAtExit();
try {
  const { exitCode, isPrintedResult } = await main(process.argv.slice(2));
  process.exitCode = exitCode;
  // Failures of writing are told a turn later.
  await setImmediate();
  const code = lost.get('stdout');
  // `leash … | head` closes the pipe when it has seen enough: no failure.
  if (code !== undefined && code !== 'EPIPE' && isPrintedResult && exitCode === 0) {
    throw new UserError(`stdout cannot be written (${systemReason(code)})`, 1);
  }
} catch (error) {
  const failure = describeFailure(error);
  process.stderr.write(`${failure.text}\n`);
  process.exitCode = failure.exitCode;
}
