import { PAGE_STYLE } from '../plot/page-style.ts';
import type { ServedFile } from './local-server.ts';

/** A page that a script fills. */
export interface ServedPage {
  readonly title: string;
  /** Its path from the page. */
  readonly script: string;
  /** What stands there until the script says something else. */
  readonly state: string;
  readonly withoutScript: string;
  /** Elements of the head besides. */
  readonly head?: string;
}

/** What a page begins as: heading, state, theme button and an empty main part. */
export function servedPage({ title, script, state, withoutScript, head = '' }: ServedPage): ServedFile {
  const body = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
${head}<title>${title}</title>
<link rel="stylesheet" href="style.css">
<link rel="icon" href="icon.svg" type="image/svg+xml">
</head>
<body>
<header><h1>${title}</h1><p id="state" role="status">${state}</p><button type="button" id="theme">dark</button></header>
<noscript><p>${withoutScript}</p></noscript>
<main id="main"></main>
<script src="${script}"></script>
</body>
</html>
`;
  return { type: 'text/html', body };
}

export const icon: ServedFile = {
  type: 'image/svg+xml',
  body: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path d="M1 13C5 13 5 4 9 4s3 6 6 6" fill="none" stroke="#0072b2" stroke-width="2"/><path d="M1 3h14" stroke="#d55e00" stroke-width="1.5" stroke-dasharray="3 2"/></svg>',
};

/** The style sheet of a served page. @param own what it has over that of the others */
export function servedStyle(own: string): ServedFile {
  return { type: 'text/css', body: `${PAGE_STYLE}${SERVED_STYLE}${own}` };
}

/** What served pages have over the style of every page. */
const SERVED_STYLE = `
header{flex-wrap:wrap}#state{margin:0 auto 0 0;color:var(--muted)}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
nav.tools{margin:14px 0}nav .tool[aria-current]{background:var(--grid);font-weight:600}
input,select,textarea{font:inherit;font-size:13px;color:var(--ink);background:var(--background);border:1px solid var(--muted);border-radius:5px;padding:3px 7px;max-width:100%}
input[type=search]{width:min(340px,100%)}input[type=range]{flex:1;min-width:120px;max-width:420px;padding:0}
input:focus-visible,select:focus-visible,textarea:focus-visible,summary:focus-visible{outline:2px solid var(--series-5)}
.small{font-size:12px}
progress{width:74px;height:8px;vertical-align:middle;margin-right:6px;accent-color:var(--series-0)}
.refusal{border-left:4px solid var(--series-1);padding-left:10px}.refusal:empty,#main p:empty,ul:empty{display:none}
main>section{margin:10px 0}main>details{margin:10px 0}
canvas.picture{cursor:default;border:1px solid var(--grid);border-radius:5px;max-width:100%}.chance{display:flex;gap:8px;align-items:center;font-size:13px}.chance .name{min-width:56px}meter{width:110px}
.stage{display:grid;grid-template-columns:minmax(0,620px) minmax(160px,1fr);gap:18px;align-items:start}
.chart{display:block;max-width:100%;overflow:visible;margin:6px 0}.chart text{font-size:11px;fill:var(--ink);text-anchor:middle;pointer-events:none;font-variant-numeric:tabular-nums}.chart .name{font-size:12px;fill:var(--muted)}.chart .note{text-anchor:start;fill:var(--muted)}
.chart .axis{stroke:var(--muted);stroke-width:1}.chart .region{stroke:var(--muted);stroke-dasharray:3 3}.chart .edge{stroke-width:3}
.gauge{position:relative;display:inline-flex}.gauge i{position:absolute;top:0;bottom:0;width:2px;margin-left:-1px;background:var(--series-1)}
.density{margin:0 0 8px}.density figcaption{font-size:13px;font-variant-numeric:tabular-nums}.density .chart{height:auto}
@media (max-width:760px){.stage{grid-template-columns:minmax(0,1fr)}}
`;
