import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { verifyCommand } from '../../src/cli/commands/verify.ts';
import type { RunRecord } from '../../src/run/record.ts';
import type { Difference } from '../../src/train/verify.ts';
import { UserError } from '../../src/user-error.ts';
import { begin, branchOff, configOf, goOn } from '../resume/interrupted.ts';
import { runCommand } from './run-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'leash-verify-record-'));
const settings = {
  trustRegion: { ledger: true },
  evaluation: { every: 4, episodes: 2 },
  checkpoint: { everyUpdates: 3, keep: 'all' },
  // It is warned of.
  optimizer: { learningRate: 1e-8 },
  reference: { policy: 'initial', beta: 0.1 },
};

let stdout = '';
beforeEach(() => {
  stdout = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => void vi.restoreAllMocks());

interface Found {
  readonly status: 'same' | 'different';
  readonly until: number;
  readonly isWhole: boolean;
  readonly difference: Difference | null;
}

async function verify(RUN: string): Promise<Found> {
  stdout = '';
  await runCommand(verifyCommand, { RUN, runs: folder, json: true });
  return (JSON.parse(stdout) as [Found])[0];
}

let copies = 0;
/** A copy of a run with another record. */
function withRecord(path: string, change: (record: Record<string, unknown>) => void): string {
  const copy = join(folder, `copy-${copies++}`, 'seed-3');
  cpSync(path, copy, { recursive: true });
  const file = join(copy, 'run.json');
  const record = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  change(record);
  writeFileSync(file, JSON.stringify(record));
  return copy;
}

const recordOf = (path: string): RunRecord => JSON.parse(readFileSync(join(path, 'run.json'), 'utf8'));

type Path = readonly string[];

/** Every value in a record, by its path. */
function leavesOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([name, inner]) => leavesOf(inner, [...path, name]));
}

/** Puts another value of the same kind at a path. */
function changeAt(record: Record<string, unknown>, path: Path): void {
  const [name = '', ...rest] = path;
  const value = record[name];
  if (rest.length > 0) changeAt(value as Record<string, unknown>, rest);
  else if (typeof value === 'number') record[name] = value + 1;
  else if (typeof value === 'boolean') record[name] = !value;
  else if (name === 'kind') record[name] = 'explodingKl';
  else record[name] = `${String(value)}0`;
}

/** How a field is looked at: held against what is made again, refused in these words, or no training's. */
type Treated = 'compared' | 'told' | RegExp;

const treated: Readonly<Record<keyof RunRecord, Treated>> = {
  name: 'compared',
  seed: 'compared',
  status: 'compared',
  failure: 'compared',
  versions: 'told',
  platform: 'told',
  engine: /was made with engine wasm0, this is wasm/,
  tfjsBackend: /was made with tfjsBackend added, this is undefined/,
  // As a checkpoint says.
  fastMath: /was made with fastMath true, this is false/,
  threads: 'told',
  startedAt: 'told',
  finishedAt: 'told',
  seconds: 'told',
  updatesPlanned: 'compared',
  updates: 'compared',
  parent: /parent/,
  tags: 'told',
  note: 'told',
  parametersSha256: 'compared',
  referenceSha256: /its weights are not those of referenceSha256 in run\.json/,
  kind: /is a run of leash clone: only runs of train are made again/,
  steps: 'compared',
  episodes: 'compared',
  final: 'compared',
  warnings: 'compared',
  module: 'compared',
  files: 'compared',
  best: 'compared',
};

/** What a run of these settings has no value for. */
const added: Readonly<Partial<Record<keyof RunRecord | 'ofLater', unknown>>> = {
  failure: 'added',
  tfjsBackend: 'added',
  parent: { run: 'a/seed-3', update: 3, sha256: 'added' },
  tags: ['added'],
  note: 'added',
  kind: 'clone',
  module: { id: 'added', sha256: 'added' },
  files: { 'network.tfjs.policy': 'added' },
  ofLater: 'added',
};

describe('leash verify holds every field of run.json against the run made again', () => {
  let path = '';
  let record: RunRecord;
  beforeAll(async () => {
    // A run that it began with: `files` has that.
    const first = await begin(configOf('CartPole-v1', { steps: 63 }));
    const initialWeights = join(first.path, 'policy.safetensors');
    const network = { policy: { hidden: [8] }, value: { hidden: [8] }, initialWeights };
    ({ path } = await begin(configOf('CartPole-v1', { ...settings, network })));
    record = recordOf(path);
  });

  it('as it was written', async () => {
    expect(record).toMatchObject({ files: {}, warnings: [{ update: 1 }], best: {}, final: {} });
    expect(await verify(path)).toMatchObject({ status: 'same', isWhole: true });
    for (const field of Object.keys(record)) expect(treated).toHaveProperty(field);
  });

  it('where one value is another', async () => {
    const odd = leavesOf(record).filter((at) => !['status', 'versions.leash'].includes(at.join('.')));
    for (const at of odd) {
      const field = at.join('.');
      const how = treated[at[0] as keyof RunRecord];
      const copy = withRecord(path, (written) => changeAt(written, at));
      if (how instanceof RegExp) await expect(verify(copy), field).rejects.toThrow(how);
      else
        expect(await verify(copy), field).toMatchObject(
          how === 'told'
            ? { status: 'same' }
            : { status: 'different', difference: { file: 'run.json', update: 9, field } },
        );
    }
  });

  it('where one is gone', async () => {
    for (const field of Object.keys(record)) {
      const copy = withRecord(path, (written) => void delete written[field]);
      const found = await verify(copy).catch((cause: unknown) => cause);
      // What every record has is missed when it is read.
      if (found instanceof UserError) expect(found.message, field).toContain(field);
      else if (treated[field as keyof RunRecord] === 'told')
        expect(found, field).toMatchObject({ status: 'same' });
      else
        expect(found, field).toMatchObject({ difference: { file: 'run.json', again: expect.any(String) } });
    }
  });

  it.each(Object.entries(added))('where %s was added', async (field, value) => {
    const how: Treated = field === 'ofLater' ? 'compared' : treated[field as keyof RunRecord];
    const copy = withRecord(path, (written) => {
      written[field] = typeof value === 'object' && field === 'files' ? { ...record.files, ...value } : value;
    });
    if (how instanceof RegExp) await expect(verify(copy)).rejects.toThrow(how);
    else if (how === 'told') expect(await verify(copy)).toMatchObject({ status: 'same' });
    else
      expect(await verify(copy)).toMatchObject({
        difference: { file: 'run.json', field: expect.stringMatching(`^${field}`), there: 'added' },
      });
  });

  it.each(['running', 'failed'])('where its status is %s', async (status) => {
    expect(
      await verify(withRecord(path, (written) => void Object.assign(written, { status }))),
    ).toMatchObject({
      difference: { file: 'run.json', field: 'status', there: status, again: 'completed' },
    });
  });

  it('from a checkpoint on, but for what the rows before it have a part in', async () => {
    const forged = (change: (written: Record<string, unknown>) => void): Promise<Found> =>
      verify(`${withRecord(path, change)}@6`);
    expect(await forged(() => {})).toMatchObject({ status: 'same', isWhole: true });
    for (const field of ['name', 'seed', 'updates', 'steps', 'updatesPlanned', 'parametersSha256'])
      expect(await forged((written) => changeAt(written, [field]))).toMatchObject({
        difference: { file: 'run.json', field },
      });
    for (const at of [['episodes'], ['final', 'klOldNewMean']])
      expect(await forged((written) => changeAt(written, at))).toMatchObject({ status: 'same' });
  });

  it('only where all updates are made again', async () => {
    const copy = withRecord(path, (written) => changeAt(written, ['updates']));
    stdout = '';
    expect(await runCommand(verifyCommand, { RUN: copy, runs: folder, updates: '8' })).toBe(0);
    expect(stdout).toBe(`same       ${copy}: 8 updates, byte for byte\n`);
  });

  it('whose folder was copied under another name', async () => {
    expect(await verify(withRecord(path, () => {}))).toMatchObject({ status: 'same', difference: null });
  });
});

describe('leash verify finds the record the same of a run', () => {
  const config = configOf('CartPole-v1', settings);
  const parts = { status: 'same', difference: null, until: 9, isWhole: true };

  it('on two threads', async () => {
    const { path } = await begin(config, { threads: 2 });
    expect(await verify(path)).toMatchObject(parts);
  });

  it('that was interrupted, and gone on with', async () => {
    const { path } = await begin(config, { until: 5 });
    expect(await verify(path)).toMatchObject({ ...parts, until: 5 });
    await goOn(path);
    expect(await verify(path)).toMatchObject(parts);
  });

  it('that was interrupted in its last update', async () => {
    const { path } = await begin(config, { until: 9 });
    expect(recordOf(path).status).toBe('interrupted');
    expect(await verify(path)).toMatchObject(parts);
  });

  it('that was made longer, with the warnings that hang on where', async () => {
    const { path } = await begin(config);
    await goOn(path, { steps: 63 * 14 });
    const { warnings = [] } = recordOf(path);
    const copy = withRecord(path, (written) => {
      const ofParts = ['collapsedEntropy', 'deadGradients'].map((kind) => ({ kind, update: 5, message: '' }));
      written.warnings = [...warnings, ...ofParts];
    });
    expect(await verify(copy)).toMatchObject({ ...parts, until: 14 });
  });

  it('that is a branch', async () => {
    const { path } = await begin(config);
    const branch = await branchOff(`${path}@3`);
    expect(await verify(branch.path)).toMatchObject(parts);
    expect(await verify(`${branch.path}@6`)).toMatchObject(parts);
    const copy = withRecord(branch.path, (written) => changeAt(written, ['episodes']));
    expect(await verify(copy)).toMatchObject({ difference: { file: 'run.json', field: 'episodes' } });
  });

  it('that was killed, whose record says how it began', async () => {
    const killed = join(folder, 'killed', 'seed-3');
    await begin(config, {
      onUpdate: ({ update }, path) => {
        if (update === 5) cpSync(path, killed, { recursive: true });
      },
    });
    expect(recordOf(killed)).toMatchObject({ status: 'running', updates: 0 });
    expect(await verify(killed)).toMatchObject({ ...parts, until: 5, isWhole: false });
    const copy = withRecord(killed, (written) => changeAt(written, ['seed']));
    expect(await verify(copy)).toMatchObject({ difference: { file: 'run.json', field: 'seed' } });
  });
});

describe('leash verify says what is not so of the record of a run', () => {
  it.each(['updates', 'steps', 'episodes', 'parametersSha256'])('that was interrupted: %s', async (field) => {
    const { path } = await begin(configOf('CartPole-v1', settings), { until: 5 });
    const copy = withRecord(path, (written) => changeAt(written, [field]));
    expect(await verify(copy)).toMatchObject({ difference: { file: 'run.json', update: 5, field } });
  });

  it('that was interrupted: that it was completed', async () => {
    const { path } = await begin(configOf('CartPole-v1', settings), { until: 5 });
    const copy = withRecord(path, (written) => void Object.assign(written, { status: 'completed' }));
    expect(await verify(copy)).toMatchObject({
      difference: { file: 'metrics.jsonl', update: 6, field: 'row' },
    });
  });

  it('that failed, but for its policies', async () => {
    let path = '';
    const onUpdate = ({ update }: { readonly update: number }, at: string): void => {
      path = at;
      if (update === 5) throw new UserError('enough', 1);
    };
    await expect(begin(configOf('CartPole-v1', settings), { onUpdate })).rejects.toThrow('enough');
    expect(recordOf(path)).toMatchObject({ status: 'failed', updates: 5, failure: 'enough' });
    expect(await verify(path)).toMatchObject({ status: 'same', until: 5, isWhole: false });
    for (const at of [['updates'], ['episodes'], ['final', 'klOldNewMax'], ['warnings', '0', 'update']]) {
      const copy = withRecord(path, (written) => changeAt(written, at));
      expect(await verify(copy)).toMatchObject({ difference: { file: 'run.json', field: at.join('.') } });
    }
  });
});
