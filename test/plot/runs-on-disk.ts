import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configSchema } from '../../src/config/schema.ts';
import { encodeRow } from '../../src/row/encode.ts';
import type { MetricValue } from '../../src/row/field.ts';
import { metricFields, type MetricsRow } from '../../src/row/metrics.ts';
import { ownerHere } from '../../src/run/owner.ts';
import { RUN_FORMAT } from '../../src/run/run-files.ts';
import { LEASH_VERSION } from '../../src/version.ts';

/** A folder of its own for a test. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'leash-plot-'));
}

/** What a run of a test is to be; everything else is ordinary. */
export interface Described {
  readonly name?: string;
  readonly seed?: number;
  /** `running` is a run whose owner lives, `dead` one that says so and whose owner doesn't. */
  readonly status?: string;
  readonly environment?: string;
  readonly options?: Record<string, unknown>;
  readonly config?: Record<string, unknown>;
  readonly final?: Record<string, number | null>;
  readonly updates?: number;
  readonly startedAt?: string;
  /** What of row `update` differs; a string is the line itself. */
  readonly row?: (update: number) => Record<string, MetricValue> | string;
}

const columns: ReadonlySet<string> = new Set(metricFields.map(({ name }) => name));

/** A row of a tame run. @param over columns, of any type, and figures of its environment */
export function ordinaryRow(update: number, over: Record<string, MetricValue> = {}): MetricsRow {
  const entries = Object.entries(over);
  return {
    update,
    steps: update * 100,
    episodes: 1,
    returnMean: update / 10,
    returnMin: update / 10,
    returnMax: update / 10,
    lengthMean: 100,
    klOldNewMean: 0.01,
    klOldNewP95: 0.015,
    klOldNewMax: 0.019,
    klNewOldMean: 0.012,
    k1: 0.009,
    k2: 0.011,
    k3: 0.01,
    delta: 0.02,
    deltaViolated: false,
    clipFraction: 0.1,
    entropy: 1,
    policyLoss: -0.01,
    valueLoss: 0.5,
    explainedVariance: 0.5,
    learningRate: 0.001,
    clipRange: 0.2,
    gradientNorm: 0.4,
    gradientStepsPlanned: 4,
    gradientStepsApplied: 4,
    stopReason: 'completed',
    ...Object.fromEntries(entries.filter(([name]) => columns.has(name))),
    figures: Object.fromEntries(entries.filter(([name]) => !columns.has(name))),
  };
}

/** A process that began when no other did: it is gone. */
const DEAD = { processStart: '1' };

/** Writes `root/NAME/seed-N` as training would, and returns its path. */
export function writeRun(root: string, described: Described = {}): string {
  const { name = 'a', seed = 0, status = 'completed', updates = 5 } = described;
  const path = join(root, name, `seed-${seed}`);
  mkdirSync(path, { recursive: true });
  const environment = { id: described.environment ?? 'CartPole-v1', options: described.options ?? {} };
  const config = configSchema.parse({ environment, seed, ...described.config });
  writeFileSync(join(path, 'config.json'), JSON.stringify(config));
  const owner = status === 'running' ? ownerHere(RUN_FORMAT) : { ...ownerHere(RUN_FORMAT), ...DEAD };
  writeFileSync(join(path, 'owner.json'), JSON.stringify({ ...owner, name, seed }));
  const record = {
    ...{
      name,
      seed,
      status: status === 'dead' ? 'running' : status,
      updates,
      updatesPlanned: updates,
      steps: updates * 100,
      episodes: updates,
      seconds: 1,
    },
    ...{
      versions: { leash: LEASH_VERSION, node: 'v20.0.0', v8: '11' },
      platform: 'linux x64',
      engine: 'wasm',
    },
    startedAt: described.startedAt ?? '2026-01-01T00:00:00.000Z',
    final: {
      ...{ returnMeanLastTenth: 1, klOldNewMean: 0.01, klOldNewMax: 0.019, updatesOutsideDelta: 0 },
      ...{ gradientStepsPlanned: 4 * updates, gradientStepsApplied: 4 * updates, ...described.final },
    },
  };
  writeFileSync(join(path, 'run.json'), JSON.stringify(record));
  const lines = Array.from({ length: updates }, (_, at) => {
    const own = described.row?.(at + 1) ?? {};
    return `${typeof own === 'string' ? own : encodeRow(ordinaryRow(at + 1, own))}\n`;
  });
  writeFileSync(join(path, 'metrics.jsonl'), lines.join(''));
  const timing = lines.map((_, at) => `${JSON.stringify({ update: at + 1, seconds: (at + 1) / 10 })}\n`);
  writeFileSync(join(path, 'timing.jsonl'), timing.join(''));
  return path;
}
