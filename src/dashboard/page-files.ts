import { CONNECTION_SCRIPT, DASHBOARD_SCRIPT } from '../page/build/dashboard.ts';
import { PAGE_STYLE } from '../plot/page-style.ts';
import { DASHBOARD_STYLE } from './style.ts';

/** What the page begins as: its script fills it. */
const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>leash dashboard</title>
<link rel="stylesheet" href="/style.css">
<link rel="icon" href="/icon.svg" type="image/svg+xml">
</head>
<body>
<header><h1>leash dashboard</h1><p id="state" role="status">connecting</p><button type="button" id="theme">dark</button></header>
<noscript><p>The dashboard is drawn by a script, which is switched off here.</p></noscript>
<main id="main"></main>
<script src="/dashboard.js"></script>
</body>
</html>
`;

const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path d="M1 13C5 13 5 4 9 4s3 6 6 6" fill="none" stroke="#0072b2" stroke-width="2"/><path d="M1 3h14" stroke="#d55e00" stroke-width="1.5" stroke-dasharray="3 2"/></svg>';

/** Everything that a browser may load besides what is told of runs, by its path. */
export const pageFiles: ReadonlyMap<string, { readonly type: string; readonly text: string }> = new Map([
  ['/', { type: 'text/html', text: PAGE }],
  ['/dashboard.js', { type: 'text/javascript', text: DASHBOARD_SCRIPT }],
  ['/connection.js', { type: 'text/javascript', text: CONNECTION_SCRIPT }],
  ['/style.css', { type: 'text/css', text: `${PAGE_STYLE}${DASHBOARD_STYLE}` }],
  ['/icon.svg', { type: 'image/svg+xml', text: ICON }],
]);
