import type { ToldPolicy, ToldRun, ToldTable } from '../../dashboard/wire.ts';
import { make } from '../elements.ts';
import type { Shown } from './address.ts';
import { EpisodeView } from './episode-view.ts';
import { save, saveButton } from '../export.ts';
import { type Heat, heats, policyMap, tableCsv } from './policy-map.ts';
import { makeSlider } from '../slider.ts';
import { RunSection } from './run-section.ts';

/** What a policy does: over a table's states as a map, else in episodes that it plays. */
export class PolicyView {
  readonly node: HTMLElement;
  private readonly shown: Shown;
  private readonly onChange: () => void;
  private readonly section: RunSection;
  private readonly slider = makeSlider('policy after update', (at) =>
    this.choose({ update: this.policy?.updates[at] }),
  );
  private readonly heat = make('select');
  private readonly csv: HTMLButtonElement;
  private readonly map = make('div', 'scroll states');
  private readonly legend = make('p', 'muted');
  private readonly episode = new EpisodeView();
  private policy: ToldPolicy | undefined;

  constructor(shown: Shown, onChange: () => void) {
    this.shown = shown;
    this.onChange = onChange;
    this.heat.setAttribute('aria-label', 'colour of the states');
    for (const [name, words] of Object.entries(heats))
      this.heat.append(new Option(`coloured by ${words}`, name));
    this.heat.onchange = () => this.showMap();
    this.map.tabIndex = 0;
    this.map.setAttribute('role', 'region');
    this.map.setAttribute('aria-label', 'what the policy does in each state');
    this.csv = saveButton('CSV', () => {
      const table = this.policy?.table;
      if (table !== undefined) save('policy.csv', tableCsv(table), 'text/csv');
    });
    this.section = new RunSection(
      'Inside the policy',
      'No run that is drawn has a policy yet: --set snapshots.everyUpdates=10 keeps some on the way.',
      [...this.slider.nodes, this.heat, this.csv],
      (run) => this.choose({ run, update: undefined }),
    );
    this.node = this.section.node;
    this.section.content.append(this.legend, this.map, this.episode.node);
  }

  /** @param runs that are drawn */
  show(runs: readonly ToldRun[]): void {
    const having = runs.filter(({ has }) => has.policies);
    const run = this.section.show(having, this.shown.run);
    if (run !== undefined) void this.ask(run);
  }

  /** In other colours. */
  draw(): void {
    this.episode.draw();
  }

  private choose(chosen: Partial<Pick<Shown, 'run' | 'update'>>): void {
    Object.assign(this.shown, chosen);
    this.onChange();
  }

  private async ask({ id, generation, status, latest }: ToldRun): Promise<void> {
    const { update } = this.shown;
    // Of a run that goes on the last policy is another with every checkpoint.
    const key = [id, generation, update ?? `last of ${status} ${latest.update}`].join();
    const query = { run: id, ...(update !== undefined && { update: String(update) }) };
    const policy = await this.section.ask<ToldPolicy>(key, '/policy', query);
    if (policy === undefined) return;
    this.policy = policy;
    const at = policy.updates.indexOf(policy.update);
    const words = `after update ${policy.update}, ${at + 1} of ${policy.updates.length} policies`;
    this.slider.show(at, [0, policy.updates.length - 1], words);
    this.showMap();
    this.episode.show(id, policy.update);
  }

  private showMap(): void {
    const table = this.policy?.table;
    this.map.hidden = table === undefined;
    this.heat.hidden = table === undefined;
    this.csv.hidden = table === undefined;
    this.legend.textContent = '';
    if (table === undefined) return;
    const heat = this.heat.value as Heat;
    this.legend.textContent = legendOf(heat, table, this.policy?.update);
    this.map.replaceChildren(policyMap(table, heat));
  }
}

/** What stands in a cell of the map, or in the list's columns. */
function legendOf(
  heat: Heat,
  { grid, values, visits, before }: ToldTable,
  update: number | undefined,
): string {
  const isMap = grid !== null;
  const parts = [isMap ? 'Arrows are the fuller the likelier' : 'A line a state: how likely each action is'];
  if (values !== null)
    parts.push(isMap ? 'below them V(s) of the value network' : 'V(s) of the value network');
  if (before !== null && (heat === 'kl' || !isMap)) {
    const isNext = update === before + 1;
    parts.push(
      `the KL of ${isNext ? 'the last update' : `the updates from ${before} to ${update}`} in that state, nats`,
    );
  }
  if (visits !== null && (heat === 'visits' || !isMap))
    parts.push('the visits that an episode makes on average, exact');
  const lacks =
    heat === 'kl' && before === null
      ? ' There is no earlier policy: snapshots.everyUpdates=1 keeps each.'
      : heat === 'visits' && visits === null
        ? ' Without a time limit there is no number of visits.'
        : heat === 'values' && values === null
          ? ' There is no value network.'
          : '';
  return `${parts.join(', ')}.${lacks}`;
}
