import { log } from '../../src/elementary/exponential.ts';
import { softmax } from '../../src/divergence/softmax.ts';
import { randomStream } from '../../src/random/random.ts';

/** Three made-up species: mean and standard deviation of petal length and width, mm. */
const SPECIES = {
  harebell: { mean: [15, 5], std: [1.8, 0.8] },
  mallow: { mean: [22, 11], std: [2.4, 1.4] },
  campion: { mean: [25, 13.5], std: [2.4, 1.6] },
} as const;

/** Botanists who looked at each flower. */
const VOTERS = 10;

/**
 * `configs/data/flowers.csv`: 50 flowers of each of three made-up species, their petals measured, and the votes
 * of ten botanists who see nothing but those petals: each names a species with its true probability given the
 * two measures.
 */
export function makeFlowers(): string {
  const random = randomStream(1, 'flowers');
  const names = Object.keys(SPECIES) as (keyof typeof SPECIES)[];
  const lines = names.flatMap((species) =>
    Array.from({ length: 50 }, () => {
      const measures = SPECIES[species].mean.map((mean, d) =>
        Number((mean + (SPECIES[species].std[d] as number) * random.normal()).toFixed(1)),
      );
      const posterior = softmax(names.map((name) => logDensity(name, measures)));
      const votes = [0, 0, 0];
      for (let voter = 0; voter < VOTERS; voter++) votes[draw(posterior, random.uniform())] += 1;
      return [...measures, species, ...votes].join(',');
    }),
  );
  return [
    `# Made up: 150 flowers of three species that do not exist so, by test/fit/flowers.ts (seed 1).`,
    `# Petals in mm; the last three columns are how many of ${VOTERS} botanists named that species.`,
    `length,width,species,${names.join(',')}`,
    ...lines,
    '',
  ].join('\n');
}

function logDensity(species: keyof typeof SPECIES, measures: readonly number[]): number {
  const { mean, std } = SPECIES[species];
  return measures.reduce((sum, x, d) => {
    const z = (x - (mean[d] as number)) / (std[d] as number);
    return sum - 0.5 * z * z - log(std[d] as number);
  }, 0);
}

function draw(p: Float64Array, u: number): number {
  let k = 0;
  for (let rest = u - (p[0] as number); rest >= 0 && k < p.length - 1; rest -= p[k] as number) k += 1;
  return k;
}
