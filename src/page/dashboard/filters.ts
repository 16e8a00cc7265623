import { make, makeButton } from '../elements.ts';
import { type Shown, standings } from './address.ts';

/** Search, standings and tags: which runs are listed and drawn. */
export class Filters {
  readonly node = make('div', 'filters');
  private readonly search = make('input');
  private readonly buttons = make('div', 'tools');
  private readonly shown: Shown;
  private readonly onChange: () => void;
  private kind = '';

  constructor(shown: Shown, onChange: () => void) {
    this.shown = shown;
    this.onChange = onChange;
    this.search.type = 'search';
    this.search.placeholder = 'search names, tags, objectives';
    this.search.setAttribute('aria-label', 'search runs');
    this.search.oninput = () => {
      shown.search = this.search.value;
      onChange();
    };
    this.buttons.setAttribute('role', 'group');
    this.buttons.setAttribute('aria-label', 'only runs that are');
    this.node.append(this.search, this.buttons);
  }

  /** @param tags that some run has */
  show(tags: readonly string[]): void {
    const { shown } = this;
    if (this.search.value !== shown.search) this.search.value = shown.search;
    const known = [...new Set([...tags, ...shown.tags])].sort();
    const kind = JSON.stringify([known, shown.status, shown.tags]);
    if (kind === this.kind) return;
    this.kind = kind;
    const focused = document.activeElement?.textContent;
    this.buttons.replaceChildren(
      ...standings.map((each) => this.toggle(each, 'status')),
      ...known.map((each) => this.toggle(each, 'tags')),
    );
    if (focused === null || focused === undefined) return;
    // What was pressed was made anew.
    [...this.buttons.querySelectorAll('button')].find(({ textContent }) => textContent === focused)?.focus();
  }

  private toggle(word: string, key: 'status' | 'tags'): HTMLButtonElement {
    const button = makeButton('tool', key === 'tags' ? `#${word}` : word);
    button.setAttribute('aria-pressed', String(this.shown[key].includes(word)));
    button.onclick = () => {
      const { [key]: before } = this.shown;
      this.shown[key] = before.includes(word) ? before.filter((each) => each !== word) : [...before, word];
      this.onChange();
    };
    return button;
  }
}
