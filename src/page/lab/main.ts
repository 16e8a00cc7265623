import './without-eval.ts';
import { make, makeButton } from '../elements.ts';
import { Link } from '../link.ts';
import { isDark, onThemeChange, setDark } from '../theme.ts';
import { views } from './views.ts';
import type { LabView } from './view.ts';

/*
 * What runs in the page of `leash lab`: tabs, the address and the view that it names.
 */
const state = document.querySelector<HTMLElement>('#state') ?? make('p');
const main = document.querySelector<HTMLElement>('#main') ?? document.body;
const button = document.querySelector<HTMLButtonElement>('#theme') ?? makeButton('');
const tabs = make('nav', 'tools');
const problems = make('ul', 'refusal');
const names = views.map(({ name }) => name);

let end = (): void => {};
let shown: LabView | undefined;

function say(text: string): void {
  if (state.textContent !== text) state.textContent = text;
}

/** Shows what the address says. */
function follow(): void {
  end();
  const link = new Link(location.hash);
  const name = link.oneOf('view', names);
  const view = views.find((each) => each.name === name) ?? (views[0] as LabView);
  const theme = link.oneOf('theme', ['light', 'dark']);
  if (theme !== undefined) setDark(theme === 'dark');
  link.refuseOthers(['view', 'theme', ...view.keys]);
  shown = view;
  say('');
  const node = make('div');
  main.replaceChildren(tabs, problems, node);
  const refuse = (lines: readonly string[]): void =>
    problems.replaceChildren(...[...link.problems, ...lines].map((line) => make('li', '', line)));
  const remember = (values: Readonly<Record<string, string>>): void => {
    if (node.isConnected) history.replaceState(null, '', addressOf(view, values));
  };
  end = view.show({ node, link, remember, refuse, say });
  if (problems.childElementCount === 0) refuse([]);
  showTabs();
}

function addressOf({ name }: LabView, values: Readonly<Record<string, string>>): string {
  const theme = document.documentElement.dataset.theme;
  const query = new URLSearchParams({ view: name, ...values, ...(theme !== undefined && { theme }) });
  return `#${query}`;
}

function showTabs(): void {
  const buttons = views.map((view) => {
    const tab = makeButton('tool', view.title);
    if (view === shown) tab.setAttribute('aria-current', 'page');
    tab.onclick = () => {
      history.pushState(null, '', addressOf(view, {}));
      follow();
      tabs.querySelector<HTMLElement>('[aria-current]')?.focus();
    };
    return tab;
  });
  const tutorial = make('a', 'tool', 'Tutorial');
  tutorial.href = 'tutorial.html';
  tabs.replaceChildren(...buttons, tutorial);
}

function showTheme(): void {
  button.textContent = isDark() ? 'light' : 'dark';
}

tabs.setAttribute('aria-label', 'views');
button.onclick = () => {
  setDark(!isDark());
  const query = new Link(location.hash).query;
  query.set('theme', isDark() ? 'dark' : 'light');
  history.replaceState(null, '', `#${query}`);
};
onThemeChange(showTheme);
showTheme();

if (location.protocol === 'file:')
  say(
    'The laboratory must be served over http, and was opened as a file: leash lab serves it, or any web server does.',
  );
else {
  // Back, forward, and an address that was typed or followed.
  addEventListener('popstate', follow);
  follow();
}
