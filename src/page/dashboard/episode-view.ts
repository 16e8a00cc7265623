import type { ToldEpisode } from '../../rollout/told-episode.ts';
import { EpisodePlayer, type Wanted } from '../episode-player.ts';
import { ask } from './connection.ts';

/** An episode that the policy of a run plays, asked of the server. */
export class EpisodeView {
  private readonly wanted: Wanted = { seed: 0, isSampled: false };
  private readonly player = new EpisodePlayer(this.wanted, () => void this.ask());
  readonly node = this.player.node;
  private of = { run: '', update: 0 };
  private asked = '';

  show(run: string, update: number): void {
    if (run !== this.of.run) this.wanted.seed = 0;
    this.of = { run, update };
    void this.ask();
  }

  draw(): void {
    this.player.draw();
  }

  private async ask(): Promise<void> {
    const { run, update } = this.of;
    const { seed, isSampled } = this.wanted;
    const mode = isSampled ? 'sampled' : 'greedy';
    const query = new URLSearchParams({ run, update: String(update), seed: String(seed), mode });
    if (this.asked === String(query)) return;
    this.asked = String(query);
    this.player.stop();
    try {
      const episode = await ask<ToldEpisode>('/episode', query);
      if (this.asked === String(query)) this.player.show(episode);
    } catch (error) {
      if (this.asked !== String(query)) return;
      // Asked again when next shown.
      this.asked = '';
      this.player.refuse((error as Error).message);
    }
  }
}
