/** The report's style sheet. Light and dark follow the reader's system; print is always light. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #fbfbfa; --card: #ffffff; --paper: #fcfcfb; --text: #1c2026; --muted: #606975; --line: #e4e5e8; --soft: #f2f3f4;
  --accent: #0f766e; --fixed: #2662d9; --moving: #f27928;
  --ink-0: #0f766e; --ink-1: #7c3aed; --ink-2: #b45309; --ink-3: #be185d; --ink-4: #475569; --ink-5: #4d7c0f;
  --before: #78818d; --networkReal: #b45309; --network: #0f766e; --tta: #7c3aed; --refined: #2662d9;
  --optimise: #be185d; --outside: #c8102e;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --page: #14171b; --card: #1a1e23; --paper: #030304; --text: #e7e9ec; --muted: #9aa3ae; --line: #2d333b; --soft: #20252b;
    --accent: #2dd4bf;
    --ink-0: #2dd4bf; --ink-1: #a78bfa; --ink-2: #fbbf24; --ink-3: #f472b6; --ink-4: #94a3b8; --ink-5: #a3e635;
    --before: #98a2ae; --networkReal: #fbbf24; --network: #2dd4bf; --tta: #a78bfa; --refined: #7aa2f7;
    --optimise: #f472b6; --outside: #ff7a8a;
  }
  /* Lightness turns round and hues stay: ink on white paper becomes light on black. */
  .overlay, .swatch { filter: invert(1) hue-rotate(180deg); }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 16px/1.6 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', Arial, sans-serif;
  font-variant-numeric: tabular-nums;
}
main, header, footer { max-width: 1120px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 48px; }
h1 { font-size: 1rem; font-weight: 600; margin: 0; color: var(--muted); letter-spacing: .01em; }
h2 { font-size: 1.35rem; line-height: 1.3; letter-spacing: -.01em; margin: 0 0 4px; }
h3 { font-size: 1rem; margin: 28px 0 8px; }
p { margin: 0 0 12px; max-width: 46em; }
.headline { font-size: clamp(1.4rem, 3.4vw, 2.05rem); line-height: 1.28; letter-spacing: -.018em; font-weight: 650; margin: 10px 0 18px; max-width: 27em; text-wrap: balance; }
.headline b { color: var(--accent); white-space: nowrap; }
.lead { color: var(--muted); }
.note { color: var(--muted); font-size: .9rem; }
nav { display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 20px 0 0; padding: 12px 0; border-top: 1px solid var(--line); border-bottom: 1px solid var(--line); font-size: .9rem; }
a { color: var(--muted); text-decoration: none; }
a:hover, a:focus-visible { color: var(--text); text-decoration: underline; text-underline-offset: 3px; }
section { padding-top: 52px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 20px 0 0; padding: 0; list-style: none; }
.tiles li { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 14px 16px; }
.tiles .name { display: block; font-size: .85rem; line-height: 1.35; color: var(--muted); }
.tiles .number { display: block; font-size: 1.6rem; line-height: 1.3; font-weight: 650; letter-spacing: -.02em; }
.tiles .unit { font-size: .95rem; font-weight: 500; color: var(--muted); letter-spacing: 0; }
.tiles .aside { display: block; font-size: .85rem; line-height: 1.4; color: var(--muted); }
.tiles .best { border-color: var(--accent); }
.tiles .best .number { color: var(--accent); }
.tiles .outside { border-color: var(--outside); }
.tiles .outside .number, td.outside, .headline b.outside { color: var(--outside); }
.key { display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: .9rem; color: var(--muted); margin: 0 0 14px; padding: 0; list-style: none; }
.swatch { display: inline-block; width: .8em; height: .8em; border-radius: 3px; margin-right: 7px; vertical-align: -.05em; }
.figures { display: grid; gap: 20px 16px; grid-template-columns: repeat(auto-fill, minmax(180px, 1fr)); }
.figures.pairs { grid-template-columns: repeat(auto-fill, minmax(min(100%, 330px), 1fr)); gap: 28px 24px; }
figure { margin: 0; min-width: 0; }
figcaption { font-size: .85rem; line-height: 1.4; color: var(--muted); margin-top: 6px; overflow-wrap: anywhere; }
figcaption b { color: var(--text); font-weight: 600; }
.overlay { display: block; width: 100%; height: auto; background: #fcfcfb; border-radius: 8px; outline: 1px solid #e4e5e8; outline-offset: -1px; }
.both { display: grid; grid-template-columns: 1fr 1fr; gap: 8px; }
.both span { display: block; font-size: .8rem; color: var(--muted); margin-top: 4px; }
.charts { display: grid; gap: 20px 28px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 380px), 1fr)); }
.charts > figure { max-width: 600px; }
.charts figcaption { color: var(--text); font-weight: 600; font-size: .95rem; margin: 0 0 6px; }
.chart { display: block; width: 100%; height: auto; font: 13px system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', Arial, sans-serif; }
.chart .grid { stroke: var(--line); fill: none; }
.chart .axis { stroke: var(--muted); opacity: .6; fill: none; }
.chart .tick { fill: var(--muted); }
.chart .legend { fill: var(--text); }
.chart .value { fill: currentColor; font-weight: 600; }
.chart .above { fill: currentColor; font-size: 11px; paint-order: stroke; stroke: var(--page); stroke-width: 4px; }
.chart .dot { fill: currentColor; stroke: var(--page); stroke-width: 1.5; }
.chart .curve { stroke: currentColor; stroke-width: 2; fill: none; stroke-linejoin: round; stroke-linecap: round; }
.chart .raw { stroke: currentColor; stroke-width: 1; fill: none; opacity: .25; stroke-linejoin: round; }
.chart .points { fill: currentColor; opacity: .32; }
.chart .box { fill: currentColor; fill-opacity: .12; stroke: currentColor; stroke-width: 1.5; }
.chart .whisker { stroke: currentColor; stroke-width: 1.5; fill: none; }
.chart .median { stroke: currentColor; stroke-width: 2.5; fill: none; }
.chart .mean { fill: var(--page); stroke: currentColor; stroke-width: 1.5; }
.chart .range { fill: var(--accent); opacity: .1; }
.chart .row { fill: currentColor; font-weight: 600; font-size: 11.5px; }
.chart .reference { stroke: var(--muted); stroke-dasharray: 5 4; fill: none; }
.ink-0 { color: var(--ink-0); } .ink-1 { color: var(--ink-1); } .ink-2 { color: var(--ink-2); }
.ink-3 { color: var(--ink-3); } .ink-4 { color: var(--ink-4); } .ink-5 { color: var(--ink-5); }
.ink-before { color: var(--before); } .ink-networkReal { color: var(--networkReal); }
.ink-network { color: var(--network); } .ink-tta { color: var(--tta); } .ink-refined { color: var(--refined); }
.ink-optimise { color: var(--optimise); }
.tables { display: grid; gap: 24px 40px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); align-items: start; }
.scroll { overflow-x: auto; }
h2 + .scroll { margin-top: 14px; }
table { border-collapse: collapse; width: 100%; font-size: .93rem; }
caption { text-align: left; font-weight: 600; padding: 0 0 8px; }
th, td { padding: 7px 12px; border-bottom: 1px solid var(--line); text-align: right; vertical-align: baseline; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
thead th { white-space: normal; vertical-align: bottom; line-height: 1.35; font-weight: 500; font-size: .85rem; color: var(--muted); border-bottom-color: var(--muted); }
tbody th { font-weight: 400; }
tbody tr:hover { background: var(--soft); }
tfoot th { white-space: normal; line-height: 1.35; font-weight: 600; }
tfoot th, tfoot td { border-bottom: 0; border-top: 1px solid var(--muted); }
td b { font-weight: 700; }
td.text, th.text { text-align: left; }
td.muted, .muted { color: var(--muted); }
.tables + .tables, .scroll + .tables { margin-top: 32px; }
td.share { width: 40%; min-width: 90px; }
.bar { display: block; height: .62em; min-width: 2px; border-radius: 3px; background: var(--accent); opacity: .75; }
pre { margin: 0; padding: 14px 16px; background: var(--soft); border: 1px solid var(--line); border-radius: 10px; overflow-x: auto; font: .85rem/1.55 ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace; }
pre.command { white-space: pre-wrap; overflow-wrap: anywhere; }
details { margin-top: 20px; }
summary { cursor: pointer; font-weight: 600; margin-bottom: 10px; }
footer { color: var(--muted); font-size: .85rem; padding-top: 56px; padding-bottom: 56px; }
@media (max-width: 560px) {
  main, header, footer { padding-left: 16px; padding-right: 16px; }
  header { padding-top: 28px; }
  section { padding-top: 40px; }
  .tiles, .figures { grid-template-columns: 1fr 1fr; }
  table { font-size: .85rem; }
  thead th { font-size: .78rem; }
  th, td { padding-left: 5px; padding-right: 5px; }
  .charts, .tables { column-gap: 0; }
  td.share, th.share { display: none; }
}
@media print {
  :root { color-scheme: light; }
  body { background: none; font-size: 10.5pt; }
  main, header, footer { max-width: none; padding: 0; }
  nav { display: none; }
  section { padding-top: 24pt; }
  figure, tr, .tiles li { break-inside: avoid; }
  h2, h3, caption { break-after: avoid; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
