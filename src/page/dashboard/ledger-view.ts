import { buildFigure } from '../../plot/build-figure.ts';
import type { Figure } from '../../plot/figure.ts';
import type { RunGroup } from '../../plot/group-runs.ts';
import { number } from '../../plot/html-table.ts';
import { parseMetrics } from '../../plot/plot-metric.ts';
import type { ToldLedger, ToldRun } from '../../dashboard/wire.ts';
import { ruleNames, stoppers } from '../../trust-region/counterfactual.ts';
import { make } from '../elements.ts';
import type { Shown } from './address.ts';
import { exportTools } from '../export.ts';
import { stepsAsRun } from '../gradient-steps.ts';
import { LiveFigure } from '../live-figure.ts';
import { makeSlider } from '../slider.ts';
import { RunSection } from './run-section.ts';

const PANELS = [
  'klOldNew+klNewOld',
  'klOldNew+k1Rollout+k3Minibatch',
  'shareInside+shareKilled+sharePassing',
  'ratioMin+ratioMedian+ratioMax',
];

/** The gradient steps of an update, and where the rules of others would have stopped it. */
export class LedgerView {
  readonly node: HTMLElement;
  private readonly shown: Shown;
  private readonly onChange: () => void;
  private readonly section: RunSection;
  private readonly slider = makeSlider('update', (update) => this.choose({ update }));
  private readonly stops = make('div');
  private readonly figure: LiveFigure;
  private plotted: readonly RunGroup[] = [];

  constructor(shown: Shown, onChange: () => void) {
    this.shown = shown;
    this.onChange = onChange;
    this.section = new RunSection(
      'Gradient steps of an update',
      'No run that is drawn has a ledger: train with --set trustRegion.ledger=true.',
      this.slider.nodes,
      (run) => this.choose({ run }),
    );
    this.node = this.section.node;
    const curves = make('section', 'curves');
    this.figure = new LiveFigure(curves, { zoom: undefined, log: false, seeds: false }, () => {});
    this.figure.tools.append(
      ...exportTools(
        'gradient-steps',
        () => this.figure.looked,
        () => this.plotted,
      ),
    );
    this.section.content.append(this.stops, curves);
  }

  /** @param runs that are drawn */
  show(runs: readonly ToldRun[]): void {
    const having = runs.filter(({ has, rows }) => has.ledger && rows > 0);
    const run = this.section.show(having, this.shown.run);
    if (run === undefined) return;
    const last = Number(run.latest.update ?? run.rows);
    const update = Math.min(this.shown.update ?? last, last);
    this.slider.show(update, [1, last], `update ${update} of ${last}`);
    void this.ask(run, update);
  }

  private choose(chosen: Partial<Pick<Shown, 'run' | 'update'>>): void {
    Object.assign(this.shown, chosen);
    this.onChange();
  }

  private async ask({ id, generation, config }: ToldRun, update: number): Promise<void> {
    const key = `${id} ${generation} ${update}`;
    const ledger = await this.section.ask<ToldLedger>(key, '/ledger', { run: id, update: String(update) });
    if (ledger === undefined) return;
    this.stops.replaceChildren(stopsTable(ledger));
    if (config === null) return;
    this.plotted = [{ label: id, runs: [stepsAsRun(id, config, ledger.rows)] }];
    this.figure.show(stepFigure(this.plotted, ledger));
  }
}

/** As `leash plot --x gradient` draws them, with a mark where each rule would have stopped. */
function stepFigure(groups: readonly RunGroup[], { rows, stops }: ToldLedger): Figure {
  const available = new Set(groups.flatMap(({ runs: [run] }) => [...run.columns.keys()]));
  const hasRatios = rows.some(({ shareInside }) => shareInside !== null);
  const worst = available.has('klOldNewMax') ? ['klOldNewMax'] : [];
  const metrics = [...worst, ...PANELS]
    .filter((panel) => hasRatios || !panel.startsWith('share'))
    .flatMap((panel) => parseMetrics(panel, available));
  const figure = buildFigure(groups, {
    ...{ metrics, abscissa: 'gradient', smooth: 1, logY: false, band: 'iqm', points: 2000 },
  });
  const marks = stoppers.flatMap((rule) => (stops[rule].stopped ? [{ group: 0, x: stops[rule].steps }] : []));
  return { ...figure, xLabel: 'gradient steps of the update; ▾ where a rule would have stopped', marks };
}

function stopsTable({ rows, stops, summary, cut }: ToldLedger): HTMLElement {
  const heads = [
    'rule',
    'with δ as its target it looks',
    'stops this update after',
    'exact KL there',
    'KL/δ',
    'stops updates',
    'outside δ',
  ];
  const table = make('table');
  table.append(make('caption', 'unseen', 'where each rule would have stopped'));
  const head = table.createTHead().insertRow();
  for (const each of heads) {
    const cell = make('th', '', each);
    cell.scope = 'col';
    head.append(cell);
  }
  const body = table.createTBody();
  const delta = rows[0]?.delta ?? Number.NaN;
  for (const rule of stoppers) {
    const { steps, stopped, kl } = stops[rule];
    const own = summary.find((each) => each.rule === rule);
    const line = body.insertRow();
    const cells = [
      ruleNames[rule].name,
      ruleNames[rule].looks,
      stopped ? `${steps} of ${rows.length} steps` : `not in ${rows.length} steps`,
      number(Number(kl)),
      number(Number(kl) / delta),
      own === undefined ? '–' : `${own.stopped} of ${own.updates}`,
      own === undefined ? '–' : `${Math.round(100 * own.shareOutside)}%`,
    ];
    for (const text of cells) line.append(make('td', '', text));
  }
  const wide = make('div', 'wide');
  const scroll = make('div', 'scroll');
  scroll.tabIndex = 0;
  scroll.setAttribute('role', 'region');
  scroll.setAttribute('aria-label', 'where each rule would have stopped');
  scroll.append(table);
  wide.append(scroll);
  if (cut)
    wide.append(
      make(
        'p',
        'muted',
        'This run stopped by a rule of its own: where that came first, the others are not known further.',
      ),
    );
  return wide;
}
