import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { environmentOptions } from '../../envs/environment-options.ts';
import type { Contestant } from '../../src/experiment/experiment.ts';
import { sharesEnvironment } from '../../src/experiment/pairs.ts';
import { parseSeeds } from '../../src/experiment/seeds.ts';
import { readStudy } from '../../src/experiment/study-file.ts';
import { readSweep } from '../../src/experiment/sweep-file.ts';

const folder = new URL('../../configs/studies', import.meta.url).pathname;
const files = readdirSync(folder).map((name) => `${folder}/${name}`);

it.each(files)(
  '%s is a study or sweep of several configs, in each world on one environment, and several seeds',
  (file) => {
    const isSweep = 'parameters' in (JSON.parse(readFileSync(file, 'utf8')) as object);
    const { contestants, seeds } = (isSweep ? readSweep : readStudy)(file, [], environmentOptions);
    expect(contestants.length).toBeGreaterThan(1);
    const worlds = new Map<string | undefined, Contestant>();
    for (const each of contestants) {
      const world = each.world;
      const first = worlds.get(world) ?? each;
      worlds.set(world, first);
      expect(sharesEnvironment(first, each)).toBe(true);
    }
    expect(parseSeeds(seeds ?? '', file).length).toBeGreaterThanOrEqual(4);
  },
);
