// Preloaded into the processes that are measured: says at the end how much memory the process held at most.
import { writeSync } from 'node:fs';

process.on('exit', () => writeSync(2, `peak memory ${process.resourceUsage().maxRSS / 1024} MB\n`));
