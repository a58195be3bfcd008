/** The style sheet of a report: light and dark by the reader's setting, from phone to desktop. */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --ink: #1c2430; --quiet: #5a6675; --line: #dfe3e9; --accent: #2459c4;
  --good: #16803c; --bad: #c62f2f;
  --series-1: #2459c4; --series-2: #c2570c; --series-3: #0f7f78; --series-4: #8a3ab9; --series-5: #6b7280;
  --series-6: #b8860b; --series-7: #c2255c; --series-8: #4d7c0f; --series-9: #0284a8; --series-10: #7c4a2d;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #11151b; --card: #1a2028; --ink: #e7ebf1; --quiet: #9aa6b5; --line: #2e3743; --accent: #7ea6ff;
    --good: #3fbf6d; --bad: #ff6b64;
    --series-1: #7ea6ff; --series-2: #f7a35c; --series-3: #4fd1c5; --series-4: #d19bf0; --series-5: #9ca3af;
    --series-6: #f2c94c; --series-7: #ff8fb3; --series-8: #a3d65c; --series-9: #5cc8ea; --series-10: #c99a78;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 24px 20px 64px; }
header { padding: 12px 0 4px; }
h1 { font-size: clamp(1.45rem, 1.1rem + 1.6vw, 2.1rem); line-height: 1.2; margin: 0 0 4px; letter-spacing: -0.015em; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 0 0 12px; letter-spacing: -0.01em; }
h3 { font-size: 1rem; margin: 0 0 4px; }
p { margin: 0 0 12px; max-width: 75ch; overflow-wrap: anywhere; }
section > :last-child, .group > :last-child { margin-bottom: 0; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 20px; margin-top: 20px; }
small, .note, .byline, .empty { color: var(--quiet); font-size: 0.875rem; }
.empty { font-style: italic; }
nav { display: flex; flex-wrap: wrap; gap: 4px 16px; font-size: 0.9rem; }
a { color: var(--accent); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); gap: 12px; margin-bottom: 16px; }
.tile { border: 1px solid var(--line); border-radius: 10px; padding: 12px 14px; }
.tile strong { display: block; font-size: 1.6rem; line-height: 1.2; font-variant-numeric: tabular-nums; white-space: nowrap; }
.tile span { color: var(--quiet); font-size: 0.875rem; }
/* A shade at the right edge while there is more to scroll to. */
.scroll { overflow-x: auto; margin-bottom: 12px; background: linear-gradient(to left, var(--card) 24px, transparent) right / 48px 100% no-repeat local, linear-gradient(to left, var(--line), transparent) right / 20px 100% no-repeat scroll; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 8px 12px; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
thead th { color: var(--quiet); font-weight: 500; font-size: 0.875rem; }
th:first-child { text-align: left; padding-left: 0; position: sticky; left: 0; background: var(--card); }
tbody th { font-weight: 600; white-space: normal; min-width: 9em; overflow-wrap: anywhere; }
th .method { display: flex; align-items: baseline; }
th .swatch { flex: none; align-self: center; }
tbody th small { display: block; font-weight: 400; }
.swatch { display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin-right: 8px; vertical-align: -1px; }
.series-1 { background: var(--series-1); } .series-2 { background: var(--series-2); } .series-3 { background: var(--series-3); }
.series-4 { background: var(--series-4); } .series-5 { background: var(--series-5); } .series-6 { background: var(--series-6); }
.series-7 { background: var(--series-7); } .series-8 { background: var(--series-8); } .series-9 { background: var(--series-9); } .series-10 { background: var(--series-10); }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 310px), 1fr)); gap: 24px; }
.chart { margin: 0; min-width: 0; max-width: 480px; }
.chart figcaption { font-weight: 600; margin-bottom: 4px; overflow-wrap: anywhere; }
.chart svg { display: block; width: 100%; height: auto; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 16px; list-style: none; margin: 6px 0 0; padding: 0; font-size: 0.875rem; }
.legend + .note, .chart + .note { margin-top: 6px; }
.group + .group { margin-top: 28px; padding-top: 20px; border-top: 1px solid var(--line); }
.ranked { display: flex; gap: 16px; padding: 12px 0; border-top: 1px dashed var(--line); }
.ranked ol { display: grid; grid-template-columns: repeat(10, minmax(0, 1fr)); gap: 8px; flex: 1; list-style: none; margin: 0; padding: 0; }
.person { display: flex; flex-direction: column; font-size: 0.75rem; line-height: 1.35; color: var(--quiet); min-width: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.person.query { flex: 0 0 84px; }
.frame { display: block; border: 3px solid var(--line); border-radius: 6px; overflow: hidden; background: var(--page); box-sizing: content-box; aspect-ratio: 1 / 2; margin-bottom: 4px; }
.frame img { display: block; width: 100%; height: 100%; object-fit: contain; }
.missing { display: grid; place-items: center; height: 100%; text-align: center; padding: 4px; }
.match .frame { border-color: var(--good); } .match .mark { color: var(--good); }
.other .frame { border-color: var(--bad); } .other .mark { color: var(--bad); }
.mark { font-weight: 600; color: var(--ink); }
.facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 4px 16px; margin: 0 0 16px; }
dt { color: var(--quiet); overflow-wrap: anywhere; } dd { margin: 0; overflow-wrap: anywhere; }
details dl { margin: 8px 0 0; } details dt { color: var(--ink); font-weight: 600; } details dd { margin-bottom: 8px; max-width: 75ch; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 260px), 1fr)); gap: 8px 32px; }
.notes { margin: 0; padding-left: 1.2em; font-size: 0.9rem; overflow-wrap: anywhere; }
summary { cursor: pointer; color: var(--accent); }
pre { overflow-x: auto; background: var(--page); border: 1px solid var(--line); border-radius: 8px; padding: 12px; font-size: 0.8rem; line-height: 1.45; max-height: 70vh; }
@media (max-width: 760px) {
  main { padding: 12px 12px 48px; }
  section { padding: 16px; }
  .ranked { gap: 12px; }
  .ranked ol { grid-template-columns: repeat(5, minmax(0, 1fr)); gap: 8px 6px; }
  .person { font-size: 0.69rem; }
  .person.query { flex-basis: 68px; }
  th, td { padding: 8px; }
  table { font-size: 0.9rem; }
  tbody th { min-width: 9.5em; }
}
@media print { section { break-inside: avoid; border: 0; padding: 0; } nav { display: none; } }
`;
