import '../node/v8-flags.ts';
import { setImmediate } from 'node:timers/promises';
import { UserError } from '../user-error.ts';
import { runCommandLine } from './command-line.ts';
import { describeFailure, systemReason } from './failure.ts';
import { errorFromOutside, exitedEarly, isExitOfOthers } from '../node/outside-error.ts';
import { closeLostTerminalAtExit, onBrokenStream, type StreamName } from './streams.ts';

/** The streams that could not be written, and the system's codes for why. */
const lost = new Map<StreamName, string>();
onBrokenStream((stream, code) => lost.set(stream, code));
closeLostTerminalAtExit();

const tell = (error: unknown): void => {
  const failure = describeFailure(error);
  process.stderr.write(`${failure.text}\n`);
  process.exitCode = failure.exitCode;
};

let isOver = false;
/** What nobody caught: a run that is made here hears of it, too, and ends by it. */
process.on('uncaughtException', (error) => {
  if (process.listenerCount('uncaughtException') > 1) return;
  isOver = true;
  tell(errorFromOutside(error) ?? error);
  process.exit();
});
process.on('exit', (code) => {
  if (!isOver && isExitOfOthers(code)) tell(exitedEarly());
});

try {
  const { exitCode, isPrintedResult } = await runCommandLine(process.argv.slice(2));
  process.exitCode = exitCode;
  // Failures of writing are told a turn later.
  await setImmediate();
  const code = lost.get('stdout');
  // `leash … | head` closes the pipe when it has seen enough: no failure.
  if (code !== undefined && code !== 'EPIPE' && isPrintedResult && exitCode === 0) {
    throw new UserError(`stdout cannot be written (${systemReason(code)})`, 1);
  }
} catch (error) {
  tell(error);
}
isOver = true;
