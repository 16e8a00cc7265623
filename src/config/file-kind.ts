import { isTree, type Tree } from './problem.ts';

/** What a file or folder is to leash, and what takes it. */
interface KindWords {
  /** To stand after "is". */
  readonly what: string;
  /** @param place the file or folder, as it was named */
  readonly use: (place: string) => string;
}

const inItsFolder = (place: string): string =>
  place.replace(/[^/\\]*$/, '').replace(/(?<=.)[/\\]$/, '') || '.';

/** Everything that a command may be given, by what is in it, not by what it is called. */
export const fileKinds = {
  config: { what: 'a config', use: (place) => `leash train ${place} trains it` },
  fit: { what: 'a config of leash fit', use: (place) => `leash fit ${place} fits it` },
  study: { what: 'a study', use: (place) => `leash compare ${place} trains its configs` },
  sweep: { what: 'a sweep', use: (place) => `leash sweep ${place} trains its points` },
  run: { what: 'a run', use: (place) => `leash evaluate ${place} plays its policy` },
  runs: { what: 'a folder of runs', use: (place) => `leash plot ${place} draws them` },
  fitRun: { what: 'a run of leash fit', use: (place) => `leash plot ${place} draws it` },
  runPart: {
    what: 'a file of a run or experiment',
    use: (place) => `leash plot ${inItsFolder(place)} and leash runs read its folder`,
  },
  policy: { what: 'a policy', use: (place) => `leash evaluate ${place} --env ID plays it` },
  exportedPolicy: {
    what: 'a policy that leash export wrote',
    use: (place) => `leash import ${place} --out FILE makes a policy of it`,
  },
  exportedModel: {
    what: 'a classifier that leash export wrote for other tools',
    use: () => 'no command reads it',
  },
  layersModel: {
    what: 'a TensorFlow.js model',
    use: (place) => `leash import ${place} --out FILE makes a policy of it`,
  },
  foreignModel: {
    what: 'a model of another tool',
    use: (place) => `leash import ${place} --out FILE makes a policy of it, or says how`,
  },
  schema: { what: 'a JSON Schema', use: () => 'editors find it by "$schema" in a config' },
  distributions: { what: 'a list of distributions', use: (place) => `leash kl --file ${place} reads it` },
  code: {
    what: 'a file of code',
    use: (place) => `leash train --env ${place} trains in the environment that it exports`,
  },
  folder: { what: 'a folder without runs', use: () => 'name a file in it' },
  text: { what: 'a text', use: () => 'leash fit reads texts and tables as data.file of its config' },
  binary: { what: 'neither text (UTF-8) nor a model', use: () => 'no command reads it' },
} as const satisfies Record<string, KindWords>;

export type FileKind = keyof typeof fileKinds;

/** Keys that only one kind of JSON has, the surest first. */
const SIGNS: readonly (readonly [FileKind, (tree: Tree) => boolean])[] = [
  ['exportedPolicy', ({ format }) => typeof format === 'string' && format.startsWith('leash-policy-')],
  ['exportedModel', ({ format }) => typeof format === 'string' && format.startsWith('leash-model-')],
  ['runPart', ({ format }) => typeof format === 'string' && format.startsWith('leash-')],
  ['layersModel', (tree) => 'modelTopology' in tree || tree.format === 'layers-model'],
  ['layersModel', (tree) => 'weightsManifest' in tree],
  ['runPart', (tree) => 'versions' in tree && 'status' in tree],
  ['study', (tree) => isTree(tree.configs)],
  ['sweep', (tree) => isTree(tree.parameters)],
  ['config', (tree) => 'environment' in tree],
  ['fit', (tree) => isTree(tree.data)],
  ['schema', ({ $schema }) => typeof $schema === 'string' && /json-schema\.org/.test($schema)],
  ['distributions', (tree) => 'p' in tree && 'q' in tree],
];

/** What JSON is, by its keys; undefined where none tells. */
export function kindOfJson(written: unknown): FileKind | undefined {
  return isTree(written) ? SIGNS.find(([, fits]) => fits(written))?.[0] : undefined;
}

/** Taken, but not what one looks for: a reader says more of them. */
const UNSAID: ReadonlySet<FileKind> = new Set(['schema', 'fitRun', 'folder', 'text', 'binary']);

/**
 * One line that says what something is and which command takes it, where it is none of what is taken.
 * @param kind undefined: that is not known, and the reader says what is wrong
 */
export function otherKind(
  place: string,
  kind: FileKind | undefined,
  takes: readonly FileKind[],
): string | undefined {
  if (kind === undefined || takes.includes(kind)) return undefined;
  const { what, use } = fileKinds[kind];
  const wanted = takes.filter((each) => !UNSAID.has(each)).map((each) => fileKinds[each].what);
  const list = wanted.length < 2 ? wanted[0] : `${wanted.slice(0, -1).join(', ')} or ${wanted.at(-1)}`;
  return `${place} is ${what}, not ${list}; ${use(place)}`;
}
