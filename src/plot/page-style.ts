import { type Theme, themes } from './palette.ts';

function variables({ background, ink, muted, grid, series }: Theme): string {
  const hues = series.map((color, hue) => `--series-${hue}:${color}`).join(';');
  return `--background:${background};--ink:${ink};--muted:${muted};--grid:${grid};${hues}`;
}

/** Colours of what stands in a page as SVG: those of the theme that it has at the time. */
export const PAGE_COLORS = {
  background: 'var(--background)',
  ink: 'var(--ink)',
  muted: 'var(--muted)',
  series: themes.light.series.map((_, hue) => `var(--series-${hue})`),
} as const;

/** The style sheet of a page: light or dark as the system says, or as `data-theme` does. */
export const PAGE_STYLE = `
:root{${variables(themes.light)};color-scheme:light}
@media (prefers-color-scheme:dark){:root:not([data-theme=light]){${variables(themes.dark)};color-scheme:dark}}
:root[data-theme=dark]{${variables(themes.dark)};color-scheme:dark}
*{box-sizing:border-box}[hidden]{display:none!important}
body{margin:0 auto;max-width:1180px;padding:20px 24px 60px;background:var(--background);color:var(--ink);font:14px/1.5 "DejaVu Sans",Verdana,sans-serif}
header{display:flex;justify-content:space-between;align-items:baseline;gap:16px}
h1{font-size:22px;margin:0;overflow-wrap:anywhere}h2{font-size:16px;margin:34px 0 8px}h3{font-size:14px;margin:18px 0 6px}
p{margin:4px 0 10px;max-width:80ch}.muted,.unit,.remark,.hint,.ticks,figcaption .columns{color:var(--muted)}
.verdict{border-left:4px solid ${themes.light.series[0]};padding:4px 14px;margin:14px 0;font-size:15px}ul.verdict,.verdict ul{padding-left:32px}.verdict li{margin:3px 0}.flag{white-space:nowrap}
.wide{position:relative}.scroll{overflow-x:auto}.scroll:focus-visible{outline:2px solid ${themes.light.series[5]}}
.wide[data-more~=right]::after,.wide[data-more~=left]::before{position:absolute;top:0;bottom:0;width:34px;display:flex;align-items:center;pointer-events:none;font-size:26px;z-index:1}
.wide[data-more~=right]::after{content:"›";right:0;justify-content:flex-end;background:linear-gradient(to right,transparent,var(--background) 75%)}
.wide[data-more~=left]::before{content:"‹";left:0;background:linear-gradient(to left,transparent,var(--background) 75%)}
table{border-collapse:collapse;font-size:13px;margin:6px 0}
th,td{padding:4px 12px 4px 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--grid)}
th{font-weight:600;color:var(--muted)}thead th{vertical-align:bottom}td.number,th.number{text-align:right;font-variant-numeric:tabular-nums}td.number{white-space:nowrap}th{min-width:64px;max-width:150px}th.long{min-width:150px}
td.label{min-width:150px;max-width:300px;overflow-wrap:anywhere}td.value{font-family:"DejaVu Sans Mono",monospace;font-size:12px;overflow-wrap:break-word;min-width:110px;max-width:260px}
tr.decided td{font-weight:600}
pre{background:color-mix(in srgb,var(--grid) 45%,transparent);padding:10px 12px;overflow-x:auto;font:12px/1.5 "DejaVu Sans Mono",monospace}
pre{white-space:pre-wrap;overflow-wrap:anywhere}.command{display:flex;gap:8px;align-items:flex-start}.command pre{flex:1;margin-top:0}
details{margin:6px 0}summary{cursor:pointer}
button{font:inherit;font-size:12px;color:var(--ink);background:none;border:1px solid var(--grid);border-radius:5px;padding:3px 9px;cursor:pointer}
button:hover:not(:disabled){border-color:var(--muted)}button:focus-visible,canvas:focus-visible{outline:2px solid ${themes.light.series[5]}}
button:disabled{opacity:.4;cursor:default}
.legend{display:flex;flex-wrap:wrap;gap:6px;margin:8px 0}.key{display:flex;flex-wrap:wrap;align-items:center;gap:0 7px;max-width:100%}
.key{text-align:left}.key .name{overflow-wrap:anywhere;max-width:calc(100% - 27px)}.key[aria-pressed=false]{opacity:.45;text-decoration:line-through}
.swatch{display:inline-block;width:20px;height:4px;border-radius:1px;flex:none}
.tools{display:flex;flex-wrap:wrap;gap:6px;align-items:center;margin-bottom:8px}.tool[aria-pressed=true]{background:var(--grid)}.hint{font-size:12px}
.panels{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:18px 14px}.panels.single{grid-template-columns:minmax(0,1fr)}
.panel{margin:0;min-width:0}figcaption{display:flex;gap:8px;font-size:13px;flex-wrap:wrap}.columns{margin-left:auto;display:flex;gap:12px}
.ticks{font-size:11px}
.column{display:flex;align-items:center;gap:5px;font-size:12px}
.holder{position:relative}canvas{display:block;width:100%;height:260px;touch-action:pan-y;cursor:crosshair}
.panels.single canvas{height:440px}canvas.over{position:absolute;inset:0;pointer-events:none}
.tip{position:absolute;top:8px;pointer-events:none;background:var(--background);border:1px solid var(--grid);border-radius:5px;padding:6px 9px;font-size:11px;z-index:2;box-shadow:0 2px 8px rgb(0 0 0/.15);max-width:90%}
.tip .at{color:var(--muted)}.tip .row{display:flex;gap:7px;align-items:center;white-space:nowrap}.tip .name{overflow:hidden;text-overflow:ellipsis;max-width:min(200px,28vw)}.tip .value{margin-left:auto;white-space:normal;text-align:right;padding-left:8px;font-variant-numeric:tabular-nums}
.bars svg{display:block;width:100%;max-width:620px;height:auto}
.heat td{border:2px solid var(--background);text-align:right;padding:6px 10px;font-variant-numeric:tabular-nums}
@media (max-width:760px){.panels{grid-template-columns:minmax(0,1fr)}body{padding:14px}.tip .row{flex-wrap:wrap;gap:0 7px}.tip .name{max-width:60vw}}
@media print{.tools,#theme{display:none}}
`;
