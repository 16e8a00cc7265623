import './without-eval.ts';
import { type Assignment, serve } from '../../parallel/thread.ts';
import { criticOperations } from '../../train/critic.ts';
import { type CriticGiven, openCritic } from '../../train/critic-thread.ts';
import { loadTabEngine } from './kernels.ts';

/*
 * The value network's thread in a tab. The one that trains waits without looking at its events, by which this one is
 * started: it says when it runs, before it is given anything.
 */
addEventListener('message', ({ data }: MessageEvent<Assignment<CriticGiven>>) => {
  void serve(
    data,
    criticOperations,
    (given) => openCritic(given, loadTabEngine),
    (text) => console.error(text),
  );
});
postMessage('ready');
