import type { Told } from '../../dashboard/wire.ts';
import { make } from '../elements.ts';
import { isDark, onThemeChange, setDark } from '../theme.ts';
import { addressOf, parseAddress, type Shown } from './address.ts';
import { connect } from './connection.ts';
import { AGAIN } from './events.ts';
import { Page } from './page.ts';
import { Store } from './store.ts';

/*
 * What runs in the page of `leash dashboard`: listens to the server, keeps the rows that are looked at, and draws them with
 * what draws plots and reports.
 */
const store = new Store();
const { shown, problems } = parseAddress(location.hash);
const state = document.querySelector<HTMLElement>('#state') ?? make('p');
const main = document.querySelector<HTMLElement>('#main') ?? document.body;

const page = new Page(main, store, shown, problems, (isStep) => {
  const address = addressOf(shown);
  if (address === (location.hash || '#')) return;
  if (isStep) history.pushState(null, '', address);
  else history.replaceState(null, '', address);
});

/** Words for who cannot see what changed; the same are not said twice. */
function say(text: string): void {
  if (state.textContent !== text) state.textContent = text;
}

function take(told: Told): void {
  if (told.kind === 'lost') say('connection lost; looking for the server');
  else if (told.kind === 'found') say('live');
  else if (told.kind === 'anew') loadAll();
  else {
    for (const { id, status } of store.apply(told.change)) say(`${id}: ${status}`);
    page.update();
  }
}

/** Again and again where there is no answer: what comes later is nothing without what there was. */
function loadAll(): void {
  store.load().then(
    () => {
      say('live');
      page.update();
    },
    (error: Error) => {
      say(`no answer from the server: ${error.message}`);
      setTimeout(loadAll, AGAIN);
    },
  );
}

const button = document.querySelector<HTMLButtonElement>('#theme');
function showTheme(): void {
  if (button !== null) button.textContent = isDark() ? 'light' : 'dark';
  page.draw();
}
if (button !== null) {
  button.onclick = () => {
    shown.theme = isDark() ? 'light' : 'dark';
    setDark(shown.theme === 'dark');
    page.remember();
  };
}
if (shown.theme !== undefined) setDark(shown.theme === 'dark');
onThemeChange(showTheme);
showTheme();

/** Back, forward, and an address that was typed. */
addEventListener('popstate', () => {
  const there = parseAddress(location.hash);
  for (const key of Object.keys(shown) as (keyof Shown)[]) delete shown[key];
  Object.assign(shown, there.shown);
  page.follow(there.problems);
});

connect(take);
