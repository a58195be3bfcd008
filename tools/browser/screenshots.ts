// Pictures of a report page for the documentation: npm run screenshots -- runs/demo/report.html
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { openChromium } from './open-chromium.ts';

const [report] = process.argv.slice(2);
if (!report) {
  console.error('usage: npm run screenshots -- REPORT.html');
  process.exit(2);
}
const pictures = fileURLToPath(new URL('../../docs/pictures', import.meta.url));
mkdirSync(pictures, { recursive: true });
const browser = await openChromium();
for (const colorScheme of ['light', 'dark'] as const) {
  const page = await browser.newPage({ viewport: { width: 1100, height: 1400 }, colorScheme });
  await page.goto(pathToFileURL(resolve(report)).href);
  const bytes = await page.screenshot();
  await sharp(bytes).png({ palette: true, quality: 80 }).toFile(`${pictures}/report-${colorScheme}.png`);
  await page.close();
}
await browser.close();
