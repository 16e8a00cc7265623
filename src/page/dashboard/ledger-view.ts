import { buildFigure } from '../../plot/build-figure.ts';
import type { Figure } from '../../plot/figure.ts';
import type { RunGroup } from '../../plot/group-runs.ts';
import type { ToldLedger, ToldRun } from '../../dashboard/wire.ts';
import { counterfactualStops, stoppers } from '../../trust-region/counterfactual.ts';
import { make } from '../elements.ts';
import type { Shown } from './address.ts';
import { exportTools } from '../export.ts';
import { STEP_PANELS, stepsAsRun } from '../gradient-steps.ts';
import { LiveFigure } from '../live-figure.ts';
import { panelsThere } from '../panels.ts';
import { makeSlider } from '../slider.ts';
import { stopsTable } from '../stops-table.ts';
import { RunSection } from './run-section.ts';

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
    this.figure.show(stepFigure(this.plotted, ledger.rows));
  }
}

/** As `leash plot --x gradient` draws them, with a mark where each rule would have stopped. */
function stepFigure(groups: readonly RunGroup[], rows: ToldLedger['rows']): Figure {
  const available = new Set(groups.flatMap(({ runs: [run] }) => [...run.columns.keys()]));
  const hasRatios = rows.some(({ shareInside }) => shareInside !== null);
  const panels = STEP_PANELS.filter((panel) => hasRatios || !panel.startsWith('share'));
  const metrics = panelsThere(panels, available);
  const figure = buildFigure(groups, {
    ...{ metrics, abscissa: 'gradient', smooth: 1, logY: false, band: 'iqm', points: 2000 },
  });
  const stops = counterfactualStops(rows);
  const marks = stoppers.flatMap((rule) => (stops[rule].stopped ? [{ group: 0, x: stops[rule].steps }] : []));
  return { ...figure, xLabel: 'gradient steps of the update; ▾ where a rule would have stopped', marks };
}
