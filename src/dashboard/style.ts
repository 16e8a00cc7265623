/** What the dashboard's page has over the style of every served page. */
export const DASHBOARD_STYLE = `
.filters{display:flex;flex-wrap:wrap;gap:8px;margin:8px 0}.filters .tools{margin:0}
.runs{width:100%}.runs td:first-child{white-space:nowrap}.runs .swatch{margin-left:6px;vertical-align:middle}
.opener{border:0;padding:0;font-size:13px;text-align:left;display:flex;gap:6px}.opener .mark{transition:transform .1s}.opener[aria-expanded=true] .mark{transform:rotate(90deg)}
.opener .name{overflow-wrap:anywhere}.seed td{font-size:12px}.seed td:nth-child(2){padding-left:16px}
.tag{border:1px solid var(--grid);border-radius:8px;padding:0 6px;margin-left:5px;font-size:11px;color:var(--muted)}
.mapping{display:grid;grid-template-columns:repeat(auto-fill,minmax(240px,1fr));gap:6px 18px;margin:10px 0;align-items:center}.mapping b,.mapping p{grid-column:1/-1}.mapping label{display:flex;gap:8px;justify-content:space-between;align-items:center;font-size:12px}.mapping select,.mapping input{width:130px;font-size:12px}.mapping button{justify-self:start}
.states{max-height:80vh;overflow-y:auto}
.map{font-size:13px}.map td{border:2px solid var(--background);background:var(--grid);text-align:center;width:74px;height:66px;padding:2px 4px;vertical-align:middle}.map span{display:block}.map .letter{font-size:10px;text-align:left;opacity:.8}.arrows{font-size:17px;line-height:1.1;letter-spacing:2px}.arrows span{display:inline}.map .figure{font-size:11px;font-variant-numeric:tabular-nums}
@media (max-width:760px){.map td{width:52px;height:56px;font-size:11px}.runs td:nth-child(2){min-width:120px}.runs th:nth-child(3),.runs td:nth-child(3),.runs th:nth-child(8),.runs td:nth-child(8){display:none}.runs td,.runs th{padding-right:8px}}
@media (prefers-reduced-motion:reduce){.opener .mark{transition:none}}
`;
