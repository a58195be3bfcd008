import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** The system's browser: `CHROMIUM`, or where systems put it. */
export const chromiumPath = (): string | undefined => [process.env.CHROMIUM, ...PLACES].find((path) => path && existsSync(path));

/** Starts the system's browser, which can reach files and the machine itself only. */
export function openChromium(): Promise<Browser> {
  const executablePath = chromiumPath();
  if (!executablePath) throw new Error('There is no Chromium here; name one by the environment variable CHROMIUM.');
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost'] });
}
