import { describe, expect, it } from 'vitest';
import { guess, type Mapping, numbersOf, readLog } from '../../src/page/dashboard/numbers.ts';
import { encodeRow } from '../../src/row/encode.ts';
import { ordinaryRow } from '../plot/runs-on-disk.ts';

/** A log as it is taken without a word. */
function taken(name: string, text: string, over: Mapping = {}, delta?: number) {
  const log = readLog(name, text);
  const mapping = { ...guess(log), ...over };
  return { mapping, ...numbersOf(name, log, mapping, delta) };
}

describe('the numbers of others', () => {
  it('are known by what Stable-Baselines3 calls them, in a CSV with cells that are not there yet', () => {
    const text = `time/total_timesteps,rollout/ep_rew_mean,train/approx_kl,train/clip_fraction,train/entropy_loss,train/explained_variance,train/learning_rate,train/n_updates
2048,21.5,,,,,,
4096,25,0.009,0.1,-0.68,0.1,0.0003,10
6144,30,0.02,0.15,-0.66,0.2,0.0003,20
`;
    const { mapping, updates, columns } = taken('progress.csv', text, {}, 0.01);
    expect(mapping).toEqual({
      steps: 'time/total_timesteps',
      returnMean: 'rollout/ep_rew_mean',
      k3: 'train/approx_kl',
      clipFraction: 'train/clip_fraction',
      entropy: '-train/entropy_loss',
      learningRate: 'train/learning_rate',
      explainedVariance: 'train/explained_variance',
    });
    expect(updates).toEqual([1, 2, 3]);
    expect(columns.get('steps')).toEqual([2048, 4096, 6144]);
    expect(columns.get('k3')).toEqual([null, 0.009, 0.02]);
    expect(columns.get('entropy')).toEqual([null, 0.68, 0.66]);
    expect(columns.get('delta')).toEqual([0.01, 0.01, 0.01]);
    // k3 is no exact KL: nothing is said to be outside.
    expect(columns.has('deltaViolated')).toBe(false);
  });

  it('have seconds of training, which do not go back', () => {
    const text = 'train/approx_kl,time/time_elapsed\n0.01,3\n0.02,\n0.02,7\n';
    expect(taken('progress.csv', text).seconds).toEqual([3, null, 7]);
    expect(() => taken('progress.csv', `${text}0.01,5\n`)).toThrow(
      'progress.csv, update 4: 5 seconds of training, after 7 before',
    );
  });

  it('are known by what CleanRL, RLlib, TRL and Spinning Up call them', () => {
    const line = (row: object): string => `${JSON.stringify(row)}\n`;
    expect(
      guess(
        readLog(
          'a',
          line({
            global_step: 1,
            losses: { approx_kl: 1, old_approx_kl: 2, clipfrac: 3 },
            'charts/episodic_return': 4,
          }),
        ),
      ),
    ).toEqual({
      steps: 'global_step',
      k3: 'losses.approx_kl',
      k1: 'losses.old_approx_kl',
      clipFraction: 'losses.clipfrac',
      returnMean: 'charts/episodic_return',
    });
    expect(
      guess(
        readLog(
          'b',
          line({
            training_iteration: 1,
            info: { learner: { kl: 1, cur_kl_coeff: 2, entropy: 3 } },
            episode_reward_mean: 4,
          }),
        ),
      ),
    ).toEqual({
      update: 'training_iteration',
      klOldNewMean: 'info.learner.kl',
      beta: 'info.learner.cur_kl_coeff',
      entropy: 'info.learner.entropy',
      returnMean: 'episode_reward_mean',
    });
    const { mapping, columns } = taken(
      'progress.txt',
      'Epoch\tAverageEpRet\tKL\tClipFrac\tTotalEnvInteracts\n0\t20\t0.001\t0\t4000\n1\t30\t0.012\t0.1\t8000\n',
    );
    expect(mapping).toEqual({
      update: 'Epoch',
      returnMean: 'AverageEpRet',
      k1: 'KL',
      clipFraction: 'ClipFrac',
      steps: 'TotalEnvInteracts',
    });
    expect(columns.get('k1')).toEqual([0.001, 0.012]);
  });

  it('never take the KL to a reference for that of an update', () => {
    const guessed = (row: object) => guess(readLog('log', JSON.stringify(row)));
    // As TRL’s trainers write their log_history.
    expect(
      guessed({
        episode: 512,
        epoch: 0.0021932830705962986,
        lr: 3e-6,
        'objective/entropy': 45.4,
        'objective/kl': 0.39,
        'val/clipfrac_avg': 0.2,
        'policy/approxkl_avg': 0.117,
        'policy/clipfrac_avg': 0.34,
        'policy/entropy_avg': 0.89,
        step: 0,
      }),
    ).toEqual({
      update: 'step',
      k2: 'policy/approxkl_avg',
      clipFraction: 'policy/clipfrac_avg',
      entropy: 'policy/entropy_avg',
      learningRate: 'lr',
    });
    // OpenRLHF’s and verl’s, whose ppo_kl is the mean of −ℓ.
    expect(guessed({ kl: 0.3, ppo_kl: 0.01, clip_ratio: 0.1, actor_lr: 1e-6 })).toEqual({
      k1: 'ppo_kl',
      clipFraction: 'clip_ratio',
      learningRate: 'actor_lr',
    });
    expect(guessed({ 'actor/ppo_kl': 0.01, 'actor/kl_loss': 0.4, 'actor/pg_clipfrac': 0.1 })).toEqual({
      k1: 'actor/ppo_kl',
      clipFraction: 'actor/pg_clipfrac',
    });
    expect(guessed({ kl: 0.3 })).toEqual({});
  });

  it('know in which direction others take the exact KL', () => {
    const guessed = (row: object) => guess(readLog('log', JSON.stringify(row)));
    // sb3-contrib’s TRPO and rl_games: of the new policy from the old one.
    expect(guessed({ 'train/kl_divergence_loss': 0.008 })).toEqual({
      klNewOldMean: 'train/kl_divergence_loss',
    });
    expect(guessed({ 'info/kl': 0.008, 'info/last_lr': 3e-4 })).toEqual({
      klNewOldMean: 'info/kl',
      learningRate: 'info/last_lr',
    });
    expect(guessed({ info: { learner: { default_policy: { learner_stats: { kl: 0.01 } } } } })).toEqual({
      klOldNewMean: 'info.learner.default_policy.learner_stats.kl',
    });
  });

  it('are exact, and estimated, where the log has samples', () => {
    const [p, q] = [
      [0.5, 0.3, 0.2],
      [0.4, 0.4, 0.2],
    ];
    const row = (update: number, action: number) =>
      JSON.stringify({
        update,
        logp_old: Math.log(p[action]),
        logp_new: Math.log(q[action]),
        p_old: p,
        p_new: q,
      });
    const { updates, columns } = taken(
      'samples.jsonl',
      [row(1, 0), row(1, 1), row(2, 2)].join('\n'),
      {},
      0.02,
    );
    expect(updates).toEqual([1, 2]);
    const exact = p.reduce((sum, each, a) => sum + each * Math.log(each / q[a]), 0);
    const reverse = q.reduce((sum, each, a) => sum + each * Math.log(each / p[a]), 0);
    const l = [0, 1].map((a) => Math.log(q[a] / p[a]));
    const mean = (of: (l: number) => number): number => (of(l[0]) + of(l[1])) / 2;
    const expected: Record<string, [number, number]> = {
      klOldNewMean: [exact, exact],
      klNewOldMean: [reverse, reverse],
      k1: [mean((x) => -x), 0],
      k2: [mean((x) => (x * x) / 2), 0],
      k3: [mean((x) => Math.exp(x) - 1 - x), 0],
    };
    for (const [name, values] of Object.entries(expected))
      values.forEach((value, at) => void expect(columns.get(name)?.[at], name).toBeCloseTo(value, 14));
    expect(columns.get('deltaViolated')).toEqual([true, true]);
  });

  it('in a CSV may be lists too', () => {
    const { columns } = taken('p.csv', 'p_old,p_new\n"[0.5, 0.5]","[0.25, 0.75]"\n');
    expect(columns.get('klOldNewMean')?.[0]).toBeCloseTo(0.5 * Math.log(2) + 0.5 * Math.log(2 / 3), 14);
  });

  it('of leash itself are what they were', () => {
    const rows = [1, 2, 3].map((update) =>
      ordinaryRow(update, { klOldNewMean: update / 100, deltaViolated: update === 3 }),
    );
    const { updates, columns } = taken('metrics.jsonl', rows.map(encodeRow).join('\n'));
    expect(updates).toEqual([1, 2, 3]);
    for (const name of [
      'steps',
      'klOldNewMean',
      'klNewOldMean',
      'k1',
      'k2',
      'k3',
      'entropy',
      'clipFraction',
      'delta',
      'explainedVariance',
      'learningRate',
      'returnMean',
      'deltaViolated',
    ] as const)
      expect(columns.get(name), name).toEqual(rows.map((row) => row[name]));
  });

  it('may be NaN and infinite, as Python writes them, bare or as words; an update without δ is not outside', () => {
    const text =
      '{"iteration": 1, "mean_kl": 0.5, "note": "NaN of old"}\n{"iteration": 2, "mean_kl": NaN, "target_kl": 0.1}\n';
    const { columns } = taken('a.jsonl', `${text}{"iteration": 3, "mean_kl": Infinity, "target_kl": 0.1}\n`);
    expect(columns.get('klOldNewMean')).toEqual([0.5, Number.NaN, Number.POSITIVE_INFINITY]);
    expect(columns.get('deltaViolated')).toEqual([false, false, true]);
    expect(taken('a.csv', 'mean_kl\n0.1\nnan\n-inf\n').columns.get('klOldNewMean')).toEqual([
      ...[0.1, Number.NaN, Number.NEGATIVE_INFINITY],
    ]);
    expect(taken('a.jsonl', '{"klOldNewMean":"NaN"}\n').columns.get('klOldNewMean')).toEqual([Number.NaN]);
  });

  it('are refused in one line that says where', () => {
    const refusals: [string, string, Mapping, string][] = [
      ['empty.csv', ' \n', {}, 'empty.csv is empty'],
      ['heads.csv', 'approx_kl,lr\n', {}, 'heads.csv has no row below its heads'],
      ['a.jsonl', '{"k1":1}\n{"k1":', {}, 'a.jsonl:2: it is no JSON'],
      ['q.csv', 'a,"b\n1,2\n', {}, 'q.csv:1: a quote does not close'],
      ['words.csv', 'k1,k2\nx,y\n', {}, 'words.csv: no row has a number in a column that is to be drawn'],
      ['none.csv', 'a,b\n1,2\n', {}, 'none.csv: no row has a number in a column that is to be drawn'],
      ['order.csv', 'update,k1\n2,1\n1,1\n', {}, 'order.csv: update 1 stands after update 2'],
      [
        'negative.jsonl',
        '{"p_old":[0.5,0.6],"p_new":[0.5,0.5]}',
        {},
        'negative.jsonl, update 1: p must sum to 1',
      ],
      [
        'exact.csv',
        'mean_kl\n0.1\n-0.2\n',
        {},
        'exact.csv, update 2: KL(π_old‖π_new), exact, must be ≥ 0, got -0.2',
      ],
      ['bound.csv', 'mean_kl,target_kl\n0.1,0\n', {}, 'bound.csv, update 1: δ must be > 0, got 0'],
      ['lone.csv', 'k1,a\n1,2\n', { logOld: 'a' }, 'lone.csv: log π_new(a|s) is to be chosen, too'],
      [
        'numbers.csv',
        'k1,a,b\n1,2,3\n',
        { pOld: 'a', pNew: 'b' },
        'numbers.csv: no row has a list both for π_old(·|s), a list a row and π_new(·|s)',
      ],
    ];
    for (const [name, text, mapping, line] of refusals)
      expect(() => taken(name, text, mapping), name).toThrow(line);
    expect(() => taken('typed.csv', 'k1\n1\n', {}, -1)).toThrow('typed.csv, update 1: δ must be > 0, got -1');
  });

  it('are of updates where `step` goes up by one, of steps of the environment where by more', () => {
    const line = (step: number): string => `${JSON.stringify({ step, 'actor/ppo_kl': 0.01 })}\n`;
    expect(guess(readLog('verl.jsonl', [1, 2, 3].map(line).join('')))).toEqual({
      update: 'step',
      k1: 'actor/ppo_kl',
    });
    expect(guess(readLog('other.jsonl', [100, 200, 300].map(line).join('')))).toEqual({
      steps: 'step',
      k1: 'actor/ppo_kl',
    });
  });

  it('of samples are guessed in pairs alone', () => {
    expect(guess(readLog('a.csv', 'k1,old_logprob\n1,2\n'))).toEqual({ k1: 'k1' });
  });
});
