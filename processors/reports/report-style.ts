/** The style of reports. Charts refer to the same custom properties (charts/chart-colours.ts). */
import { Html } from './html.ts'

export const REPORT_STYLE = new Html(`
:root {
  --ground: #ffffff; --raised: #f5f6f8; --ink: #1c2430; --muted: #5b6675; --rule: #d9dee5;
  --series-1: #1f6fb2; --series-2: #c2571a; --series-3: #2f8f5b; --series-4: #8a4fb0;
  --good: #1f7a45; --warn: #9a6200; --bad: #b3261e; --link: #1a5fa0;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #11161d; --raised: #1a212b; --ink: #e4e9f0; --muted: #9aa7b8; --rule: #303a47;
    --series-1: #6cb2f2; --series-2: #f0955c; --series-3: #6fcf97; --series-4: #c79bea;
    --good: #6fcf97; --warn: #e9b44c; --bad: #ff8a80; --link: #8ec2f5;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem 1.25rem 4rem; background: var(--ground); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .75rem; padding-top: .75rem; border-top: 1px solid var(--rule); }
h3 { font-size: 1.05rem; margin: 1.75rem 0 .5rem; }
p { margin: .5rem 0; max-width: 46rem; }
a { color: var(--link); }
.subtitle, figcaption, footer, .hint { color: var(--muted); }
.subtitle { overflow-wrap: anywhere; }
.summary { background: var(--raised); border: 1px solid var(--rule); border-radius: .5rem; padding: .75rem 1rem; margin: 1rem 0; }
.summary p { max-width: none; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; list-style: none; padding: 0; margin: .75rem 0; }
.outcome { font-weight: 600; white-space: nowrap; }
.passed { color: var(--good); } .warned { color: var(--warn); } .failed { color: var(--bad); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; margin: .5rem 0; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--muted); padding-bottom: .35rem; }
th, td { padding: .3rem .7rem; border-bottom: 1px solid var(--rule); text-align: right; vertical-align: top; }
th { font-weight: 600; }
th.text, td.text { text-align: left; }
td.text { overflow-wrap: anywhere; min-width: 6rem; }
td:not(.text) { white-space: nowrap; }
td.better { color: var(--good); } td.worse { color: var(--bad); }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); gap: 1rem 1.5rem; align-items: start; }
figure { margin: 0; min-width: 0; overflow-x: auto; }
figure svg { width: 100%; min-width: 27rem; height: auto; display: block; }
figcaption { font-size: .9rem; margin-bottom: .25rem; }
details { margin: .75rem 0; }
summary { cursor: pointer; }
code, pre { font: .85rem/1.45 ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
pre { background: var(--raised); border: 1px solid var(--rule); border-radius: .5rem; padding: .75rem; white-space: pre-wrap; }
footer { margin-top: 3rem; font-size: .9rem; }
@media print { body { max-width: none; } nav { display: none; } details > * { display: block; } }
`)
