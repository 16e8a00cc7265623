import { describe, expect, it } from 'vitest';
import { CommandQueue } from '../../src/parallel/command-queue.ts';

describe('a command queue', () => {
  it('hands over commands in order, from the object that sends to the one that receives', () => {
    const sender = new CommandQueue();
    const receiver = new CommandQueue(sender.memory);
    const command = new Float64Array(4);
    const seen: number[][] = [];
    for (let i = 0; i < 1000; i += 10) {
      for (let j = 0; j < 10; j++) sender.send(i + j, 0.5, -j, 1e300);
      for (let j = 0; j < 10; j++) {
        receiver.receive(command);
        seen.push([...command]);
        receiver.finish();
      }
      sender.drain();
    }
    expect(seen).toEqual(Array.from({ length: 1000 }, (_, i) => [i, 0.5, -(i % 10), 1e300]));
  });

  it('waits for one command without those sent after it', () => {
    const sender = new CommandQueue();
    const receiver = new CommandQueue(sender.memory);
    const first = sender.send(1);
    sender.send(2);
    receiver.receive(new Float64Array(4));
    receiver.finish();
    sender.waitFor(first); // would never return if it waited for the second
    expect(first).toBe(1);
  });

  it('makes waiting for a receiver that has failed an error', () => {
    const sender = new CommandQueue();
    sender.send(1);
    new CommandQueue(sender.memory).close();
    expect(() => sender.drain()).toThrow('the other thread has failed');
  });
});
