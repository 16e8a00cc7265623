import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { escapeXml } from '../plot/svg.ts';
import type { ServedFile } from '../server/local-server.ts';
import { renderMarkdown } from './markdown.ts';

/** Of the pictures of docs/kl-divergence.md those of two distributions: what the KL playground's address says of them. */
export const livePictures: Readonly<Record<string, string>> = {
  'bags.svg': 'kind=bars&p=0.5,0.3,0.2&q=0.4,0.4,0.2&labels=red,blue,green',
  'shares.svg': 'kind=bars&p=0.5,0.3,0.2&q=0.4,0.4,0.2&labels=red,blue,green',
  'asymmetry.svg': 'kind=bars&p=0.99,0.01&q=0.5,0.5&labels=heads,tails',
  'policies.svg': 'kind=bars&p=0.7,0.2,0.1&q=0.4,0.5,0.1&labels=left,stay,right',
};

/**
 * docs/kl-divergence.md as a page, whose pictures are there without scripts; `tutorial.js` makes those of two distributions live.
 * @param folder of leash @param head elements of the page's head
 */
export function tutorialFiles(folder: string, head: string): [string, ServedFile][] {
  const docs = join(folder, 'docs');
  const pictures = new Map<string, ServedFile>();
  const body = renderMarkdown(readFileSync(join(docs, 'kl-divergence.md'), 'utf8'), (source, description) => {
    const name = basename(source);
    pictures.set(name, { type: 'image/svg+xml', body: readFileSync(join(docs, source), 'utf8') });
    const live = livePictures[name];
    const image = `<img src="${name}" alt="${escapeXml(description)}">`;
    if (live === undefined) return `<figure>${image}</figure>`;
    const link = `<a href="./#view=kl&amp;${escapeXml(live)}">drag it in the laboratory</a>`;
    return `<figure data-live="${escapeXml(live)}">${image}<figcaption>${link}</figcaption></figure>`;
  });
  const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
${head}<title>leash tutorial</title>
<link rel="stylesheet" href="style.css">
<link rel="icon" href="icon.svg" type="image/svg+xml">
</head>
<body>
<header><p><a href="./">the laboratory</a></p></header>
<main class="text">
${body}
</main>
<script src="tutorial.js"></script>
</body>
</html>
`;
  return [['tutorial.html', { type: 'text/html', body: page }], ...pictures];
}
