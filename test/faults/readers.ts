import { existsSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parseAssignment } from '../../src/config/load.ts';
import { loadConfig } from '../../src/node/load-config.ts';
import { describeConfig } from '../../src/cli/print/config.ts';
import { environmentOptions } from '../../envs/environment-options.ts';
import { importPolicy } from '../../src/exchange/import-policy.ts';
import { writeNpz } from '../../src/exchange/npz.ts';
import { writeZip, type ZipEntry } from '../../src/exchange/zip.ts';
import { openExperiment } from '../../src/experiment/experiment-directory.ts';
import { readRun } from '../../src/experiment/planned-run.ts';
import { readStudy } from '../../src/experiment/study-file.ts';
import { readSweep } from '../../src/experiment/sweep-file.ts';
import { loadDataset } from '../../src/fit/dataset.ts';
import { loadFit } from '../../src/fit/load.ts';
import type { Random } from '../../src/random/random.ts';
import { readTrainingInputs } from '../../src/node/read-inputs.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { ownerHere } from '../../src/run/owner.ts';
import { RUN_FORMAT } from '../../src/run/run-files.ts';
import { createAgent } from '../../src/train/agent.ts';
import type { Reader } from './damaged-inputs.ts';
import { damage, damageBytes, damageJson, pick } from './mutations.ts';
import { configCheckCommand } from '../../src/cli/commands/config-check.ts';
import { evaluateCommand } from '../../src/cli/commands/evaluate.ts';
import { klCommand } from '../../src/cli/commands/kl.ts';
import { ledgerCommand } from '../../src/cli/commands/ledger.ts';
import { plotCommand } from '../../src/cli/commands/plot.ts';
import { runsExportCommand } from '../../src/cli/commands/runs-export.ts';
import { runsListCommand } from '../../src/cli/commands/runs-list.ts';
import { runCommand } from '../cli/run-command.ts';

const root = new URL('../..', import.meta.url).pathname;
const file = (path: string): Buffer => readFileSync(join(root, path));
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value, null, 2));

const gridWorld = {
  description: 'Every section, and an environment with options.',
  seed: 3,
  steps: 4000,
  environment: {
    id: 'GridWorld',
    copies: 4,
    normalizeRewards: true,
    options: { map: ['S..', '.#E', 'H.G'], terminals: { E: -1 }, wind: [0, 1, 0], slip: 0.1, timeLimit: 50 },
  },
  rollout: { steps: 32 },
  network: { policy: { hidden: [8, 8], activation: 'relu' }, value: { hidden: [] }, initialLogStd: -0.5 },
  advantage: { gamma: 0.9, standardize: 'rollout' },
  ppo: { epochs: 2, minibatchSize: 64 },
  objective: { kind: 'klPenalty', beta: 2, adapt: { rule: 'ziegler', target: 0.02 } },
  loss: { entropyCoefficient: { schedule: 'linear', from: 0.01 } },
  optimizer: { learningRate: { schedule: 'cosine', from: 0.01, to: 0.001 }, maxGradientNorm: null },
  trustRegion: { delta: 0.03, stop: { measure: 'k3', scope: 'minibatch', factor: 1.5 }, ledger: true },
};
const bandit = {
  environment: {
    id: 'ContextualBandit',
    options: {
      theta: [
        [1, 0],
        [0, 1],
      ],
      sd: 0,
    },
  },
};

function showConfig(path: string): void {
  describeConfig(loadConfig(path, [], environmentOptions), true);
}

const config: Reader = {
  name: 'config',
  files: { 'a.json': json(gridWorld), 'b.json': json(bandit), 'c.json': file('configs/cart-pole-trpo.json') },
  damaged: { 'a.json': 'json', 'b.json': 'json', 'c.json': 'json' },
  async read(folder, path) {
    // As `config check` says it: every problem a line of its own.
    await runCommand(configCheckCommand, { FILE: [join(folder, path)] });
    showConfig(join(folder, path));
  },
  command: (folder, path) => ['config', 'show', join(folder, path)],
};

const study: Reader = {
  name: 'study',
  files: {
    'base.json': json(gridWorld),
    'study.json': json({
      description: 'Which?',
      base: 'base.json',
      set: { steps: 2000, 'advantage.gamma': 0.95 },
      configs: {
        fixed: { 'objective.adapt': null },
        free: { objective: { kind: 'clip' }, 'network.policy.hidden': [4] },
        other: { base: 'base.json', 'environment.copies': 2 },
      },
      seeds: '0-4',
      threshold: 0.5,
      matchKl: 0.01,
    }),
  },
  damaged: { 'study.json': 'json', 'base.json': 'json' },
  // What a damaged `base` leads to: ../../x.
  names: ['/x'],
  read: (folder) => readStudy(join(folder, 'study.json'), [], environmentOptions),
};

const sweep: Reader = {
  name: 'sweep',
  files: {
    'base.json': json(gridWorld),
    'grid.json': json({
      description: 'How much?',
      base: 'base.json',
      set: { 'objective.adapt': null },
      parameters: {
        'objective.beta': [0.1, 1],
        'advantage.gamma': { min: 0.8, max: 0.99, points: 2 },
      },
      seeds: 3,
      halving: { leastSteps: 500, factor: 2 },
    }),
    'random.json': json({
      base: 'base.json',
      method: 'halton',
      samples: 3,
      seed: 4,
      parameters: {
        'ppo.epochs': { min: 1, max: 8 },
        'trustRegion.delta': { min: 0.001, max: 1, scale: 'log' },
      },
    }),
  },
  damaged: { 'grid.json': 'json', 'random.json': 'json', 'base.json': 'json' },
  names: ['/x'],
  read(folder, path) {
    if (path !== 'random.json') readSweep(join(folder, 'grid.json'), [], environmentOptions);
    if (path !== 'grid.json') readSweep(join(folder, 'random.json'), [], environmentOptions);
  },
};

const fit: Reader = {
  name: 'data set',
  files: {
    'table.json': json({
      data: { file: 'table.csv', table: { features: ['length', 'width'], target: ['species'] } },
      network: { hidden: [4] },
    }),
    'votes.json': file('configs/fit-flowers-votes.json'),
    'text.json': json({ data: { file: 'text.txt', text: { tokens: 'characters', context: 2 } } }),
    'table.csv': Buffer.from('length,width,species\n1,2,a\n2,3.5,b\n"4",-1e-3,"a, ""b"""\n\n# no\n5,6,b\n'),
    'data/flowers.csv': file('configs/data/flowers.csv'),
    'text.txt': Buffer.from('To be, or not to be: that is the question.\n'),
  },
  damaged: {
    'table.json': 'json',
    'votes.json': 'json',
    'text.json': 'json',
    'table.csv': 'csv',
    'data/flowers.csv': 'csv',
    'text.txt': 'text',
  },
  read(folder) {
    for (const name of ['table.json', 'votes.json', 'text.json']) {
      const path = join(folder, name);
      loadDataset(loadFit(path, []), path);
    }
  },
};

const kl: Reader = {
  name: 'kl',
  files: {
    'both.json': json({ p: [0.5, 0.3, '1/5'], q: { 0: 0.4, 1: 0.4, 2: 0.2 }, labels: ['0', '1', '2'] }),
    'bags.csv': Buffer.from('label,p,q\nred,5,4\n"blue, dark",3,4\ngreen,2,2\n'),
    'gaussians.json': json({ p: { mean: [0, 1], std: [1, 2] }, q: { mean: [0.5, 1], std: [1, 1] } }),
    'gaussians.csv': Buffer.from('label,pMean,pStd,qMean,qStd\nx,0,1,0.5,1\ny,1,2,1,1\n'),
    'p.json': json({ red: 2, blue: -1.5, green: 0 }),
    'q.csv': Buffer.from('label,logit\nred,1\ngreen,-30\nblue,0.5\n'),
  },
  damaged: {
    'both.json': 'json',
    'bags.csv': 'csv',
    'gaussians.json': 'json',
    'gaussians.csv': 'csv',
    'p.json': 'json',
    'q.csv': 'csv',
  },
  async read(folder, path) {
    const at = join(folder, path);
    const isGaussian = path.startsWith('gaussians');
    if (path === 'p.json' || path === 'q.csv')
      await runCommand(klCommand, { p: join(folder, 'p.json'), q: join(folder, 'q.csv'), logits: true });
    else
      await runCommand(klCommand, {
        file: at,
        gaussian: isGaussian,
        counts: path === 'bags.csv',
        seed: '0',
        samples: '10',
      });
    if (path === 'both.json') await runCommand(klCommand, { file: at, bits: true, json: true });
  },
};

const array = (shape: readonly number[]) => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((product, d) => product * d, 1) }, (_, i) => i / 10),
});
const stateDict = writeNpz({
  'mlp_extractor.policy_net.0.weight': array([4, 3]),
  'mlp_extractor.policy_net.0.bias': array([4]),
  'mlp_extractor.value_net.0.weight': array([4, 3]),
  'mlp_extractor.value_net.0.bias': array([4]),
  'action_net.weight': array([2, 4]),
  'action_net.bias': array([2]),
  'value_net.weight': array([1, 4]),
  'value_net.bias': array([1]),
  log_std: array([2]),
  'obs_rms.mean': array([3]),
  'obs_rms.var': array([3]),
  'obs_rms.count': { shape: [], data: Float32Array.of(10) },
});

/** The entries of an archive that `writeZip` wrote: stored, one after the other. */
function entriesOf(archive: Buffer): ZipEntry[] {
  const entries: ZipEntry[] = [];
  for (let at = 0; archive.readUInt32LE(at) === 0x04034b50; ) {
    const [size, length] = [archive.readUInt32LE(at + 22), archive.readUInt16LE(at + 26)];
    const name = archive.toString('latin1', at + 30, at + 30 + length);
    entries.push({ name, bytes: archive.subarray(at + 30 + length, at + 30 + length + size) });
    at += 30 + length + size;
  }
  return entries;
}

/** Half of them damaged inside, with the right CRC-32: what a writer of another mind might have written. */
function damageNpz(archive: Buffer, random: Random): Buffer {
  if (random.uniform() < 0.4) return damageBytes(archive, random);
  const entries = entriesOf(archive);
  const at = Math.floor(random.uniform() * entries.length);
  const { name, bytes } = entries[at] as ZipEntry;
  const array = Buffer.from(bytes);
  const kind = random.uniform();
  if (kind < 0.4) {
    const shapes = [
      '()',
      '(3,)',
      '(3, 4)',
      '(1.5, 2)',
      '(-1,)',
      '(1e9,)',
      '(99999999999,)',
      "('x',)",
      '((3,),)',
      '',
    ];
    const shape = pick(random, [...shapes, '(0,)', '(0, 3)', '(3, 0)', `(${'1, '.repeat(70)})`]);
    const header = array.toString('latin1').replace(/\([^)]*\)/, shape);
    entries[at] = { name, bytes: Buffer.from(header, 'latin1') };
  } else if (kind < 0.6) {
    const types = ['<f8', '<f2', '>f4', '|O', '<i8', '', '<f4"'];
    const header = array.toString('latin1').replace('<f4', pick(random, types));
    entries[at] = { name, bytes: Buffer.from(header, 'latin1') };
  } else if (kind < 0.8) entries[at] = { name, bytes: damageBytes(array, random) };
  else if (kind < 0.9) entries.splice(at, 1);
  else entries[at] = { name: pick(random, entries).name, bytes: array };
  return Buffer.from(writeZip(entries));
}

const npz: Reader = {
  name: 'npz',
  files: { 'policy.npz': Buffer.from(stateDict) },
  damaged: { 'policy.npz': damageNpz },
  read: (folder) => importPolicy(join(folder, 'policy.npz'), { activation: 'tanh' }),
  command: (folder) => [
    'import',
    join(folder, 'policy.npz'),
    '--activation',
    'tanh',
    '--out',
    join(folder, 'out'),
  ],
};

const dense = (name: string, activation: string) => ({
  class_name: 'Dense',
  config: { name, units: 2, activation, use_bias: true, dtype: 'float32' },
});
const layersModel: Reader = {
  name: 'LayersModel',
  files: {
    'model.json': json({
      format: 'layers-model',
      generatedBy: 'test',
      modelTopology: {
        class_name: 'Sequential',
        config: {
          name: 'policy',
          layers: [
            {
              class_name: 'InputLayer',
              config: { name: 'in', batch_input_shape: [null, 3], dtype: 'float32' },
            },
            dense('a', 'tanh'),
            { class_name: 'Dropout', config: { name: 'drop', rate: 0.1 } },
            dense('b', 'linear'),
          ],
        },
      },
      weightsManifest: [
        {
          paths: ['first.bin', 'second.bin'],
          weights: [
            { name: 'a/kernel', shape: [3, 2], dtype: 'float32' },
            { name: 'a/bias', shape: [2], dtype: 'float32' },
            { name: 'b/kernel', shape: [2, 2], dtype: 'float32' },
            { name: 'b/bias', shape: [2], dtype: 'float32' },
          ],
        },
      ],
      userDefinedMetadata: { leash: { head: 'categorical' } },
    }),
    'first.bin': Buffer.alloc(30, 1),
    'second.bin': Buffer.alloc(26, 2),
  },
  damaged: { 'model.json': 'json', 'first.bin': 'binary', 'second.bin': 'binary' },
  read: (folder) => importPolicy(join(folder, 'model.json'), { activation: 'tanh' }),
};

/** A 4 × 4 map as an image: a model of every kind of layer that configs/models has, and a functional one. */
const convolution = (role: string): Record<string, Buffer> =>
  Object.fromEntries(
    ['model.json', 'group1-shard1of1.bin'].map((name) => [
      `${role}/${name}`,
      file(`configs/models/grid-4x4-${role}/${name}`),
    ]),
  );
const inbound = (name: string): unknown[] => [[[name, 0, 0, {}]]];
const functional = json({
  format: 'layers-model',
  modelTopology: {
    class_name: 'Functional',
    config: {
      name: 'model',
      layers: [
        {
          class_name: 'InputLayer',
          name: 'in',
          config: { name: 'in', batch_input_shape: [null, 16], dtype: 'float32' },
          inbound_nodes: [],
        },
        { ...dense('a', 'relu'), name: 'a', inbound_nodes: inbound('in') },
        { ...dense('b', 'tanh'), name: 'b', inbound_nodes: inbound('in') },
        {
          class_name: 'Concatenate',
          name: 'both',
          config: { name: 'both', axis: -1 },
          inbound_nodes: [[...inbound('a').flat(), ...inbound('b').flat()]],
        },
        {
          class_name: 'Dense',
          name: 'out',
          config: { name: 'out', units: 1, activation: 'linear', use_bias: true },
          inbound_nodes: inbound('both'),
        },
      ],
      input_layers: [['in', 0, 0]],
      output_layers: [['out', 0, 0]],
    },
  },
  weightsManifest: [
    {
      paths: ['weights.bin'],
      weights: [
        ...['a', 'b'].flatMap((name) => [
          { name: `${name}/kernel`, shape: [16, 2], dtype: 'float32' },
          { name: `${name}/bias`, shape: [2], dtype: 'float32' },
        ]),
        { name: 'out/kernel', shape: [4, 1], dtype: 'float32' },
        { name: 'out/bias', shape: [1], dtype: 'float32' },
      ],
    },
  ],
});

/** The models of `network.tfjs`: built, and passed through forwards and backwards, as training does. */
const topology: Reader = {
  name: 'network.tfjs',
  files: {
    ...convolution('policy'),
    ...convolution('value'),
    'functional/model.json': functional,
    'functional/weights.bin': Buffer.alloc(4 * 73, 1),
  },
  damaged: {
    'policy/model.json': 'json',
    'value/model.json': 'json',
    'functional/model.json': 'json',
    'policy/group1-shard1of1.bin': 'binary',
  },
  async read(folder, path) {
    const engine = await loadEngine('tfjs', { tfjsBackend: 'cpu' });
    const value = path.startsWith('functional') ? 'functional' : 'value';
    const tfjs = {
      policy: join(folder, 'policy/model.json'),
      value: join(folder, value, 'model.json'),
    };
    const { config: given } = loadConfig(join(root, 'configs/quickstart.json'), [], environmentOptions);
    const config = { ...given, network: { ...given.network, tfjs } };
    const inputs = readTrainingInputs(config);
    const agent = createAgent(
      config,
      { kind: 'discrete', n: 16 },
      { kind: 'discrete', n: 4 },
      engine,
      3,
      inputs,
    );
    for (const { network, parameters, gradient } of [agent.policy, agent.value].filter(
      (each) => each !== undefined,
    )) {
      const at = network.forward(parameters, new Float32Array(3 * 16).fill(0.5), 3);
      network.vjp(at, new Float32Array(3 * network.shape.outputs).fill(1), gradient);
      network.dispose();
    }
  },
};

/** `--set` on the command line, and the settings of a study. */
const settings: Reader = {
  name: '--set',
  files: { 'a.json': json(gridWorld), set: Buffer.from('network.policy.hidden=[8,8]') },
  damaged: {
    set(_, random) {
      const paths = ['network.policy.hidden', 'environment.options', 'environment.options.map', 'objective'];
      const more = [
        'optimizer.learningRate',
        'trustRegion.stop',
        'seed',
        'environment.id',
        'description',
        'x.y',
      ];
      const path = pick(random, [
        ...paths,
        ...more,
        '',
        '__proto__.x',
        'constructor.prototype',
        'a..b',
        'loss.',
      ]);
      const value = damageJson('{"x":1}', random)?.toString().slice(5, -1) ?? '';
      const text = Buffer.from(`${path}=${value}`);
      return random.uniform() < 0.3 ? damage(text, 'text', random) : text;
    },
  },
  names: ['--set', 'a.json'],
  read(folder) {
    const set = readFileSync(join(folder, 'set'), 'utf8');
    loadConfig(join(folder, 'a.json'), [parseAssignment(set)], environmentOptions);
  },
};

/** A run of 0.1.0, failed, interrupted or whole: its folder among two others. */
const written = 'test/fixtures/experiment-0.1.0';
const RUN_FILES = [
  'config.json',
  'run.json',
  'metrics.jsonl',
  'ledger.jsonl',
  'timing.jsonl',
  'policy.safetensors',
];
const runFiles: Record<string, Buffer> = Object.fromEntries(
  ['clip/seed-0', 'clip/seed-1'].flatMap((run) =>
    RUN_FILES.map((name) => [`${run}/${name}`, file(`${written}/compare/${run}/${name}`)]),
  ),
);
const at = (name: string): string => `clip/seed-0/${name}`;
/** That of a process that ended. */
runFiles[at('owner.json')] = json({ ...ownerHere(RUN_FORMAT), processStart: '1', name: 'clip', seed: 0 });

/** What shows runs uses the whole one whatever became of the other. */
const run: Reader = {
  name: 'run',
  files: runFiles,
  damaged: { [at('config.json')]: 'json', [at('run.json')]: 'json', [at('owner.json')]: 'binary' },
  async read(folder) {
    await runCommand(runsListCommand, { runs: folder });
    await runCommand(runsListCommand, { runs: folder, json: true, where: 'return>0', sort: 'kl' });
    await runCommand(plotCommand, { RUN: [folder], runs: folder, metric: 'return,kl', groupBy: 'seed' });
    await runCommand(runsExportCommand, { RUN: [folder], runs: folder, csv: join(folder, 'all.csv') });
    rmSync(join(folder, 'all.csv'));
    await runCommand(evaluateCommand, { RUN: join(folder, 'clip/seed-0'), episodes: '1', seed: '0' });
  },
  command: (folder) => ['plot', folder, '--runs', folder],
};

const rows: Reader = {
  name: 'rows',
  files: runFiles,
  damaged: { [at('metrics.jsonl')]: 'jsonl', [at('timing.jsonl')]: 'jsonl' },
  async read(folder) {
    await runCommand(runsListCommand, { runs: folder });
    const out = join(folder, 'a.svg');
    await runCommand(plotCommand, { RUN: [folder], runs: folder, metric: 'return,kl,stop', x: 'time', out });
    rmSync(out);
  },
};

const ledger: Reader = {
  name: 'ledger',
  files: runFiles,
  damaged: { [at('ledger.jsonl')]: 'jsonl' },
  async read(folder) {
    await runCommand(ledgerCommand, { RUN: join(folder, 'clip/seed-0') });
    await runCommand(plotCommand, { RUN: [join(folder, 'clip/seed-0')], runs: folder, x: 'gradient' });
  },
  command: (folder) => ['ledger', join(folder, 'clip/seed-0')],
};

/** Half of them damaged in the JSON header, with the right length before it. */
function damageSafetensors(bytes: Buffer, random: Random): Buffer {
  if (random.uniform() < 0.4) return damageBytes(bytes, random);
  const length = Number(bytes.readBigUInt64LE(0));
  const header = bytes.toString('utf8', 8, 8 + length);
  const inner = JSON.parse(header) as { __metadata__: Record<string, string> };
  const key = pick(random, ['policyShape', 'valueShape']);
  const shape = damageJson(inner.__metadata__[key] as string, random)?.toString() ?? '';
  const nested = JSON.stringify({ ...inner, __metadata__: { ...inner.__metadata__, [key]: shape } });
  const text =
    random.uniform() < 0.4 ? Buffer.from(nested) : (damageJson(header, random) ?? Buffer.from(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([size, text, bytes.subarray(8 + length)]);
}

const policy: Reader = {
  name: 'policy',
  files: runFiles,
  damaged: { [at('policy.safetensors')]: damageSafetensors },
  read: (folder) =>
    runCommand(evaluateCommand, { RUN: join(folder, 'clip/seed-0'), episodes: '1', seed: '0' }),
};

/** An experiment opened again, each of its runs looked at: what is damaged makes room, what is not stays. */
const experiment: Reader = {
  name: 'experiment',
  files: {
    ...runFiles,
    'experiment.json': json({ format: 'leash-experiment-1' }),
    lock: Buffer.from('4194304\n'),
  },
  damaged: {
    'experiment.json': 'json',
    lock: 'text',
    [at('config.json')]: 'json',
    [at('run.json')]: 'json',
    [at('metrics.jsonl')]: 'jsonl',
  },
  isChanging: true,
  read(folder) {
    const labels = { tags: ['read'], note: 'read again' };
    const directory = openExperiment(dirname(folder), basename(folder), environmentOptions, labels);
    try {
      const { marker } = directory;
      marker.keepKind('compare', ['clip'], []);
      marker.keepOrder([{ label: 'clip' }]);
      marker.write();
      const { config: planned } = loadConfig(
        join(root, written, 'configs/clip.json'),
        [],
        environmentOptions,
      );
      for (const seed of [0, 1]) {
        const planning = { root: folder, label: 'clip', config: { ...planned, seed } };
        const { isToDo, resumesFrom } = directory.placeOf(planning);
        if (isToDo && resumesFrom === undefined) directory.clear(planning);
        readRun(planning);
      }
      if (!existsSync(join(folder, 'clip/seed-1/run.json'))) throw new Error('a whole run was removed');
    } finally {
      directory.release();
    }
  },
};

export const readers: readonly Reader[] = [
  ...[
    config,
    study,
    sweep,
    settings,
    fit,
    kl,
    npz,
    layersModel,
    topology,
    policy,
    run,
    rows,
    ledger,
    experiment,
  ],
];
