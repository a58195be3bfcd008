import { cleanCaption } from '@reidkit/encoders';
import type { GoldenAdapter } from '../adapter.ts';
import { checkSame } from '../token-rows.ts';

export const adapter: GoldenAdapter = {
  family: 'captions',
  run({ json, report }) {
    for (const { text, ...wanted } of json.rows as Record<string, string>[]) {
      for (const [name, want] of Object.entries(wanted)) {
        if (typeof want !== 'string') continue; // the reference raised
        const words = Number(/_(\d+)$/.exec(name)![1]);
        checkSame(report, `${JSON.stringify(text!.slice(0, 40))} ${name}`, cleanCaption(text!, { words }), want);
      }
    }
  },
};
