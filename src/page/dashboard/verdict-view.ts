import type { ToldVerdict } from '../../dashboard/wire.ts';
import { copyBeside } from '../copy.ts';
import { make, makeButton } from '../elements.ts';
import { ask } from './connection.ts';
import type { Group } from './groups.ts';
import type { Store } from './store.ts';

/** What the figures of the groups that are drawn support, asked for by a button. */
export class VerdictView {
  readonly node = make('section');
  private readonly button = makeButton('tool', 'compare');
  private readonly answer = make('div');
  private groups: readonly Group[] = [];
  private asked = '';

  constructor() {
    this.answer.setAttribute('aria-live', 'polite');
    this.button.onclick = () => void this.compare();
    this.node.append(this.button, this.answer);
  }

  show(groups: readonly Group[], store: Store): void {
    this.groups = groups;
    this.node.hidden = groups.length < 2;
    this.button.textContent = `compare the ${groups.length} that are drawn`;
    // A verdict is of the rows that there were.
    const kind = groups
      .flatMap(({ runs }) => runs.map(({ id }) => `${id} ${store.runs.get(id)?.rows}`))
      .join();
    if (this.asked !== '' && kind !== this.asked) this.answer.replaceChildren();
    this.asked = kind;
  }

  private async compare(): Promise<void> {
    const query = new URLSearchParams();
    // A verdict is of whole folders, each of which one run names: an address must not grow with the seeds.
    for (const { runs } of this.groups) query.append('run', runs[0].id);
    this.button.disabled = true;
    const { asked } = this;
    try {
      const told = await ask<ToldVerdict>('/verdict', query);
      if (asked === this.asked) this.tell(told);
    } catch (error) {
      this.answer.replaceChildren(make('p', 'refusal', (error as Error).message));
    } finally {
      this.button.disabled = false;
    }
  }

  private tell({ sentences, command }: ToldVerdict): void {
    const list = make('ul', 'verdict');
    list.append(...sentences.map((sentence) => make('li', '', sentence)));
    const line = make('div', 'command');
    const copy = makeButton('copy', 'copy');
    copy.onclick = () => copyBeside(copy);
    line.append(make('pre', '', command), copy);
    this.answer.replaceChildren(list, line);
  }
}
