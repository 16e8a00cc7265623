/** What the laboratory's page has over the style of every served page. */
export const LAB_STYLE = `
.fields{display:flex;flex-wrap:wrap;gap:8px 16px;align-items:center;margin:8px 0}.fields label{display:flex;gap:8px;align-items:center;font-size:13px;max-width:100%}.fields select{min-width:0}
.seed{width:110px}textarea{width:100%;min-height:160px;font:12px/1.5 "DejaVu Sans Mono",monospace}
.figures{display:flex;flex-wrap:wrap;gap:4px 22px;margin:10px 0;padding:0;list-style:none;font-variant-numeric:tabular-nums}.figures b{font-weight:600}
.hash{overflow-wrap:anywhere;font:12px/1.5 "DejaVu Sans Mono",monospace}
.dropping{outline:2px dashed var(--series-0);outline-offset:4px}
`;
