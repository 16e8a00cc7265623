import { type ObjectiveKind, objectiveOf } from '../../objective/objective.ts';
import { objectiveSettings } from '../../objective/settings.ts';
import { make, makeToggle } from '../elements.ts';
import { LiveFigure } from '../live-figure.ts';
import { onThemeChange } from '../theme.ts';
import { choice } from './choice.ts';
import { makeKnob } from './knob.ts';
import { isWithin } from './knob-range.ts';
import { LaterAddress } from './later-address.ts';
import {
  type DrawnSetting,
  drawnSettings,
  objectiveFigure,
  objectiveKinds,
  objectiveWith,
  PROBABILITY,
  settingsOfKind,
} from './objective-curves.ts';
import type { LabView, Place } from './view.ts';

const SETTINGS = Object.keys(drawnSettings) as DrawnSetting[];

/** Every objective that a policy can be trained on, over the ratio. */
export const objectivesView: LabView = {
  name: 'objectives',
  title: 'Objectives',
  keys: ['objective', 'probability', 'all', ...SETTINGS],
  show: (place) => {
    const page = new ObjectivesPage(place);
    return () => page.end();
  },
};

class ObjectivesPage {
  private readonly address: LaterAddress;
  private readonly equation = make('p', 'verdict');
  private readonly knobs = make('div', 'knobs');
  private readonly figure: LiveFigure;
  private readonly endTheme: () => void;
  private kind: ObjectiveKind;
  private probability: number;
  private hasAll: boolean;
  private values: Partial<Record<DrawnSetting, string | number>> = {};

  constructor({ link, node, refuse, remember }: Place) {
    this.address = new LaterAddress({ remember });
    this.kind = link.oneOf('objective', objectiveKinds) ?? 'clip';
    this.hasAll = link.oneOf('all', ['1']) !== undefined;
    const inRange = ([value]: readonly number[]): boolean => isWithin(PROBABILITY, value);
    [this.probability = 0.3] = link.numbers('probability', 1, inRange) ?? [];
    const problems: string[] = [];
    const own = settingsOfKind(this.kind);
    for (const name of SETTINGS) {
      const range = drawnSettings[name];
      const value =
        'least' in range
          ? link.numbers(name, 1, ([number]) => isWithin(range, number))?.[0]
          : link.oneOf(name, range);
      if (value !== undefined && own.includes(name)) this.values[name] = value;
      else if (value !== undefined)
        problems.push(`the link’s ${name} is no setting of ${this.kind}; it has ${own.join(', ') || 'none'}`);
    }
    refuse(problems);
    const section = make('section');
    this.figure = new LiveFigure(section, { zoom: undefined, log: false, seeds: false }, () => {});
    const tools = make('div', 'tools');
    const select = choice(
      'objective',
      objectiveKinds,
      this.kind,
      (kind) => kind,
      (kind) => {
        this.kind = kind;
        this.values = {};
        refuse([]);
        this.build();
      },
    );
    const all = makeToggle(
      'all of them',
      () => this.hasAll,
      (on) => {
        this.hasAll = on;
        this.draw();
      },
    );
    tools.append(select, all);
    const words = make(
      'p',
      'muted',
      'In a state with two actions, of which a, with probability π_old(a), was sampled. The pull is what a gradient step multiplies ∇log π(a) by: above 0 it makes a likelier. Beside it is the bare surrogate, ratio·Â; the legend hides lines. Where the pull is not the slope of the value (cispo, samplePenalty, softGate) no gradient flows through a part of the loss.',
    );
    node.append(tools, this.equation, this.knobs, words, section);
    this.build();
    this.endTheme = onThemeChange(() => this.figure.draw());
  }

  end(): void {
    this.address.end();
    this.endTheme();
  }

  private build(): void {
    this.equation.textContent = `loss: ${objectiveOf(this.kind).equation}`;
    const probability = makeKnob('π_old(a)', PROBABILITY, this.probability, (value) => {
      this.probability = value;
      this.draw();
    });
    this.knobs.replaceChildren(...settingsOfKind(this.kind).map((name) => this.knobOf(name)), probability);
    this.draw();
  }

  private knobOf(name: DrawnSetting): HTMLElement {
    const range = drawnSettings[name];
    const value = this.values[name] ?? (objectiveSettings[name].default as string | number);
    const set = (turned: string | number): void => {
      this.values[name] = turned;
      this.draw();
    };
    if ('least' in range) return makeKnob(name, range, value as number, set);
    return choice(name, range, value as string, (each) => each, set);
  }

  private draw(): void {
    const own = { objective: objectiveWith(this.kind, this.values), hue: 0 };
    const others = objectiveKinds.filter(
      (kind) => kind !== this.kind && (this.hasAll || kind === 'surrogate'),
    );
    // Last, so that it is drawn over the others.
    const shown = [...others.map((kind, at) => ({ objective: objectiveWith(kind), hue: at + 1 })), own];
    this.figure.show(objectiveFigure(shown, this.probability));
    const values = Object.entries(this.values).map(([name, value]) => [name, String(value)]);
    this.address.remember({
      objective: this.kind,
      probability: String(this.probability),
      ...Object.fromEntries(values),
      ...(this.hasAll && { all: '1' }),
    });
  }
}
