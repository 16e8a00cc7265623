import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { loadDataset } from '../fit/dataset.ts';
import { loadFit } from '../fit/load.ts';
import { escapeXml } from '../plot/svg.ts';
import type { ServedFile } from '../server/local-server.ts';
import { renderMarkdown } from './markdown.ts';

/** Of the pictures of docs/kl-divergence.md those of two distributions: what the KL playground's address says of them. */
export const livePairs: Readonly<Record<string, string>> = {
  'bags.svg': 'kind=bars&p=0.5,0.3,0.2&q=0.4,0.4,0.2&labels=red,blue,green',
  'shares.svg': 'kind=bars&p=0.5,0.3,0.2&q=0.4,0.4,0.2&labels=red,blue,green',
  'asymmetry.svg': 'kind=bars&p=0.99,0.01&q=0.5,0.5&labels=heads,tails',
  'policies.svg': 'kind=bars&p=0.7,0.2,0.1&q=0.4,0.5,0.1&labels=left,stay,right',
};

/** What is fitted in the page. */
const FIT = 'fit-next-word';

/** Of the others what `tutorial.js` knows them by. */
export const otherLivePictures: Readonly<Record<string, string>> = {
  'softmax.svg': 'data-softmax',
  'curves.svg': `data-fit="${FIT}.json"`,
  'capital.svg': 'data-drift',
};

/**
 * docs/kl-divergence.md as a page, whose pictures are there without scripts; `tutorial.js` makes them live.
 * @param folder of leash @param head elements of the page's head
 */
export function tutorialFiles(folder: string, head: string): [string, ServedFile][] {
  const docs = join(folder, 'docs');
  const pictures = new Map<string, ServedFile>();
  const body = renderMarkdown(readFileSync(join(docs, 'kl-divergence.md'), 'utf8'), (source, description) => {
    const name = basename(source);
    pictures.set(name, { type: 'image/svg+xml', body: readFileSync(join(docs, source), 'utf8') });
    const pair = livePairs[name];
    const image = `<img src="${name}" alt="${escapeXml(description)}">`;
    if (pair === undefined) return `<figure ${otherLivePictures[name] ?? ''}>${image}</figure>`;
    const link = `<a href="./#view=kl&amp;${escapeXml(pair)}">drag it in the laboratory</a>`;
    return `<figure data-pair="${escapeXml(pair)}">${image}<figcaption>${link}</figcaption></figure>`;
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
  return [
    ['tutorial.html', { type: 'text/html', body: page }],
    [`${FIT}.json`, { type: 'application/json', body: JSON.stringify(givenFit(folder)) }],
    ...pictures,
  ];
}

/** The fit of the tutorial, every setting and example of it: the page has neither the schema nor the reader of texts. */
function givenFit(folder: string): unknown {
  const file = join(folder, 'configs', `${FIT}.json`);
  const config = loadFit(file, []);
  const { inputs, targets, weights, ...dataset } = loadDataset(config, file);
  const arrays = { inputs: [...inputs], targets: [...targets], weights: [...weights] };
  return { config, dataset: { ...dataset, ...arrays } };
}
