import { number } from '../plot/html-table.ts';
import type { ToldEpisode } from '../rollout/told-episode.ts';
import { ChosenFrom } from './chosen-from.ts';
import { drawShapes } from './draw-shapes.ts';
import { make, makeButton, makeToggle } from './elements.ts';
import { saveButton, saveCanvas } from './export.ts';
import { makeSlider } from './slider.ts';

/** Which episode is asked for. */
export interface Wanted {
  seed: number;
  isSampled: boolean;
}

/** An episode that a policy plays: its pictures, and what each action was chosen from. */
export class EpisodePlayer {
  readonly node = make('section');
  private readonly canvas = make('canvas', 'picture');
  private readonly chosenFrom = new ChosenFrom();
  private readonly problem = make('p', 'refusal');
  private readonly play = makeButton('tool', 'play');
  private readonly png = saveButton('PNG', () => saveCanvas('episode.png', this.canvas));
  private readonly slider = makeSlider('step of the episode', (step) => this.goTo(step));
  private episode: ToldEpisode | undefined;
  private step = 0;
  private timer: ReturnType<typeof setInterval> | undefined;

  /** @param wanted is changed by its buttons @param onWant another episode is asked for */
  constructor(wanted: Wanted, onWant: () => void) {
    const other = makeButton('tool', 'another episode');
    other.onclick = () => {
      wanted.seed += 1;
      onWant();
    };
    const sampled = makeToggle(
      'sampled',
      () => wanted.isSampled,
      (on) => {
        wanted.isSampled = on;
        onWant();
      },
    );
    this.play.onclick = () => (this.timer === undefined ? this.start() : this.stop());
    this.canvas.setAttribute('role', 'img');
    this.canvas.setAttribute('aria-label', 'the environment');
    this.draw();
    const tools = make('div', 'tools');
    tools.append(this.play, ...this.slider.nodes, sampled, other, this.png);
    const stage = make('div', 'stage');
    const room = make('div');
    room.append(this.canvas);
    stage.append(room, this.chosenFrom.node);
    this.node.append(make('h3', '', 'An episode'), tools, this.problem, stage);
  }

  show(episode: ToldEpisode): void {
    this.problem.textContent = '';
    this.episode = episode;
    this.chosenFrom.begin(episode);
    this.goTo(0);
  }

  refuse(problem: string): void {
    this.problem.textContent = problem;
  }

  draw(): void {
    const drawing = this.episode?.drawings?.[this.step];
    this.canvas.hidden = drawing === undefined;
    this.png.hidden = drawing === undefined;
    if (drawing !== undefined) drawShapes(this.canvas, drawing);
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.play.textContent = 'play';
  }

  private goTo(step: number): void {
    const { episode } = this;
    const told = episode?.steps[step];
    if (episode === undefined || told === undefined) return;
    this.step = step;
    const last = episode.steps.length - 1;
    const words =
      step === 0
        ? `start of ${last} steps`
        : `step ${step} of ${last}: ${told.done}, return ${number(told.earned)}`;
    this.slider.show(step, [0, last], words);
    this.canvas.setAttribute('aria-label', `the environment at ${words}`);
    this.draw();
    // What is chosen from in the state that is shown.
    this.chosenFrom.show(episode.steps[Math.min(step + 1, last)]);
  }

  private start(): void {
    const { episode } = this;
    if (episode === undefined) return;
    if (this.step === episode.steps.length - 1) this.goTo(0);
    this.play.textContent = 'pause';
    const seconds = episode.drawings?.[0]?.seconds ?? 0.2;
    this.timer = setInterval(() => {
      if (this.step >= episode.steps.length - 1) this.stop();
      else this.goTo(this.step + 1);
    }, 1000 * seconds);
  }
}
