import '../node/v8-flags.ts';
import { writeSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { loadEngine } from '../network/engine.ts';
import { Adam } from '../optimizer/adam.ts';
import { evaluateNextValues, evaluateRows } from '../rollout/collect.ts';
import type { Learner } from './agent.ts';
import { CommandQueue } from './command-queue.ts';
import { createValueGradient } from './value-gradient.ts';
import { createHead } from '../policy/heads.ts';
import { createMeasure } from './region.ts';
import { createValueFit } from './value-fit.ts';
import { FAILURES, MEASURES, Operation, type ValueWorkerData } from './value-thread.ts';

type Given = Omit<ValueWorkerData, 'queue'>;

/*
 * The other end of `createValueThread`: a value network of its own, and a loop that does what it is told.
 */

parentPort?.once('message', async ({ queue: memory, ...given }: ValueWorkerData) => {
  const queue = new CommandQueue(memory);
  try {
    await serve(queue, given);
  } catch (error) {
    // The first thread waits without looking at its events: this is how the error gets out.
    writeSync(2, `${error instanceof Error ? error.stack : error}\n`);
    queue.close();
  }
});

/** Does commands until the one that ends it. */
async function serve(
  queue: CommandQueue,
  { engine, shape, capacity, optimizer, settings, minibatchSize, ...rest }: Given,
): Promise<void> {
  const { create, createTile } = await loadEngine(engine, { fastMath: rest.fastMath });
  const network = create(shape, capacity);
  const value: Learner = {
    network,
    parameters: network.allocate(),
    gradient: network.allocate(),
    optimizer: new Adam(network, optimizer),
  };
  const data = { ...rest.data };
  const gradient = createValueGradient(value, data, settings, minibatchSize);
  const fitValues = createValueFit(value, data, rest.shared.orders, settings, minibatchSize);
  const { policy } = rest;
  const policyNetwork = create(policy.shape, policy.capacity);
  const measure = createMeasure(
    createHead(policy.head.kind, policy.head.size, createTile),
    { network: policyNetwork, parameters: policy.parameters },
    policy.data,
  );
  const command = new Float64Array(4);
  for (queue.receive(command); command[0] !== Operation.end; queue.receive(command)) {
    const [operation, a, b] = command;
    if (operation === Operation.evaluateRows) evaluateRows(value, data, a, b);
    else if (operation === Operation.evaluateNextValues) {
      data.cuts = a;
      evaluateNextValues(value, data);
    } else if (operation === Operation.gradient) {
      const { loss, sumOfSquares } = gradient(a, b);
      rest.shared.results[0] = loss;
      rest.shared.results[1] = sumOfSquares;
    } else if (operation === Operation.step) value.optimizer.step(value.parameters, value.gradient, a, b);
    else if (operation === Operation.measure) {
      const kl = measure();
      MEASURES.forEach((name, i) => {
        policy.figures[i] = kl[name];
      });
    } else if (operation === Operation.fit) {
      const { loss, failed } = fitValues(a, b);
      const { results } = rest.shared;
      results[0] = loss;
      results[1] = FAILURES.indexOf(failed?.quantity ?? null);
      results[2] = failed?.value ?? 0;
    } else if (operation === Operation.take) take(value, rest.shared, a);
    else give(value, rest.shared);
    queue.finish();
  }
  network.dispose();
  policyNetwork.dispose();
  queue.finish();
}

function take({ parameters, optimizer }: Learner, shared: ValueWorkerData['shared'], steps: number): void {
  parameters.set(shared.parameters);
  optimizer.firstMoment.set(shared.firstMoment);
  optimizer.secondMoment.set(shared.secondMoment);
  optimizer.continueFrom(steps);
}

function give({ parameters, optimizer }: Learner, shared: ValueWorkerData['shared']): void {
  shared.parameters.set(parameters);
  shared.firstMoment.set(optimizer.firstMoment);
  shared.secondMoment.set(optimizer.secondMoment);
}
