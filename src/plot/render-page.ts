import { extent } from '../elementary/extent.ts';
import { encodeJson } from '../row/json.ts';
import type { Figure } from './figure.ts';
import { PAGE_SCRIPT } from '../page/build/script.ts';
import { PAGE_STYLE } from './page-style.ts';
import { escapeXml } from './svg.ts';

/** A whole page: one file, nothing from elsewhere, the policy in its head forbids it to load anything. */
export function renderPage(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<title>${escapeXml(title)}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
${body}
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}

/** The button of `renderPage`'s script that changes between light and dark. */
export const THEME_BUTTON = '<button type="button" id="theme">dark</button>';

/** Interactive curves of a figure. */
export function curvesSection(figure: Figure): string {
  const notes = figure.notes.map((note) => `<li>${escapeXml(note)}</li>`).join('');
  return `<section class="curves"><p class="muted">${escapeXml(figure.subtitle)}</p>${
    notes === '' ? '' : `<ul class="muted">${notes}</ul>`
  }<noscript><p>The curves are drawn by a script in this file, which is switched off here.</p></noscript>
<script type="application/json" class="figure">${inScript(figure)}</script></section>`;
}

/** `leash plot --format html`. */
export function renderFigurePage(figure: Figure): string {
  const head = `<header><h1>${escapeXml(figure.title)}</h1>${THEME_BUTTON}</header>`;
  return renderPage(`${figure.title} – leash`, `${head}\n${curvesSection(figure)}`);
}

/** JSON for a script element: numbers as finely as a pixel needs. */
function inScript(value: unknown): string {
  const rounded = JSON.parse(encodeJson(value), (_, v) =>
    Array.isArray(v) && v.some((each) => typeof each === 'number') ? rounded5(v) : v,
  ) as unknown;
  return JSON.stringify(rounded).replaceAll('<', '\\u003c');
}

/** Five significant digits, of the values and of what they differ by. */
function rounded5(values: readonly unknown[]): unknown[] {
  const numbers = values.filter((value): value is number => typeof value === 'number');
  const [low, high] = extent([numbers]) ?? [0, 0];
  const apart = high > low ? Math.log10(Math.max(Math.abs(low), Math.abs(high)) / (high - low)) : 0;
  const digits = Math.min(17, 5 + Math.max(0, Math.floor(apart)));
  return values.map((value) =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(digits)) : value,
  );
}
