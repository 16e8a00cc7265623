import type { ToldRun } from '../../dashboard/wire.ts';
import { make } from '../elements.ts';
import { ask } from './connection.ts';

/** A part of the page that looks at one of the runs that are drawn. */
export class RunSection {
  readonly node = make('section');
  /** What is shown of the run, below its tools. */
  readonly content = make('div');
  private readonly choice = make('select');
  private readonly none = make('p', 'muted');
  private readonly problem = make('p', 'refusal');
  private readonly withoutRun: string;
  private listed = '';
  private asked = '';

  /**
   * @param withoutRun what is said where no run can be looked at
   * @param tools beside the choice of a run
   * @param onChoice is given the id of the one that was chosen
   */
  constructor(
    title: string,
    withoutRun: string,
    tools: readonly HTMLElement[],
    onChoice: (id: string) => void,
  ) {
    this.withoutRun = withoutRun;
    this.choice.setAttribute('aria-label', 'run');
    this.choice.onchange = () => onChoice(this.choice.value);
    const bar = make('div', 'tools');
    bar.append(this.choice, ...tools);
    this.content.append(bar, this.problem);
    this.node.append(make('h2', '', title), this.none, this.content);
  }

  /** @param wanted its id; the first where there is none of it @returns the one that is looked at */
  show(runs: readonly ToldRun[], wanted: string | undefined): ToldRun | undefined {
    const run = runs.find(({ id }) => id === wanted) ?? runs[0];
    const listed = runs.map(({ id }) => id);
    if (listed.join('\n') !== this.listed) {
      this.listed = listed.join('\n');
      this.choice.replaceChildren(...listed.map((id) => new Option(id, id)));
    }
    if (run !== undefined) this.choice.value = run.id;
    this.content.hidden = run === undefined;
    this.none.textContent = run === undefined ? this.withoutRun : '';
    return run;
  }

  /**
   * Asks the server for what is shown of a run; a refusal is shown, and asked again when next called.
   * @param key of what is asked: the same is not asked twice
   * @returns undefined where it is there already, was refused, or something else is asked by now
   */
  async ask<T>(key: string, path: string, query: Readonly<Record<string, string>>): Promise<T | undefined> {
    if (key === this.asked) return undefined;
    this.asked = key;
    try {
      const answer = await ask<T>(path, new URLSearchParams(query));
      if (key !== this.asked) return undefined;
      this.problem.textContent = '';
      return answer;
    } catch (error) {
      if (key !== this.asked) return undefined;
      this.asked = '';
      this.problem.textContent = (error as Error).message;
      return undefined;
    }
  }
}
