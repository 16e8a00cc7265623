/*
 * Flags that several commands have. Definitions of commands are loaded at every start: nothing is imported here.
 */

/** Wherever a config is read. */
export const setFlag = {
  set: { type: 'texts', describe: 'path.to.key=value, over what the file says; repeatable' },
} as const;

/** Wherever one config of a training is read. */
export const settingFlags = {
  ...setFlag,
  like: {
    type: 'text',
    values: ['sb3', 'cleanrl', 'spinningup', 'rllib', 'rsl_rl', 'rl_games', 'skrl', 'sbx'],
    describe:
      'sb3, cleanrl, spinningup, rllib, rsl_rl, rl_games, skrl or sbx: its defaults where the file says nothing',
  },
} as const;

/** What computes the networks, wherever they are computed. */
export const engineFlags = {
  engine: {
    type: 'text',
    values: ['auto', 'wasm', 'tfjs', 'reference'],
    describe: 'auto, wasm, tfjs or reference; leash engines lists those there are',
  },
  'tfjs-backend': {
    type: 'text',
    values: ['auto', 'node', 'wasm', 'cpu'],
    describe: 'of engine tfjs: auto, node, wasm or cpu',
  },
} as const;

export const runsFlag = {
  runs: { type: 'text', default: 'runs', describe: 'folder of runs' },
} as const;

/** Wherever an environment is made. */
export const pythonFlag = {
  python: {
    type: 'text',
    describe: 'of environments gym:ID: the Python that has Gymnasium; LEASH_PYTHON, or python3, without it',
  },
} as const;

/** Wherever the environment of a run is needed: what a run names is only run where the user names it, too. */
export const moduleFlag = {
  env: {
    type: 'text',
    describe: 'of a run whose environment is a file, or gym:ID: that, which is run',
  },
  ...pythonFlag,
} as const;

/** Where a policy may be that of a file, which does not say its environment. */
export const environmentFlag = {
  env: {
    type: 'text',
    describe:
      'environment of a policy file, with its default options: an id, or a file, which is run; of a run whose environment is a file, or gym:ID, that',
  },
  ...pythonFlag,
} as const;

/** Of a command that makes runs: what is said of them, whatever they are. */
export const labelFlags = {
  tag: { type: 'texts', describe: 'a word to find the runs by (leash runs --tag T); repeatable' },
  note: { type: 'text', describe: 'what they are for, kept in run.json' },
} as const;

/** Of a command that makes runs of a name. */
export const replaceFlag = {
  replace: {
    type: 'switch',
    describe: 'a run that is there already and over gives way when the new one begins',
  },
} as const;

/** Of a command that makes one run: what it prints. */
export const outputFlags = {
  quiet: { type: 'switch', describe: 'print nothing but errors' },
  json: { type: 'switch', describe: 'print one JSON object at the end, nothing else' },
} as const;

/** Of a command that makes runs, and takes long. */
export const watchFlag = {
  watch: {
    type: 'switch',
    describe: 'a page of the runs (leash dashboard) while they are made; its address is printed first',
  },
} as const;

/** Where a queue is. */
const queueFlags = {
  queue: {
    type: 'text',
    describe: 'redis://HOST:PORT, rediss:// encrypted: workers of that queue (leash worker) make the runs',
  },
  'queue-prefix': { type: 'text', default: 'leash', describe: 'what all keys of the queue begin with' },
} as const;

/** Of a command that is nothing without a queue. */
export const requiredQueueFlags = {
  ...queueFlags,
  queue: {
    type: 'text',
    isRequired: true,
    describe: 'redis://HOST:PORT, rediss:// encrypted; LEASH_QUEUE_PASSWORD has its password',
  },
} as const;

/** Of every experiment of many runs. */
export const experimentFlags = {
  ...setFlag,
  seeds: { type: 'text', describe: '10 (0 to 9), 0-9 or 1,4,7; default 10' },
  steps: { type: 'text', describe: 'steps of every run' },
  workers: { type: 'text', describe: 'threads; default one per core' },
  shard: {
    type: 'text',
    describe: 'i/n: make the i-th of n parts of the runs; the report when all are there (leash runs merge)',
  },
  ...queueFlags,
  threshold: {
    type: 'text',
    describe: 'return whose first reach is timed; default 95% of the best known',
  },
  ...runsFlag,
  name: { type: 'text', describe: 'its folder; called again it goes on' },
  ...labelFlags,
  ...pythonFlag,
  ...watchFlag,
  json: { type: 'switch', describe: 'print report.json at the end, nothing else' },
} as const;

/** Which flags of every experiment exclude each other: who makes the runs is said once. */
export const experimentExcludes = [
  ['queue', 'workers'],
  ['queue', 'shard'],
] as const;

/** Which flags of every experiment say nothing without another. */
export const experimentNeeds = [['queue-prefix', 'queue']] as const;

/** Of a command that makes one run. */
export const threadsFlag = {
  threads: {
    type: 'text',
    values: ['1', '2', 'auto'],
    default: 'auto',
    describe: '1, 2 (the value network gets its own) or auto (while that is faster); same results',
  },
} as const;

/** Of a command that draws a picture. */
export const pictureFlags = {
  theme: { type: 'text', values: ['light', 'dark'], describe: 'light (default) or dark' },
  format: {
    type: 'text',
    values: ['svg', 'png', 'html', 'terminal'],
    describe: 'svg, png, html or terminal',
  },
  font: {
    type: 'texts',
    describe: 'font file for the characters of a PNG that leash has none for; repeatable',
  },
  out: { type: 'text', describe: 'file of the picture; its ending tells the format' },
} as const;
