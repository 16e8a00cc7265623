import { buildFigure } from '../../plot/build-figure.ts';
import type { RunGroup } from '../../plot/group-runs.ts';
import { make } from '../elements.ts';
import { exportTools } from '../export.ts';
import { LiveFigure } from '../live-figure.ts';
import { panelsThere, POINTS } from '../panels.ts';
import { onThemeChange } from '../theme.ts';

/** Milliseconds between two drawings: what goes on is drawn in one frame of some, and the others stay free. */
const PAUSE = 150;

/** Curves of trainings that go on, drawn once a frame at most. */
export class LiveCurves {
  readonly node = make('section');
  private readonly figure: LiveFigure;
  private readonly panels: readonly string[];
  private readonly groups: () => readonly RunGroup[];
  private readonly abscissa: 'updates' | 'gradient';
  private readonly stopListening: () => void;
  private drawn = Number.NEGATIVE_INFINITY;
  private frame: number | undefined;

  /**
   * @param panels as `leash plot --metric` takes them
   * @param groups what is drawn, asked whenever it is
   * @param log whether y begins as a logarithm
   */
  constructor(
    panels: readonly string[],
    groups: () => readonly RunGroup[],
    abscissa: 'updates' | 'gradient' = 'updates',
    log = false,
  ) {
    this.panels = panels;
    this.groups = groups;
    this.abscissa = abscissa;
    this.figure = new LiveFigure(this.node, { zoom: undefined, log, seeds: true }, () => {});
    this.figure.tools.append(...exportTools('lab', () => this.figure.looked, groups));
    this.stopListening = onThemeChange(() => this.figure.draw());
  }

  /** Something came. */
  update(): void {
    this.frame ??= requestAnimationFrame((now) => this.due(now));
  }

  end(): void {
    if (this.frame !== undefined) cancelAnimationFrame(this.frame);
    this.stopListening();
  }

  private due(now: number): void {
    this.frame = undefined;
    if (now - this.drawn < PAUSE) this.update();
    else {
      this.drawn = now;
      this.draw();
    }
  }

  private draw(): void {
    const groups = this.groups();
    const runs = groups.flatMap((group) => group.runs);
    const available = new Set(runs.flatMap(({ columns }) => [...columns.keys()]));
    this.node.hidden = available.size === 0;
    if (available.size === 0) return;
    this.figure.show(
      buildFigure(groups, {
        metrics: panelsThere(this.panels, available),
        abscissa: this.abscissa,
        smooth: 1,
        logY: false,
        band: 'seeds',
        withRollbacks: true,
        points: POINTS,
      }),
    );
  }
}
