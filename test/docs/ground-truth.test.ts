import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { unmarkedNumbers } from './page.ts';
import { session } from './session.ts';

const docs = new URL('../../docs/', import.meta.url);
const page = readFileSync(new URL('ground-truth.md', docs), 'utf8');

describe('docs/ground-truth.md', () => {
  it('prints what its commands print, and shows the pictures that they draw', async () => {
    const made = await session(page);
    expect(made.page).toBe(page);
    expect(made.pictures.size).toBeGreaterThan(1);
    for (const [name, svg] of made.pictures)
      expect(readFileSync(new URL(`pictures/${name}`, docs), 'utf8'), name).toBe(svg);
  }, 300_000);

  it('has no number in its prose that no command stands behind', () => {
    expect(unmarkedNumbers(page)).toEqual([]);
  });
});

describe('a session', () => {
  it('corrects what a page says wrongly', async () => {
    const command = 'leash kl --p 0.5,0.5 --q 0.9,0.1';
    const { page } = await session(
      `<!-- run lines=1-2: ${command} -->\n\`\`\`text\nnothing\n\`\`\`\nafter\n`,
    );
    const [comment, fence, shown, first, , cut, ...rest] = page.split('\n');
    expect([comment, fence, shown]).toEqual([
      `<!-- run lines=1-2: ${command} -->`,
      '```text',
      `$ ${command}`,
    ]);
    expect(first).not.toBe('nothing');
    expect([cut, ...rest]).toEqual(['…', '```', 'after', '']);
  });
});
