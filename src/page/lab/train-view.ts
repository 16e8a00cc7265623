import type { LedgerRow } from '../../row/ledger.ts';
import type { WrittenRow } from '../../row/metrics.ts';
import { copyBeside } from '../copy.ts';
import { make, makeButton } from '../elements.ts';
import { save } from '../export.ts';
import { STEP_PANELS, stepsAsRun } from '../gradient-steps.ts';
import { stopsTable } from '../stops-table.ts';
import { BackSlider } from './back-slider.ts';
import { ConfigChoice } from './config-choice.ts';
import { LiveCurves } from './live-curves.ts';
import { RunRows } from './run-rows.ts';
import { Session } from './session.ts';
import { showStanding } from './standing-table.ts';
import type { LabView, Place } from './view.ts';
import type { Opened, Standing } from './wire.ts';

const PANELS = [
  'curve',
  'klMax',
  'klOldNewMean+klNewOldMean',
  'klOldNewMean+k1+k2+k3',
  'stopReason',
  'clipFraction',
  'entropy',
  'explainedVariance',
  'learningRate',
  'beta',
];

/** Trains a config in the tab. */
export const trainView: LabView = {
  name: 'train',
  title: 'Train',
  keys: ['config', 'seed', 'own', 'ledger'],
  show(place) {
    const page = new TrainPage(place);
    return () => page.end();
  },
};

class TrainPage {
  private readonly place: Place;
  private readonly choice: ConfigChoice;
  private readonly start = makeButton('tool');
  private readonly one = makeButton('tool', 'one update');
  private readonly step = makeButton('tool');
  private readonly standing = make('table');
  private readonly again = makeButton('tool', 'start again');
  private readonly back = new BackSlider((update) => this.rewind(update));
  private readonly bar = make('progress');
  private readonly figures = make('ul', 'figures');
  private readonly result = make('section');
  private readonly curves: LiveCurves;
  /** Of the update that was made last, where each of its steps was measured. */
  private readonly stepCurves: LiveCurves;
  private readonly stops = make('section');
  private steps: readonly LedgerRow[] = [];
  private session: Session | undefined;
  private opened: Opened | undefined;
  private rows = new RunRows();
  private frame: number | undefined;
  private isRunning = false;
  private isDone = false;
  /** Whether it stands still in the middle of an update. */
  private isAmid = false;

  constructor(place: Place) {
    this.place = place;
    this.choice = new ConfigChoice(place, () => this.open());
    this.curves = new LiveCurves(PANELS, () =>
      this.opened === undefined ? [] : [{ label: this.choice.name, runs: [this.plotted(this.opened)] }],
    );
    this.stepCurves = new LiveCurves(
      STEP_PANELS,
      () => {
        const { opened, steps } = this;
        if (opened === undefined || steps.length === 0) return [];
        return [{ label: this.choice.name, runs: [stepsAsRun(this.choice.name, opened.config, steps)] }];
      },
      'gradient',
    );
    this.bar.setAttribute('aria-label', 'updates');
    this.start.onclick = () => this.toggle();
    this.one.onclick = () => this.go(this.rows.rows.length + 1);
    this.step.onclick = () => {
      this.result.replaceChildren();
      this.session?.step();
    };
    this.again.onclick = () => this.open();
    const tools = make('div', 'tools');
    tools.append(this.start, this.one, this.step, this.again, this.bar);
    const scroll = make('div', 'scroll');
    scroll.append(this.standing);
    place.node.append(
      this.choice.node,
      tools,
      this.back.node,
      this.figures,
      scroll,
      this.result,
      this.stops,
      this.stepCurves.node,
      this.curves.node,
    );
    for (const { node } of [this.curves, this.stepCurves]) node.hidden = true;
    this.showButtons();
    void this.choice.load();
  }

  end(): void {
    this.session?.end();
    for (const each of [this.curves, this.stepCurves]) each.end();
    if (this.frame !== undefined) cancelAnimationFrame(this.frame);
  }

  private plotted({ config }: Opened) {
    return this.rows.plotted(this.choice.name, config, this.isDone);
  }

  /** Begins anew with what is chosen. */
  private open(): void {
    this.session?.end();
    this.opened = undefined;
    this.rows = new RunRows();
    this.isRunning = false;
    this.isDone = false;
    this.stand(undefined);
    this.figures.replaceChildren();
    this.result.replaceChildren();
    this.curves.update();
    this.showSteps([]);
    this.place.remember(this.choice.link());
    this.place.say('');
    this.session = new Session(
      this.choice.given(),
      {
        opened: (opened) => {
          this.opened = opened;
          this.place.refuse([]);
          this.bar.max = opened.updates;
          this.bar.value = 0;
          this.place.say(`ready: ${this.choice.name}, ${opened.updates} updates`);
          this.showButtons();
        },
        refused: (problems) => this.place.refuse(problems),
        rows: (rows) => this.take(rows),
        steps: (steps) => this.showSteps(steps),
        standing: (standing) => this.stand(standing),
        paused: (update, sha256, isDone) => this.pause(update, sha256, isDone),
        failed: (problem) => {
          this.isRunning = false;
          this.isDone = true;
          this.stand(undefined);
          this.place.refuse([problem]);
          this.showButtons();
        },
      },
      'auto',
    );
    this.showButtons();
  }

  private toggle(): void {
    if (this.isRunning) this.session?.pause();
    else this.go(Number.POSITIVE_INFINITY);
  }

  /** @param until the update after which it pauses */
  private go(until: number): void {
    this.isRunning = true;
    this.stand(undefined);
    this.showSteps([]);
    this.result.replaceChildren();
    this.session?.run(until);
    this.place.say('training');
    this.showButtons();
  }

  private rewind(update: number): void {
    if (this.isRunning) return;
    this.isRunning = true;
    this.stand(undefined);
    this.showSteps([]);
    this.result.replaceChildren();
    this.session?.rewind(update);
    this.place.say('going back');
    this.showButtons();
  }

  private take(rows: readonly WrittenRow[]): void {
    this.rows.append(rows);
    this.curves.update();
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.showProgress();
    });
  }

  /** @param steps of an update, as far as they were taken; none while it trains */
  private showSteps(steps: readonly LedgerRow[]): void {
    this.steps = steps;
    this.stepCurves.update();
    const { opened } = this;
    const [first] = steps;
    if (opened === undefined || first === undefined) {
      this.stops.replaceChildren();
      return;
    }
    const cut = opened.config.trustRegion.stop !== null;
    this.stops.replaceChildren(
      make('h2', '', `Gradient steps of update ${first.update}`),
      stopsTable({ rows: steps, cut }),
    );
  }

  private showProgress(): void {
    const row = this.rows.rows.at(-1);
    this.bar.value = row?.update ?? 0;
    if (row === undefined || this.opened === undefined) this.figures.replaceChildren();
    else this.showFigures(row, this.opened);
  }

  private showFigures(row: WrittenRow, { updates }: Opened): void {
    const show = (value: number | null): string =>
      value === null ? '–' : String(Number(value.toPrecision(4)));
    const parts: readonly (readonly [string, string])[] = [
      ['update', `${row.update}/${updates}`],
      ['steps', row.steps.toLocaleString('en')],
      ['return', show(row.returnMean)],
      ['KL(π_old‖π_new)', `${show(row.klOldNewMean)}, δ ${show(row.delta)}`],
      ['KL(π_new‖π_old)', show(row.klNewOldMean)],
      ...(row.clipFraction === null ? [] : [['clip', show(row.clipFraction)] as const]),
      ['entropy', show(row.entropy)],
    ];
    this.figures.replaceChildren(
      ...parts.map(([name, value]) => {
        const item = make('li', '', `${name} `);
        item.append(make('b', '', value));
        return item;
      }),
    );
  }

  /** @param standing undefined: not in the middle of an update */
  private stand(standing: Standing | undefined): void {
    this.isAmid = standing !== undefined;
    showStanding(this.standing, [{ label: this.choice.name, standing }]);
    if (standing === undefined) return;
    this.place.say(`in update ${standing.update}`);
    this.showButtons();
  }

  private pause(update: number, sha256: string, isDone: boolean): void {
    this.isRunning = false;
    this.isDone = isDone;
    this.rows.cut(update);
    this.stand(undefined);
    this.showProgress();
    this.curves.update();
    this.showButtons();
    const { opened } = this;
    if (opened === undefined) return;
    this.place.say(isDone ? 'trained' : `paused after update ${update}`);
    const when = isDone ? 'of the whole run' : `after update ${update} of ${opened.updates}`;
    const command = make('div', 'command');
    const copy = makeButton('tool', 'copy');
    copy.onclick = () => copyBeside(copy);
    command.append(make('pre', '', this.choice.command()), copy);
    this.result.replaceChildren(
      make('p', '', `SHA-256 of the parameters ${when}:`),
      make('p', 'hash', sha256),
      make(
        'p',
        'muted',
        'The command line makes the same run, and run.json has the same parametersSha256 at its end:',
      ),
      command,
    );
    if (this.choice.isOwn) {
      const button = makeButton('tool', `save ${this.choice.file}`);
      button.onclick = () => save(this.choice.file, this.choice.text, 'application/json');
      this.result.append(button);
    }
  }

  private showButtons(): void {
    const { start, one, step, again, isRunning, isDone, opened } = this;
    const hasBegun = this.rows.rows.length > 0 || this.isAmid;
    start.textContent = isRunning ? 'pause' : hasBegun && !isDone ? 'go on' : 'train';
    start.disabled = opened === undefined || isDone;
    for (const each of [one, step]) each.disabled = opened === undefined || isDone || isRunning;
    step.textContent = opened?.config.algorithm === 'ppo' ? 'one gradient step' : 'one try of the step';
    again.disabled = !hasBegun;
    const canGoBack = opened?.canGoBack === true && !isRunning;
    this.back.update({ update: this.rows.rows.length, isAmid: this.isAmid, canGoBack });
  }
}
