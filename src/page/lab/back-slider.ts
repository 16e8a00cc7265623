import { make } from '../elements.ts';
import { makeSlider } from '../slider.ts';

/** Where trainings stand that can be gone back in. */
export interface Progress {
  /** Whole updates. */
  readonly update: number;
  /** Whether one more is under way, and stands still. */
  readonly isAmid: boolean;
  /** Whether one can go back now. */
  readonly canGoBack: boolean;
}

/** A slider over the updates that were made, 0 for the beginning; where it is let go of is gone back to. */
export class BackSlider {
  readonly node = make('div', 'knob');
  private readonly slider = makeSlider('back to update', (update) => this.show(update));
  private progress: Progress = { update: 0, isAmid: false, canGoBack: false };

  constructor(goBack: (update: number) => void) {
    const input = this.slider.nodes[0] as HTMLInputElement;
    input.onchange = () => {
      // At its end it says where they stand.
      if (Number(input.value) <= this.progress.update) goBack(Number(input.value));
    };
    this.node.append(make('span', '', 'back to update'), ...this.slider.nodes);
  }

  update(progress: Progress): void {
    this.progress = progress;
    const { update, isAmid, canGoBack } = progress;
    const input = this.slider.nodes[0] as HTMLInputElement;
    input.disabled = !canGoBack || (update === 0 && !isAmid);
    if (document.activeElement !== input || !canGoBack) this.show(update + Number(isAmid));
  }

  private show(at: number): void {
    const { update, isAmid } = this.progress;
    const words = at > update ? `in update ${at}` : `update ${at}`;
    this.slider.show(at, [0, Math.max(1, update + Number(isAmid))], words);
  }
}
