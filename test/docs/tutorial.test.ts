import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { rerun, unmarkedNumbers } from './page.ts';
import { drawPictures } from './pictures.ts';

/* What fails here is written anew by `npx tsx test/docs/write.ts`; look at the difference before you commit it. */

const docs = new URL('../../docs/', import.meta.url);
const page = readFileSync(new URL('kl-divergence.md', docs), 'utf8');

describe('docs/kl-divergence.md', () => {
  it('prints what its commands and code print', async () => {
    expect(await rerun(page)).toBe(page);
  });

  it('has no figure in its prose that nothing computes', () => {
    expect(unmarkedNumbers(page)).toEqual([]);
  });

  it('shows every picture that leash draws for it, as leash draws it', async () => {
    const drawn = await drawPictures();
    // What another page shows is made by what that page names: studies by long runs, the rooms by npm run docs.
    const others = readdirSync(docs).filter((name) => name.endsWith('.md') && name !== 'kl-divergence.md');
    const elsewhere = others.map((name) => readFileSync(new URL(name, docs), 'utf8')).join('\n');
    const own = readdirSync(new URL('pictures/', docs)).filter(
      (name) => !elsewhere.includes(`](pictures/${name})`),
    );
    expect(own.sort()).toEqual([...drawn.keys()].sort());
    for (const [file, svg] of drawn) {
      expect(page).toContain(`](pictures/${file})`);
      expect(readFileSync(new URL(`pictures/${file}`, docs), 'utf8')).toBe(svg);
    }
  });
});

describe('rerun', () => {
  it('finds a wrong number, a wrong arrow and a wrong print', async () => {
    const wrong = [
      '<!-- js: const p = [0.5, 0.5]; -->',
      'KL is <!--= kl(p, [0.9, 0.1]) -->0.3 and <!--=2 -entropy(p) -->0.',
      '<!-- js -->',
      '```js',
      'const h = entropy(p); // → 1',
      'kl(p, [2, 1]) // → 0',
      '```',
      '<!-- run: leash kl --p 1 --q 2 -->',
      '```text',
      'nothing',
      '```',
      '',
    ];
    const right = [
      wrong[0],
      'KL is <!--= kl(p, [0.9, 0.1]) -->0.510826 and <!--=2 -entropy(p) -->−0.69.',
      ...wrong.slice(2, 4),
      'const h = entropy(p); // → 0.6931472',
      'kl(p, [2, 1]) // → DistributionError: q must sum to 1 (within 0.000001), its sum is 3',
      '```',
      wrong[7],
      '```text',
      '$ leash kl --p 1 --q 2',
      'leash: q must sum to 1 (within 0.000001), its sum is 2 (--q; --counts divides by the sum)',
      '```',
      '',
    ];
    expect(await rerun(wrong.join('\n'))).toBe(right.join('\n'));
  });

  it('tells a number that is typed from one that is run', () => {
    expect(unmarkedNumbers('0.123, `0.456`, <!--= x -->0.789, <!--wrong-->0.012 and 0.5')).toEqual(['0.123']);
  });
});
