import { type CommandGroup, defineCommand } from '../command.ts';
import { requiredQueueFlags } from '../shared-flags.ts';

const statusCommand = defineCommand({
  summary: 'what is at a queue: runs, studies, workers',
  flags: {
    ...requiredQueueFlags,
    json: { type: 'switch', describe: 'print one JSON object, nothing else' },
  },
  examples: ['$0 queue status --queue redis://HOST'],
  async run(given) {
    const { showStatus } = await import('../queue-here.ts');
    return await showStatus(given);
  },
});

const pauseCommand = defineCommand({
  summary: 'let no worker begin a run; those that are being made go on',
  flags: { ...requiredQueueFlags, off: { type: 'switch', describe: 'let them begin runs again' } },
  async run(given) {
    const { setPaused, tellOf } = await import('../queue-here.ts');
    return await tellOf(given, (connection) => setPaused(connection, !given.off));
  },
});

const cancelCommand = defineCommand({
  summary: 'take a study out of the queue; runs that another study waits for are made',
  arguments: { STUDY: { type: 'one', describe: 'its name, or its token, as queue status shows them' } },
  flags: requiredQueueFlags,
  async run(given) {
    const { cancelStudy, tellOf } = await import('../queue-here.ts');
    return await tellOf(given, (connection) => cancelStudy(connection, given.STUDY));
  },
});

const drainCommand = defineCommand({
  summary: 'take every run out of the queue that no worker has begun',
  flags: requiredQueueFlags,
  async run(given) {
    const { drain, tellOf } = await import('../queue-here.ts');
    return await tellOf(given, drain);
  },
});

export const queueCommands: CommandGroup = {
  summary: 'what is at a queue; pause it, drain it, cancel a study',
  commands: { status: statusCommand, pause: pauseCommand, cancel: cancelCommand, drain: drainCommand },
  usual: 'status',
};
