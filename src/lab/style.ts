/** What the laboratory's page has over the style of every served page. */
export const LAB_STYLE = `
.fields{display:flex;flex-wrap:wrap;gap:8px 16px;align-items:center;margin:8px 0}.fields label{display:flex;gap:8px;align-items:center;font-size:13px;max-width:100%}.fields select{min-width:0}
.seed{width:110px}textarea{width:100%;min-height:160px;font:12px/1.5 "DejaVu Sans Mono",monospace}
.figures{display:flex;flex-wrap:wrap;gap:4px 22px;margin:10px 0;padding:0;list-style:none;font-variant-numeric:tabular-nums}.figures b{font-weight:600}
.knobs{display:grid;grid-template-columns:repeat(auto-fill,minmax(300px,1fr));gap:4px 24px;margin:10px 0}.knob{display:flex;gap:8px;align-items:center;font-size:13px}.knob span{min-width:108px}.knob output{min-width:64px;font-variant-numeric:tabular-nums}
caption{text-align:left;font-size:13px;padding:6px 0}.hash{overflow-wrap:anywhere;font:12px/1.5 "DejaVu Sans Mono",monospace}
.map-of-two{cursor:crosshair}.map-of-two .frame{fill:none;stroke:var(--grid)}.map-of-two path{fill:none}.level{stroke-width:1.2}.kl{stroke:var(--series-0);stroke-width:2.2}.ellipse{stroke:var(--series-0);stroke-width:1.6;stroke-dasharray:5 4}.way{stroke:var(--series-1);stroke-width:2}.whole{stroke:var(--series-1);stroke-dasharray:4 4}.gradient-step{fill:var(--series-1)}.old{fill:var(--background);stroke:var(--ink);stroke-width:1.5}.now{fill:var(--series-1);stroke:var(--background);stroke-width:1.5}
.handle{cursor:ew-resize}.handle.vertical{cursor:ns-resize}.handle:focus{outline:none}.handle:focus-visible{outline:2px solid var(--series-5)}
.beside{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:4px 28px;align-items:start}
.choice{display:flex;gap:6px;align-items:center;font-size:13px;max-width:100%;min-width:0}.choice select{min-width:0}
a{color:inherit}nav a{font-size:12px;padding:3px 9px}.text{max-width:80ch}.text img{max-width:100%;background:#fff}.text figure{margin:14px 0}.text pre{white-space:pre;overflow-wrap:normal}.text code{font:12px "DejaVu Sans Mono",monospace}
.dropping{outline:2px dashed var(--series-0);outline-offset:4px}
`;
