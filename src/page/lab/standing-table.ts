import { make } from '../elements.ts';
import type { Standing } from './wire.ts';

/** Entries of an observation that are shown. */
const MOST_SHOWN = 8;

/** A training, and where it stands still. */
export interface Stander {
  readonly label: string;
  readonly standing: Standing | undefined;
}

/** The policies in the middle of an update, a column a training; empty where none stands in one. */
export function showStanding(table: HTMLTableElement, standers: readonly Stander[]): void {
  table.hidden = standers.every(({ standing }) => standing === undefined);
  if (table.hidden) {
    table.replaceChildren();
    return;
  }
  const line = (kind: 'th' | 'td', name: string, texts: readonly string[]): HTMLElement => {
    const row = make('tr');
    row.append(make('th', '', name), ...texts.map((text) => make(kind, '', text)));
    return row;
  };
  const lines: readonly (readonly [string, (standing: Standing) => string])[] = [
    ['where', ({ update, step }) => `update ${update}, step ${step}`],
    ['KL(π_old‖π)', ({ klOldNew }) => short(klOldNew)],
    ['KL(π‖π_old)', ({ klNewOld }) => short(klNewOld)],
    [
      'mean(ratio·Â)',
      ({ surrogate, surrogateOld }) => `${short(surrogate)}, at π_old ${short(surrogateOld)}`,
    ],
    ['ratio, 5% to 95%', ({ ratioP05, ratioP95 }) => `${short(ratioP05)} to ${short(ratioP95)}`],
    ['ratio, all', ({ ratioMin, ratioMax }) => `${short(ratioMin)} to ${short(ratioMax)}`],
    ['entropy', ({ entropy }) => short(entropy)],
    ['state that moved most', ({ farthest }) => `${seen(farthest.observation)}: KL ${short(farthest.kl)}`],
    ['π_old there', ({ farthest, actions }) => inWords(farthest.old, actions)],
    ['π there', ({ farthest, actions }) => inWords(farthest.now, actions)],
    ['SHA-256', ({ sha256 }) => `${sha256.slice(0, 16)}…`],
  ];
  table.replaceChildren(
    make('caption', '', 'In the middle of an update, over its whole rollout'),
    line(
      'th',
      'now',
      standers.map(({ label }) => label),
    ),
    ...lines.map(([name, text]) =>
      line(
        'td',
        name,
        standers.map(({ standing }) => (standing === undefined ? '–' : text(standing))),
      ),
    ),
  );
}

function short(value: number): string {
  return String(Number(value.toPrecision(3))).replace('-', '−');
}

function seen(observation: readonly number[]): string {
  if (observation.length === 1) return short(observation[0] as number);
  const rest = observation.length > MOST_SHOWN ? ', …' : '';
  return `[${observation.slice(0, MOST_SHOWN).map(short).join(', ')}${rest}]`;
}

/** Probabilities by the names of the actions; of dimensions their means and standard deviations. */
function inWords(values: readonly number[], actions: readonly string[]): string {
  if (values.length === 0) return '–';
  if (values.length === actions.length)
    return values.map((value, at) => `${actions[at]} ${short(value)}`).join(', ');
  return actions
    .map(
      (name, at) =>
        `${name} ${short(values[at] as number)} ± ${short(values[actions.length + at] as number)}`,
    )
    .join(', ');
}
