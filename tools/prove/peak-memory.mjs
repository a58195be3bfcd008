// Loaded into a program by NODE_OPTIONS: writes the largest resident size of the process, in megabytes, to the file PEAK_MEMORY names.
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';

const path = process.env.PEAK_MEMORY;
if (isMainThread && path) process.on('exit', () => writeFileSync(path, String(Math.round(process.resourceUsage().maxRSS / 1024))));
