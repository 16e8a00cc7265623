import { cpSync, mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runCompare } from '../../src/cli/compare.ts';
import { runSweep } from '../../src/cli/sweep.ts';
import type { ReportData } from '../../src/experiment/report-data.ts';

const written = new URL('../fixtures/experiment-0.1.0', import.meta.url).pathname;
const config = (name: string): string => join(written, 'configs', `${name}.json`);

/** Path → content of every file of a run, `seed-N/…`: none of them changes where no run is made again. */
function runFiles(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  const ofRuns = files.filter((path) => path.includes('seed-') && statSync(join(folder, path)).isFile());
  return new Map(ofRuns.map((path) => [path, readFileSync(join(folder, path), 'latin1')]));
}

describe('an experiment of leash 0.1.0 goes on', () => {
  let runs: string;
  let stdout: string;
  beforeEach(() => {
    runs = mkdtempSync(join(tmpdir(), 'leash-continued-'));
    cpSync(written, runs, { recursive: true });
    stdout = '';
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      stdout += String(text);
      return true;
    });
  });
  afterEach(() => void vi.restoreAllMocks());

  const reportOf = (name: string): ReportData =>
    JSON.parse(readFileSync(join(runs, name, 'report.json'), 'utf8')) as ReportData;

  it.each([
    {
      name: 'compare',
      command: () =>
        runCompare({ CONFIG: [config('clip'), config('surrogate')], seeds: '3', runs, name: 'compare' }),
    },
    {
      name: 'matched',
      command: () =>
        runCompare({ CONFIG: [config('arm')], seeds: '2', runs, name: 'matched', matchKl: '0.004' }),
    },
    { name: 'sweep', command: () => runSweep({ FILE: config('rates'), runs, name: 'sweep' }) },
  ])(
    '$name: no run is made again, and the report comes out with the returns it had',
    async ({ name, command }) => {
      const before = runFiles(join(runs, name));
      const old = reportOf(name);
      expect(await command()).toBe(0);
      expect(runFiles(join(runs, name))).toEqual(before);
      expect(stdout).not.toContain('to make');
      expect(stdout).toContain('verdict');
      expect(readFileSync(join(runs, name, 'report.html'), 'utf8')).toContain('<svg');
      const finals = ({ configs }: ReportData) => configs.flatMap(({ final }) => final.perSeed);
      expect(finals(reportOf(name))).toEqual(finals(old).map((value) => expect.closeTo(value as number, 9)));
    },
  );
});
