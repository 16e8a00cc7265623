import { CurveMemory } from '../../plot/curve-memory.ts';
import { X_LABELS } from '../../plot/figure-options.ts';
import type { RunGroup } from '../../plot/group-runs.ts';
import { make, makeButton } from '../elements.ts';
import { markScrolling } from '../mark-scrolling.ts';
import { quoted } from '../link.ts';
import type { View } from '../view.ts';
import type { ToldRun } from '../../dashboard/wire.ts';
import { type CourseAxis, courseAxes, type Shown, type ViewName, viewNames } from './address.ts';
import { exportTools } from '../export.ts';
import { axisOf, type ChartView, columnsFor, figureOf, isThinned, metricsOf } from './figures.ts';
import { Filters } from './filters.ts';
import { columnsAmong, filtered, type Group, groupsOf } from './groups.ts';
import { LedgerView } from './ledger-view.ts';
import { LiveFigure } from '../live-figure.ts';
import { RunsTable } from './overview.ts';
import { NumbersView } from './numbers-view.ts';
import { nearOf, plottedGroups, wholeGroups } from './plotted-groups.ts';
import { PolicyView } from './policy-view.ts';
import type { Store } from './store.ts';
import { VerdictView } from './verdict-view.ts';

const VIEW_NAMES: Readonly<Record<ViewName, string>> = {
  overview: 'Overview',
  region: 'Trust region',
  policy: 'Inside the policy',
};

/** Groups that are drawn where none is selected. */
const FIRST = 8;
/** Milliseconds between two drawings of what goes on: more cannot be read. */
const PAUSE = 400;

/** Everything below the heading. */
export class Page {
  private readonly store: Store;
  private readonly shown: Shown;
  private readonly onLook: (isStep: boolean) => void;
  private readonly filters: Filters;
  private readonly table: RunsTable;
  private readonly notes = make('ul', 'muted');
  private readonly tabs = make('nav', 'tools');
  private readonly list = make('details');
  private readonly summary = make('summary');
  private readonly drawn = make('p', 'muted');
  private readonly figures: Readonly<Record<ChartView, LiveFigure>>;
  /** What each chart is drawn over: the same of both. */
  private readonly axes: HTMLSelectElement[] = [];
  private readonly ledger: LedgerView;
  private readonly policy: PolicyView;
  private readonly numbers: NumbersView;
  private readonly verdict: VerdictView;
  private problems: readonly string[];
  private readonly memory = new CurveMemory();
  private plotted: readonly RunGroup[] = [];
  private timer: number | undefined;
  private isAsking = false;
  private isAskedAgain = false;
  private isLoaded = false;

  /** @param onLook is told when something else is looked at; `isStep`: what Back goes back from */
  constructor(
    main: HTMLElement,
    store: Store,
    shown: Shown,
    problems: readonly string[],
    onLook: (isStep: boolean) => void,
  ) {
    this.store = store;
    this.shown = shown;
    this.problems = problems;
    this.onLook = onLook;
    this.filters = new Filters(shown, () => this.changed());
    this.table = new RunsTable((label, isSelected) => this.select(label, isSelected));
    this.ledger = new LedgerView(shown, () => this.changed());
    this.numbers = new NumbersView(() => this.show());
    this.policy = new PolicyView(shown, () => this.changed());
    this.verdict = new VerdictView();
    this.tabs.setAttribute('aria-label', 'views');
    this.list.append(this.summary, this.filters.node, this.table.node);
    this.list.open = shown.view === 'overview';
    this.figures = { overview: this.makeFigure(), region: this.makeFigure() };
    main.append(this.tabs, this.notes, this.list, this.numbers.node, this.verdict.node, this.drawn);
    main.append(this.figures.overview.node, this.figures.region.node, this.ledger.node, this.policy.node);
    for (const wide of main.querySelectorAll<HTMLElement>('.wide')) markScrolling(wide);
    this.showTabs();
  }

  /** Something came: draws it soon. */
  update(): void {
    this.isLoaded = true;
    this.timer ??= setTimeout(
      () => {
        this.timer = undefined;
        this.show();
      },
      this.plotted.length === 0 ? 0 : PAUSE,
    );
  }

  /** Draws what is there, in other colours. */
  draw(): void {
    if (this.shown.view === 'policy') this.policy.draw();
    else this.figures[this.shown.view].draw();
    if (this.isLoaded) this.showTable();
  }

  /** Another address: what is shown is as it says by now. */
  follow(problems: readonly string[]): void {
    this.problems = problems;
    this.lookAnew();
    this.showTabs();
    this.show();
  }

  remember(): void {
    this.onLook(false);
  }

  private changed(): void {
    this.onLook(false);
    this.show();
  }

  private select(label: string, isSelected: boolean): void {
    const { listed, drawn } = this.groups();
    const others = drawn.map((group) => group.label).filter((each) => each !== label);
    // What a search hides stays selected.
    const hidden = this.shown.selected.filter((each) => !listed.some((group) => group.label === each));
    this.shown.selected = [...hidden, ...others, ...(isSelected ? [label] : [])];
    this.changed();
  }

  private groups(): { all: readonly Group[]; listed: readonly Group[]; drawn: readonly Group[] } {
    const { groups: all } = groupsOf(this.store.runs.values());
    const listed = filtered(all, this.shown);
    const selected = listed.filter(({ label }) => this.shown.selected.includes(label));
    if (selected.length > 0) return { all, listed, drawn: selected };
    // The run that a link is of is looked at first, then what goes on.
    const isLooked = ({ runs }: Group): boolean => runs.some(({ id }) => id === this.shown.run);
    const isAlive = ({ runs }: Group): boolean => runs.some(({ status }) => status === 'alive');
    const first = [...new Set([...listed.filter(isLooked), ...listed.filter(isAlive), ...listed])].slice(
      0,
      FIRST,
    );
    return { all, listed, drawn: listed.filter((group) => first.includes(group)) };
  }

  private showTabs(): void {
    const buttons = viewNames.map((view) => {
      const button = makeButton('tool', VIEW_NAMES[view]);
      if (view === this.shown.view) button.setAttribute('aria-current', 'page');
      button.onclick = () => {
        this.shown.view = view;
        this.list.open = view === 'overview';
        this.onLook(true);
        this.showTabs();
        this.show();
        this.tabs.querySelector<HTMLElement>('[aria-current]')?.focus();
      };
      return button;
    });
    this.tabs.replaceChildren(...buttons);
    const { view } = this.shown;
    for (const [name, { node }] of Object.entries(this.figures)) node.hidden = name !== view;
    this.ledger.node.hidden = view !== 'region';
    this.policy.node.hidden = view !== 'policy';
  }

  private showTable(): readonly Group[] {
    const { all, listed, drawn } = this.groups();
    const runs = [...this.store.runs.values()];
    this.filters.show([...new Set(runs.flatMap(({ tags }) => tags))]);
    this.table.show(listed, new Set(drawn.map(({ label }) => label)));
    const count = listed.reduce((sum, each) => sum + each.runs.length, 0);
    this.summary.textContent = `${count} of ${runs.length} runs, ${listed.length} of ${all.length} configs, in ${this.store.root}`;
    const { leftOut } = groupsOf(runs);
    const lines = [
      ...this.problems,
      ...this.store.problems,
      ...this.unknown(all, runs),
      ...leftOut,
      ...(runs.length === 0 ? [`no runs in ${this.store.root} yet`] : []),
      ...(runs.length > 0 && count === 0
        ? ['no run is like that: other words, or other buttons, find some']
        : []),
    ];
    this.notes.replaceChildren(...lines.map((line) => make('li', '', line)));
    const isSome = drawn.length < listed.length && this.shown.selected.length === 0;
    this.drawn.textContent = isSome
      ? `drawn: the first ${drawn.length}; the boxes of the table choose others`
      : '';
    return drawn;
  }

  /** What the address names and is not there, a line each: it may come, or come back. */
  private unknown(all: readonly Group[], runs: readonly ToldRun[]): string[] {
    const { selected, run } = this.shown;
    const lost = selected.filter((label) => !all.some((group) => group.label === label));
    return [
      ...lost.map((label) => `the link’s config ${quoted(label)} is not here`),
      ...(run === undefined || runs.some(({ id }) => id === run)
        ? []
        : [`the link’s run ${quoted(run)} is not here`]),
    ];
  }

  private show(): void {
    if (!this.isLoaded) return;
    const drawn = this.showTable();
    this.verdict.show(drawn, this.store);
    const { view } = this.shown;
    const runs = drawn.flatMap((group) => group.runs);
    if (view === 'policy') this.policy.show(runs);
    else this.showCharts(view, drawn);
    if (view === 'region') this.ledger.show(runs);
  }

  private showCharts(view: ChartView, drawn: readonly Group[]): void {
    const brought = this.numbers.groups(this.groups().all.length);
    const own = columnsAmong(drawn);
    const columns = brought.flatMap(({ runs: [run] }) => [...run.columns.keys()]);
    const available = new Set([...own, ...columns]);
    const metrics = metricsOf(view, available);
    const figure = this.figures[view];
    figure.node.hidden = metrics.length === 0;
    this.plotted = [...plottedGroups(drawn, this.store), ...brought];
    if (metrics.length > 0) figure.show(figureOf(this.plotted, metrics, this.shown, this.memory));
    void this.ask(drawn, columnsFor(metrics, own, this.shown.x));
  }

  /** Asks for the rows that are drawn and not here, and draws them. */
  private async ask(drawn: readonly Group[], columns: readonly string[]): Promise<void> {
    this.isAskedAgain = this.isAsking;
    if (this.isAsking) return;
    this.isAsking = true;
    try {
      const ids = drawn.flatMap(({ runs }) => runs.map(({ id }) => id));
      const isNew = await this.store.want(ids, columns);
      const { x, zoom } = this.shown;
      const near = zoom === undefined ? [] : nearOf(this.plotted, axisOf(this.plotted, x), zoom);
      if ((await this.store.wantNear(near, columns)) || isNew) this.show();
    } catch {
      // The server is lost, or a run is gone: what comes next tells.
    } finally {
      this.isAsking = false;
    }
    // Something else is looked at by now.
    if (this.isAskedAgain) this.update();
  }

  private makeFigure(): LiveFigure {
    const section = make('section', 'curves');
    const node = make('div');
    const axis = make('select');
    axis.setAttribute('aria-label', 'what the course of training is counted in');
    axis.append(...courseAxes.map((x) => new Option(`over ${X_LABELS[x]}`, x)));
    axis.value = this.shown.x;
    axis.onchange = () => {
      this.shown.x = axis.value as CourseAxis;
      this.shown.zoom = undefined;
      this.lookAnew();
      this.changed();
    };
    this.axes.push(axis);
    const figure = new LiveFigure(section, this.shown, (view) => this.looked(view));
    section.append(node);
    figure.tools.append(
      axis,
      ...exportTools(
        'runs',
        () => figure.looked,
        () => wholeGroups(this.plotted, this.store),
      ),
    );
    return figure;
  }

  /** As the address says. */
  private lookAnew(): void {
    for (const figure of Object.values(this.figures)) figure.look(this.shown);
    for (const axis of this.axes) axis.value = this.shown.x;
  }

  private looked({ zoom, log, seeds }: View): void {
    const { shown } = this;
    const isSame = shown.zoom?.join() === zoom?.join() && shown.log === log && shown.seeds === seeds;
    if (isSame) return;
    const isNear = shown.zoom?.join() !== zoom?.join() && isThinned(this.plotted);
    Object.assign(shown, { zoom, log, seeds });
    this.onLook(false);
    // The part that is looked at has points of its own.
    if (isNear) this.update();
  }
}
