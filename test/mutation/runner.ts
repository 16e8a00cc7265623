import { appendFileSync, readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { collectTests } from '@vitest/runner';
import { type RunnerTestCase, type RunnerTestFile, type RunnerTestSuite, TestRunner, vi } from 'vitest';

/** What the switches in the sources look at and write: the contract of Stryker's instrumenter. */
interface Switches {
  readonly activeMutant: string | undefined;
  currentTestId?: string | undefined;
  /** Ours: instrument.mjs has the counting end with it. */
  isCovered?: boolean;
  mutantCoverage?: { static: Record<string, number>; perTest: Record<string, Record<string, number>> };
}

let active: string | undefined;
/** How often a switch was looked at; every loop in the sources has one. */
let looks = 0;
let mostLooks = Number.POSITIVE_INFINITY;

const switches: Switches = {
  get activeMutant() {
    looks += 1;
    if (looks > mostLooks) throw new Error(`endless with mutant ${active}`);
    return active;
  },
};
(globalThis as { __stryker__?: Switches }).__stryker__ = switches;

/** With this many times the looks that it takes without a mutant, and a few, something is endless. */
const ENDLESS = { factor: 20, more: 200_000 };

/** The test that is run again; properties of fast-check ask for it. */
let running: RunnerTestCase | undefined;
const { getCurrentTest } = TestRunner;
TestRunner.getCurrentTest = (() => running ?? getCurrentTest()) as typeof getCurrentTest;

/**
 * Runs the tests once as they are, noting which of them come by which mutant, and then for each mutant those that do, in
 * the same process, until one fails. What is run while the tests are being collected is collected anew.
 */
export default class MutationRunner extends TestRunner {
  /** Looks that each test takes. */
  private readonly looksOf = new Map<string, number>();

  override async onBeforeTryTask(test: RunnerTestCase): Promise<void> {
    super.onBeforeTryTask(test);
    switches.currentTestId = test.id;
    this.looksOf.set(test.id, -looks);
  }

  override onAfterTryTask(test: RunnerTestCase): void {
    this.looksOf.set(test.id, (this.looksOf.get(test.id) ?? 0) + looks);
    switches.currentTestId = undefined;
    super.onAfterTryTask(test);
  }

  override async onAfterRunFiles(files?: RunnerTestFile[]): Promise<void> {
    const [file] = files as [RunnerTestFile];
    super.onAfterRunFiles();
    const { static: whileCollecting, perTest } = switches.mutantCoverage ?? { static: {}, perTest: {} };
    const tests = testsOf(file).sort((a, b) => (a.result?.duration ?? 0) - (b.result?.duration ?? 0));
    const failed = [...tests, file].find(({ result }) => result?.state === 'fail');
    if (failed) throw new Error(`a test fails without any mutant: ${failed.name}`);
    const whenCollected = looks - [...this.looksOf.values()].reduce((sum, own) => sum + own, 0);
    switches.isCovered = true;
    const seconds = tests.reduce((sum, { result }) => sum + (result?.duration ?? 0), 0) / 1000;
    appendFileSync(process.env.LEASH_MUTATION_RESULTS as string, `${JSON.stringify({ ready: seconds })}\n`);
    for (const id of pending()) {
      const covering = tests.filter((test) => perTest[test.id]?.[id] !== undefined);
      const anew = whileCollecting[id] !== undefined;
      active = id;
      expectLooks(0);
      const by = anew ? await this.noticesAnew(file, whenCollected) : await this.firstToFail(covering);
      const status = !anew && covering.length === 0 ? 'NoCoverage' : by === undefined ? 'Survived' : 'Killed';
      const line = { id, status: looks > mostLooks ? 'Timeout' : status, by };
      active = undefined;
      appendFileSync(process.env.LEASH_MUTATION_RESULTS as string, `${JSON.stringify(line)}\n`);
      await setImmediate();
    }
    const after = await this.firstToFail(tests);
    if (after !== undefined) throw new Error(`a test fails after the mutants, without one: ${after}`);
  }

  /** Loads sources and tests again with the mutant active from the start, and runs all of them. */
  private async noticesAnew(file: RunnerTestFile, usualLooks: number): Promise<string | undefined> {
    vi.resetModules();
    expectLooks(usualLooks);
    const [collected] = await collectTests([file.filepath], this);
    if (collected === undefined || collected.result?.state === 'fail') return 'while loading';
    return this.firstToFail(testsOf(collected));
  }

  /** The name of the first test that fails. */
  private async firstToFail(tests: readonly RunnerTestCase[]): Promise<string | undefined> {
    for (const test of tests) {
      if (test.mode !== 'run') continue;
      expectLooks(this.looksOf.get(test.id) ?? 0);
      try {
        await runOne(test);
      } catch {
        return test.name;
      }
    }
    return undefined;
  }
}

function expectLooks(usual: number): void {
  [looks, mostLooks] = [0, ENDLESS.factor * usual + ENDLESS.more];
}

/** Mutants without a result. */
function pending(): string[] {
  const { mutants } = JSON.parse(readFileSync(process.env.LEASH_MUTATION_SOURCES as string, 'utf8')) as {
    mutants: { id: string; status?: string }[];
  };
  const lines = readFileSync(process.env.LEASH_MUTATION_RESULTS as string, 'utf8')
    .split('\n')
    .filter(Boolean);
  const done = new Set(lines.map((line) => (JSON.parse(line) as { id?: string }).id));
  return mutants.filter(({ id, status }) => status !== 'Ignored' && !done.has(id)).map(({ id }) => id);
}

function testsOf(suite: RunnerTestSuite): RunnerTestCase[] {
  return suite.tasks.flatMap((task) => (task.type === 'suite' ? testsOf(task) : [task]));
}

async function runOne(test: RunnerTestCase): Promise<void> {
  running = test;
  const suites: RunnerTestSuite[] = [];
  for (let suite = test.suite; suite !== undefined; suite = suite.suite) suites.unshift(suite);
  try {
    for (const suite of suites)
      for (const hook of TestRunner.getSuiteHooks(suite).beforeEach) await hook(test.context, suite);
    await TestRunner.getTestFn(test)();
  } finally {
    running = undefined;
    for (const suite of suites.reverse()) {
      for (const hook of TestRunner.getSuiteHooks(suite).afterEach) await hook(test.context, suite);
    }
  }
}
