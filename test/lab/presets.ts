import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRecord } from '../../src/node/read-record.ts';
import { type Preset, presets, settingsOf } from '../../src/page/lab/presets.ts';
import { built } from '../built.ts';

/*
 * `npm run lab:presets`: twenty seeds of each preset of the laboratory with the command line, without a leash and on one, and
 * what became of them into src/page/lab/preset-counts.json, which the page says. `-- NAME…` makes these alone anew.
 */
const SEEDS = 20;
const file = new URL('../../src/page/lab/preset-counts.json', import.meta.url);

/** What the seeds of one of the two sides came to. */
function sideOf(preset: Preset, isLeashed: boolean) {
  const runs = mkdtempSync(join(tmpdir(), 'leash-lab-'));
  const settings = settingsOf(preset, preset.knobs, isLeashed);
  const sets = Object.entries(settings).flatMap(([path, value]) => ['--set', `${path}=${value}`]);
  const where = ['--seeds', String(SEEDS), '--runs', runs, '--name', 'preset', '--quiet'];
  execFileSync(process.execPath, [built, 'train', preset.config, ...where, ...sets], { stdio: 'inherit' });
  const records = Array.from({ length: SEEDS }, (_, seed) =>
    readRecord(join(runs, 'preset', `seed-${seed}`, 'run.json')),
  );
  rmSync(runs, { recursive: true });
  // Where no episode ended there is no return: nothing was reached.
  const returns = records.map(({ final }) => final?.returnMeanLastTenth ?? null);
  const outside = records.map(({ final, updates }) => (final?.updatesOutsideDelta ?? Number.NaN) / updates);
  return {
    settings,
    collapsed: returns.filter((each) => each === null || each < preset.collapsedBelow).length,
    percentOutside: Math.round((100 * outside.reduce((sum, each) => sum + each, 0)) / SEEDS),
    returns: returns.map((each) => (each === null ? null : Number(each.toPrecision(4)))),
    sha256OfSeed0: records[0]?.parametersSha256,
  };
}

const wanted = process.argv.slice(2);
const before = JSON.parse(readFileSync(file, 'utf8')) as { preset: string }[];
const counts = presets.map((preset) => {
  const known = before.find((each) => each.preset === preset.name);
  if (known !== undefined && wanted.length > 0 && !wanted.includes(preset.name)) return known;
  const sides = [false, true].map((isLeashed) => sideOf(preset, isLeashed));
  for (const { collapsed, percentOutside, returns } of sides)
    console.log(
      preset.name,
      `${collapsed} of ${SEEDS} collapsed, ${percentOutside}% outside δ`,
      returns.join(' '),
    );
  return { preset: preset.name, seeds: SEEDS, sides };
});
writeFileSync(file, `${JSON.stringify(counts, null, 2)}\n`);
