import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { renderMarkdown } from '../../src/lab/markdown.ts';
import { livePairs, otherLivePictures, tutorialFiles } from '../../src/lab/tutorial.ts';
import { pairOf } from '../../src/page/lab/pair.ts';
import {
  ANSWERS,
  bestAnswers,
  EXAMPLE_LOGITS,
  REFERENCE,
  REWARD,
} from '../../src/page/lab/tutorial-numbers.ts';
import { Link } from '../../src/page/link.ts';
import { pictures } from '../docs/pictures.ts';

const image = (source: string, description: string): string => `<img ${source} ${description}>`;
const render = (text: string): string => renderMarkdown(text, image).trim();

describe('renderMarkdown', () => {
  it.each([
    ['## Coin flips', '<h2 id="coin-flips">Coin flips</h2>'],
    ['# KL divergence, from bags', '<h1 id="kl-divergence-from-bags">KL divergence, from bags</h1>'],
    [
      'KL is **not** *symmetric*: `a < b`',
      '<p>KL is <strong>not</strong> <em>symmetric</em>: <code>a &lt; b</code></p>',
    ],
    ['π\\* is <!--=2 x -->0.25', '<p>π* is 0.25</p>'],
    ['odds of\n<!--=2 x -->12.5 to 1', '<p>odds of\n12.5 to 1</p>'],
    ['- one\n  more\n- two', '<ul>\n<li>one\nmore</li>\n<li>two</li>\n</ul>'],
    ['[bags](#two-bags) and [cli](cli.md)', '<p><a href="#two-bags">bags</a> and cli</p>'],
    ['![Bars](pictures/bags.svg)', '<img pictures/bags.svg Bars>'],
    ['    H(P) = 1\n         + 2', '<pre tabindex="0">H(P) = 1\n     + 2</pre>'],
    ['<!-- run: x -->\n```text\na\n\nb <c>\n```', '<pre tabindex="0">a\n\nb &lt;c&gt;</pre>'],
    ['a <script>alert(1)</script>', '<p>a &lt;script&gt;alert(1)&lt;/script&gt;</p>'],
  ])('%j', (text, html) => {
    expect(render(text)).toBe(html);
  });

  it('makes a table of rows, a bar behind a backslash inside of a cell', () => {
    expect(render('| a | b |\n|---|---|\n| 1 | P\\|Q |')).toBe(
      `<div class="wide"><div class="scroll" tabindex="0"><table>
<thead>
<tr>
<th>a</th>
<th>b</th>
</tr>
</thead>
<tbody><tr>
<td>1</td>
<td>P|Q</td>
</tr>
</tbody></table></div></div>`,
    );
  });
});

describe('the tutorial of the laboratory', () => {
  const folder = new URL('../../', import.meta.url).pathname;
  const files = new Map(tutorialFiles(folder, ''));
  const page = String(files.get('tutorial.html')?.body);

  it('has all of the text, and leaves nothing of Markdown in it', () => {
    const source = readFileSync(`${folder}docs/kl-divergence.md`, 'utf8');
    const headings = source.match(/^##? .*$/gm) ?? [];
    expect(page.match(/<h[12] /g)).toHaveLength(headings.length);
    const prose = page.replaceAll(/<pre[\s\S]*?<\/pre>|<code>[\s\S]*?<\/code>/g, '');
    expect(prose).not.toMatch(/```|<!--|\*\*|\]\(|^\| /m);
  });

  it('has every word of it', () => {
    const words = (text: string): string[] => text.match(/[\p{L}\p{N}]+/gu) ?? [];
    const source = readFileSync(`${folder}docs/kl-divergence.md`, 'utf8')
      .replaceAll(/<!--[\s\S]*?-->|^```.*$|!\[[^\]]*\]\([^)]*\)/gm, '')
      .replaceAll(/\]\([^)]*\)/g, ']');
    const shown = words(
      page
        .slice(page.indexOf('<main'), page.indexOf('</main>'))
        .replaceAll(/<figcaption>.*?<\/figcaption>|<[^>]*>/g, '')
        .replaceAll('&lt;', '<')
        .replaceAll('&gt;', '>')
        .replaceAll(/&(amp|quot|#39);/g, ' '),
    );
    expect(shown).toEqual(words(source));
  });

  it('has every picture that it shows', () => {
    const shown = [...page.matchAll(/<img src="([^"]+)"/g)].map(([, name]) => name);
    expect(shown.length).toBeGreaterThan(5);
    expect(shown.toSorted()).toEqual([...Object.keys(livePairs), ...Object.keys(otherLivePictures)].sort());
    for (const name of shown) expect(String(files.get(name as string)?.body)).toContain('<svg');
  });

  it.each(Object.entries(livePairs))('%s begins as the picture is', (name, address) => {
    const problems: string[] = [];
    const link = new Link(`#${address}`);
    const pair = pairOf(link, problems);
    expect([...link.problems, ...problems]).toEqual([]);
    const drawn = pictures[name];
    expect(pair.labels).toEqual(drawn?.labels);
    // Of the shares the picture shows what they are of.
    if (name !== 'shares.svg') expect([pair.p, pair.q]).toEqual(drawn?.series.map(({ values }) => values));
  });

  it('the others begin with the numbers of the text', () => {
    expect(pictures['softmax.svg']?.title).toBe(`softmax(${EXAMPLE_LOGITS.join(', ').replaceAll('-', '−')})`);
    const source = readFileSync(`${folder}docs/kl-divergence.md`, 'utf8');
    expect(source).toContain(`const reference = [${REFERENCE.join(', ')}]; // ${ANSWERS.join(', ')}`);
    expect(source).toContain('const reward = [0, Math.log(63 / 37), Math.log(62 / 38)];');
    expect(REWARD).toEqual([0, Math.log(63 / 37), Math.log(62 / 38)]);
    for (const [, beta, written] of source.matchAll(/^best\(([\d.]+)\) \/\/ → \[(.*)\]$/gm))
      expect([...bestAnswers(Number(beta))].map((p) => p.toPrecision(7)).map(Number)).toEqual(
        written?.split(', ').map(Number),
      );
  });
});
