import type { RunGroup } from '../../plot/group-runs.ts';
import { CURVE, type PlottedRun } from '../../plot/plotted-run.ts';
import { make, makeButton } from '../elements.ts';
import {
  guess,
  type Log,
  type Mapping,
  type Numbers,
  numbersOf,
  readLog,
  type Target,
  targets,
} from './numbers.ts';

/** A log of somebody else's, and what its columns are taken for. */
interface Brought {
  readonly name: string;
  readonly log: Log;
  mapping: Mapping;
  delta: number | undefined;
  numbers: Numbers | undefined;
  /** Why there are none. */
  readonly problem: HTMLElement;
  version: number;
}

/** Bytes of a log that a page reads. */
const LARGEST = 100 * 2 ** 20;

/** Logs of other programs on the same charts: read in the page, sent nowhere. */
export class NumbersView {
  readonly node = make('details');
  private readonly onChange: () => void;
  private readonly problem = make('p', 'refusal');
  private readonly lists = make('div');
  private readonly brought: Brought[] = [];

  constructor(onChange: () => void) {
    this.onChange = onChange;
    const input = make('input');
    input.type = 'file';
    input.multiple = true;
    input.accept = '.csv,.tsv,.txt,.json,.jsonl,.ndjson';
    input.setAttribute('aria-label', 'logs of other programs, CSV or a JSON object a line');
    input.onchange = () => {
      const files = [...(input.files ?? [])];
      // Else the same file, written anew, could not be chosen again.
      input.value = '';
      void this.take(files);
    };
    this.node.ondragover = (event) => event.preventDefault();
    this.node.ondrop = (event) => {
      event.preventDefault();
      void this.take([...(event.dataTransfer?.files ?? [])]);
    };
    this.problem.setAttribute('role', 'alert');
    const words =
      'CSV, or a JSON object a line, of SB3, CleanRL, RLlib, Spinning Up, TRL or your own: it stays in this page. Say which column is what; KL is drawn against δ, and of samples (log π or whole distributions) the exact KL and the estimators are computed.';
    this.node.append(
      make('summary', '', 'Bring your numbers'),
      make('p', 'muted', words),
      input,
      this.problem,
      this.lists,
    );
  }

  /** @param hue of the first, the others follow */
  groups(hue: number): RunGroup[] {
    return this.brought.flatMap(({ name, numbers, version }, at) =>
      numbers === undefined
        ? []
        : [{ label: name, hue: hue + at, version: `${name} ${version}`, runs: [asRun(name, numbers)] }],
    );
  }

  private async take(files: readonly File[]): Promise<void> {
    const problems: string[] = [];
    this.problem.textContent = '';
    for (const file of files) {
      try {
        if (file.size > LARGEST) throw new Error(`${file.name} is larger than ${LARGEST / 2 ** 20} MB`);
        const log = readLog(file.name, await file.text());
        const one: Brought = {
          name: file.name,
          log,
          mapping: guess(log),
          delta: undefined,
          numbers: undefined,
          problem: make('p', 'refusal'),
          version: 0,
        };
        this.brought.push(one);
        this.lists.append(this.listOf(one));
        this.draw(one);
      } catch (error) {
        problems.push((error as Error).message);
        this.problem.textContent = problems.join('; ');
      }
    }
  }

  private draw(one: Brought): void {
    one.version += 1;
    try {
      one.numbers = numbersOf(one.name, one.log, one.mapping, one.delta);
      one.problem.textContent = '';
    } catch (error) {
      one.numbers = undefined;
      one.problem.textContent = (error as Error).message;
    }
    this.onChange();
  }

  /** What each column of ours is of theirs. */
  private listOf(one: Brought): HTMLElement {
    const list = make('div', 'mapping');
    const remove = makeButton('tool', `remove ${one.name}`);
    remove.onclick = () => {
      this.brought.splice(this.brought.indexOf(one), 1);
      list.remove();
      this.onChange();
    };
    const delta = make('input');
    delta.type = 'number';
    delta.step = 'any';
    delta.min = '0';
    delta.oninput = () => {
      one.delta = delta.value === '' ? undefined : Number(delta.value);
      this.draw(one);
    };
    one.problem.setAttribute('role', 'alert');
    list.append(make('b', '', one.name), one.problem, labelled('δ, where no column has it', delta));
    for (const [target, words] of Object.entries(targets) as [Target, string][])
      list.append(labelled(words, this.selectOf(one, target)));
    list.append(remove);
    return list;
  }

  private selectOf(one: Brought, target: Target): HTMLSelectElement {
    const select = make('select');
    const chosen = one.mapping[target];
    const names = chosen?.startsWith('-') ? [chosen, ...one.log.names] : one.log.names;
    select.append(new Option('–', ''), ...names.map((name) => new Option(name.replace(/^-/, '−'), name)));
    select.value = chosen ?? '';
    select.onchange = () => {
      const { [target]: _, ...rest } = one.mapping;
      one.mapping = select.value === '' ? rest : { ...rest, [target]: select.value };
      this.draw(one);
    };
    return select;
  }
}

function labelled(words: string, control: HTMLElement): HTMLElement {
  const label = make('label');
  // The choices of a list are no part of its name.
  control.setAttribute('aria-label', words);
  label.append(make('span', '', words), control);
  return label;
}

/** As plots take runs: of a config there is the name alone. */
function asRun(name: string, { updates, columns: figures, seconds }: Numbers): PlottedRun {
  const returns = figures.get('returnMean');
  // Their return stands on the chart of ours, whatever it is a mean of.
  const columns = returns === undefined ? figures : new Map([...figures, [CURVE, returns]]);
  const config = { environment: { id: name } } as unknown as PlottedRun['config'];
  return {
    path: name,
    name,
    seed: 0,
    status: 'completed',
    config,
    updates,
    columns,
    seconds,
    problems: [],
  };
}
