import { createInterface } from 'node:readline';

/**
 * Asks whoever is at the terminal. Ctrl-C, and the end of stdin (Ctrl-D), is an answer of nothing.
 * @returns also the exit code of a command that does nothing then
 */
export async function ask(question: string): Promise<{ readonly answer: string; readonly exitCode: number }> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  let exitCode = 0;
  const answer = await new Promise<string | undefined>((resolve) => {
    lines.on('close', () => resolve(undefined));
    lines.on('SIGINT', () => {
      exitCode = 130;
      lines.close();
    });
    lines.question(question, resolve);
  });
  lines.close();
  // The question's line is still open.
  if (answer === undefined) process.stdout.write('\n');
  return { answer: answer ?? '', exitCode };
}
