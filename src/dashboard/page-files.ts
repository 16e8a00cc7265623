import { CONNECTION_SCRIPT, DASHBOARD_SCRIPT } from '../page/build/dashboard.ts';
import type { ServedFile } from '../server/local-server.ts';
import { icon, servedPage, servedStyle } from '../server/served-page.ts';
import { DASHBOARD_STYLE } from './style.ts';

/** Everything that a browser may load besides what is told of runs, by its path. */
export const pageFiles: ReadonlyMap<string, ServedFile> = new Map([
  [
    '/',
    servedPage({
      title: 'leash dashboard',
      script: 'dashboard.js',
      state: 'connecting',
      withoutScript: 'The dashboard is drawn by a script, which is switched off here.',
    }),
  ],
  ['/dashboard.js', { type: 'text/javascript', body: DASHBOARD_SCRIPT }],
  ['/connection.js', { type: 'text/javascript', body: CONNECTION_SCRIPT }],
  ['/style.css', servedStyle(DASHBOARD_STYLE)],
  ['/icon.svg', icon],
]);
