import type { ToldRun } from '../../dashboard/wire.ts';
import { make } from '../elements.ts';

/** Chooses one of some runs. */
export class RunChoice {
  readonly node = make('select');
  private listed = '';

  constructor(onChoice: (id: string) => void) {
    this.node.setAttribute('aria-label', 'run');
    this.node.onchange = () => onChoice(this.node.value);
  }

  /** @param wanted its id; the first where there is none of it @returns the one that is chosen */
  show(runs: readonly ToldRun[], wanted: string | undefined): ToldRun | undefined {
    const chosen = runs.find(({ id }) => id === wanted) ?? runs[0];
    const listed = runs.map(({ id }) => id);
    if (listed.join('\n') !== this.listed) {
      this.listed = listed.join('\n');
      this.node.replaceChildren(...listed.map((id) => new Option(id, id)));
    }
    if (chosen !== undefined) this.node.value = chosen.id;
    return chosen;
  }
}
