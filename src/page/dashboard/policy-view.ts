import type { ToldPolicy, ToldRun } from '../../dashboard/wire.ts';
import { make } from '../elements.ts';
import type { Shown } from './address.ts';
import { ask } from './connection.ts';
import { EpisodeView } from './episode-view.ts';
import { save, saveButton } from '../export.ts';
import { type Heat, heats, policyMap, tableCsv } from './policy-map.ts';
import { makeSlider } from '../slider.ts';
import { RunChoice } from './run-choice.ts';

/** What a policy does: over a table's states as a map, else in episodes that it plays. */
export class PolicyView {
  readonly node = make('section');
  private readonly shown: Shown;
  private readonly onChange: () => void;
  private readonly content = make('div');
  private readonly none = make('p', 'muted');
  private readonly runs: RunChoice;
  private readonly slider: ReturnType<typeof makeSlider>;
  private readonly heat = make('select');
  private readonly csv: HTMLButtonElement;
  private readonly map = make('div', 'scroll');
  private readonly legend = make('p', 'muted');
  private readonly problem = make('p', 'refusal');
  private readonly episode = new EpisodeView();
  private policy: ToldPolicy | undefined;
  private asked = '';

  constructor(shown: Shown, onChange: () => void) {
    this.shown = shown;
    this.onChange = onChange;
    this.runs = new RunChoice((run) => this.choose({ run, update: undefined }));
    this.slider = makeSlider('policy after update', (at) =>
      this.choose({ update: this.policy?.updates[at] }),
    );
    this.heat.setAttribute('aria-label', 'colour of the states');
    for (const [name, words] of Object.entries(heats))
      this.heat.append(new Option(`coloured by ${words}`, name));
    this.heat.onchange = () => this.showMap();
    this.map.tabIndex = 0;
    this.map.setAttribute('role', 'region');
    this.map.setAttribute('aria-label', 'what the policy does in each state');
    const tools = make('div', 'tools');
    this.csv = saveButton('CSV', () => {
      const table = this.policy?.table;
      if (table !== undefined) save('policy.csv', tableCsv(table), 'text/csv');
    });
    tools.append(this.runs.node, ...this.slider.nodes, this.heat, this.csv);
    this.content.append(tools, this.problem, this.legend, this.map, this.episode.node);
    this.node.append(make('h2', '', 'Inside the policy'), this.none, this.content);
  }

  /** @param runs that are drawn */
  show(runs: readonly ToldRun[]): void {
    const having = runs.filter(({ has }) => has.policies);
    const run = this.runs.show(having, this.shown.run);
    this.content.hidden = run === undefined;
    this.none.textContent =
      run === undefined
        ? 'No run that is drawn has a policy yet: --set snapshots.everyUpdates=10 keeps some on the way.'
        : '';
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
    const asked = [id, generation, update ?? `last of ${status} ${latest.update}`].join();
    if (asked === this.asked) return;
    this.asked = asked;
    const query = new URLSearchParams({ run: id, ...(update !== undefined && { update: String(update) }) });
    try {
      const policy = await ask<ToldPolicy>('/policy', query);
      if (asked !== this.asked) return;
      this.problem.textContent = '';
      this.policy = policy;
      const at = policy.updates.indexOf(policy.update);
      const words = `after update ${policy.update}, ${at + 1} of ${policy.updates.length} policies`;
      this.slider.show(at, [0, policy.updates.length - 1], words);
      this.showMap();
      this.episode.show(id, policy.update);
    } catch (error) {
      if (asked === this.asked) this.problem.textContent = (error as Error).message;
    }
  }

  private showMap(): void {
    const table = this.policy?.table;
    this.map.hidden = table === undefined;
    this.heat.hidden = table === undefined;
    this.csv.hidden = table === undefined;
    this.legend.textContent = '';
    if (table === undefined) return;
    const heat = this.heat.value as Heat;
    this.legend.textContent = legendOf(heat, table.before, this.policy?.update);
    this.map.replaceChildren(policyMap(table, heat));
  }
}

function legendOf(heat: Heat, before: number | null, update: number | undefined): string {
  const arrows = 'Arrows are the fuller the likelier; below them V(s) of the value network';
  if (heat === 'kl' && before === null)
    return `${arrows}. There is no earlier policy: snapshots.everyUpdates=1 keeps each.`;
  if (heat === 'kl') {
    const isNext = update === (before ?? 0) + 1;
    return `${arrows}, then the KL of ${isNext ? 'the last update' : `the updates from ${before} to ${update}`} in that state, nats.`;
  }
  if (heat === 'visits') return `${arrows}, then the visits that an episode makes on average, exact.`;
  return `${arrows}.`;
}
