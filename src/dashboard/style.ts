/** What the dashboard's page has over the style of every page. */
export const DASHBOARD_STYLE = `
header{flex-wrap:wrap}#state{margin:0 auto 0 0;color:var(--muted)}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
nav.tools{margin:14px 0}nav .tool[aria-current]{background:var(--grid);font-weight:600}
input,select{font:inherit;font-size:13px;color:var(--ink);background:var(--background);border:1px solid var(--muted);border-radius:5px;padding:3px 7px;max-width:100%}
input[type=search]{width:min(340px,100%)}input[type=range]{flex:1;min-width:120px;max-width:420px;padding:0}
input:focus-visible,select:focus-visible,summary:focus-visible{outline:2px solid var(--series-5)}
.filters{display:flex;flex-wrap:wrap;gap:8px;margin:8px 0}.filters .tools{margin:0}
.runs{width:100%}.runs td:first-child{white-space:nowrap}.runs .swatch{margin-left:6px;vertical-align:middle}
.opener{border:0;padding:0;font-size:13px;text-align:left;display:flex;gap:6px}.opener .mark{transition:transform .1s}.opener[aria-expanded=true] .mark{transform:rotate(90deg)}
.opener .name{overflow-wrap:anywhere}.seed td{font-size:12px}.seed td:nth-child(2){padding-left:16px}.small{font-size:12px}
progress{width:74px;height:8px;vertical-align:middle;margin-right:6px;accent-color:var(--series-0)}
.tag{border:1px solid var(--grid);border-radius:8px;padding:0 6px;margin-left:5px;font-size:11px;color:var(--muted)}
.refusal{border-left:4px solid var(--series-1);padding-left:10px}.refusal:empty,#main p:empty,ul:empty{display:none}
section[hidden]{display:none}main>section{margin:10px 0}main>details{margin:10px 0}.mapping{display:grid;grid-template-columns:repeat(auto-fill,minmax(240px,1fr));gap:6px 18px;margin:10px 0;align-items:center}.mapping b{grid-column:1/-1}.mapping label{display:flex;gap:8px;justify-content:space-between;align-items:center;font-size:12px}.mapping select,.mapping input{width:130px;font-size:12px}.mapping button{justify-self:start}
.map{font-size:13px}.map td{border:2px solid var(--background);background:var(--grid);text-align:center;width:74px;height:66px;padding:2px 4px;vertical-align:middle}.map span{display:block}.map .letter{font-size:10px;text-align:left;opacity:.8}.arrows{font-size:17px;line-height:1.1;letter-spacing:2px}.arrows span{display:inline}.map .figure{font-size:11px;font-variant-numeric:tabular-nums}
.stage{display:grid;grid-template-columns:minmax(0,620px) minmax(160px,1fr);gap:18px;align-items:start}canvas.picture{cursor:default;border:1px solid var(--grid);border-radius:5px;max-width:100%}.chance{display:flex;gap:8px;align-items:center;font-size:13px}.chance .name{min-width:56px}meter{width:110px}
@media (max-width:760px){.stage{grid-template-columns:minmax(0,1fr)}.map td{width:52px;height:56px;font-size:11px}.runs td:nth-child(2){min-width:120px}.runs th:nth-child(3),.runs td:nth-child(3),.runs th:nth-child(8),.runs td:nth-child(8){display:none}.runs td,.runs th{padding-right:8px}}
@media (prefers-reduced-motion:reduce){.opener .mark{transition:none}}
`;
