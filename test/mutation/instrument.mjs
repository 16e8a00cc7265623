/**
 * `node instrument.mjs ROOM OUT`: writes to OUT the room's sources with every mutant in them, each behind a switch, and
 * what the mutants are. They are Stryker's: https://stryker-mutator.io/docs/mutation-testing-elements/supported-mutators
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Instrumenter } from '@stryker-mutator/instrumenter';

const [room, out] = process.argv.slice(2);
const { mutate } = JSON.parse(readFileSync(new URL('rooms.json', import.meta.url), 'utf8'))[room];
const sources = mutate.flatMap((path) =>
  path.endsWith('/') ? readdirSync(path).map((name) => `${path}${name}`) : [path],
);
const files = sources.map((name) => ({ name, mutate: true, content: readFileSync(name, 'utf8') }));
const quiet = { isDebugEnabled: () => false, debug: () => {}, info: () => {}, warn: console.warn };
const options = { plugins: null, excludedMutations: [], ignorers: [], noHeader: false };
const instrumented = await new Instrumenter(quiet).instrument(files, options);
// Which test comes by which mutant is asked once, not how often; after the first run not at all.
const header = [
  ['function cover() {', 'function cover() { if (ns.isCovered) return;'],
  ['var a = arguments;', 'var a = arguments; if (c[a[0]]) return;'],
];
const mutated = new Set(instrumented.mutants.map(({ fileName }) => fileName));
for (const file of instrumented.files.filter(({ name }) => mutated.has(name))) {
  for (const [theirs, ours] of header) {
    if (!file.content.includes(theirs))
      throw new Error(`${file.name}: the instrumenter's header has changed`);
    file.content = file.content.replace(theirs, ours);
  }
}
writeFileSync(out, JSON.stringify(instrumented));
