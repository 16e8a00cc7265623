/**
 * What runs in the browser, as text: a page must open offline, alone. It draws the figures found in
 * `script[type="application/json"].figure`, the same data that the SVG is drawn from, on canvases: pointing
 * shows the values, dragging zooms all panels of a figure, double click zooms out, the legend hides groups.
 */
export const PAGE_SCRIPT = `
'use strict';
const themes = JSON.parse(document.getElementById('themes').textContent);
const dashes = [[], [6, 3], [2, 2.5], [8, 3, 2, 3], [12, 4]];
const root = document.documentElement;
const dark = matchMedia('(prefers-color-scheme: dark)');
const themeName = () => root.dataset.theme || (dark.matches ? 'dark' : 'light');
const redraws = [];
const redrawAll = () => redraws.forEach((draw) => draw());

function niceStep(span, count) {
  const raw = span / count, power = 10 ** Math.floor(Math.log10(raw)), share = raw / power;
  return (share < 1.5 ? 1 : share < 3.5 ? 2 : share < 7.5 ? 5 : 10) * power;
}
function ticksOf(low, high, count) {
  const step = niceStep(high - low || 1, count), ticks = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) ticks.push(k * step);
  return { ticks, step };
}
function shortNumber(value, step, largest) {
  if (Math.abs(value) < step * 1e-6) return '0';
  for (const [unit, suffix, from] of [[1e9, 'G', 1e9], [1e6, 'M', 1e6], [1e3, 'k', 1e4]]) {
    if (largest >= from) return trimmed(value / unit, step / unit) + suffix;
  }
  return trimmed(value, step);
}
function trimmed(value, step) {
  return value.toFixed(Math.min(8, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)))).replace('-', '−');
}
function precise(value) {
  return value === null || value === undefined ? '–' : String(Number(value.toPrecision(4))).replace('-', '−');
}
function nearestIndex(xs, x) {
  let low = 0, high = xs.length - 1;
  while (high - low > 1) { const mid = (low + high) >> 1; if (xs[mid] < x) low = mid; else high = mid; }
  return Math.abs(xs[low] - x) <= Math.abs(xs[high] - x) ? low : high;
}
function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function mountFigure(section) {
  const figure = JSON.parse(section.querySelector('script.figure').textContent);
  const state = { hidden: new Set(), zoom: null, seeds: false, log: figure.logY, hover: null };
  const hasSeeds = figure.panels.some((p) => p.lines.some((l) => l.role === 'seed'))
    && figure.panels.some((p) => p.lines.some((l) => l.role === 'middle' && l.low.length > 0));
  if (!hasSeeds) state.seeds = true;
  const styleOf = (group, column, columns) => {
    const { series } = themes[themeName()];
    const one = figure.groups.length === 1;
    const hue = one && columns > 1 ? column : group;
    const cycle = Math.floor(hue / series.length) + (one ? 0 : column);
    return { color: series[hue % series.length], dash: dashes[cycle % dashes.length] };
  };
  const tools = make('div', 'tools');
  const legend = make('div', 'legend');
  figure.groups.forEach(({ label, remark }, g) => {
    const button = make('button', 'key');
    button.type = 'button';
    button.title = label + (remark ? ' (' + remark + ')' : '');
    button.setAttribute('aria-pressed', 'true');
    button.append(make('span', 'swatch'), make('span', 'name', label));
    if (remark) button.append(make('span', 'remark', '(' + remark + ')'));
    button.onclick = () => {
      if (state.hidden.has(g)) state.hidden.delete(g); else state.hidden.add(g);
      button.setAttribute('aria-pressed', String(!state.hidden.has(g)));
      draw();
    };
    legend.append(button);
  });
  const toggle = (text, get, set) => {
    const button = make('button', 'tool', text);
    button.type = 'button';
    const show = () => button.setAttribute('aria-pressed', String(get()));
    button.onclick = () => { set(!get()); show(); draw(); };
    show();
    return button;
  };
  if (hasSeeds) tools.append(toggle('every seed', () => state.seeds, (on) => { state.seeds = on; }));
  tools.append(toggle('logarithmic', () => state.log, (on) => { state.log = on; }));
  const reset = make('button', 'tool reset', 'zoom out');
  reset.type = 'button';
  reset.onclick = () => { state.zoom = null; draw(); };
  tools.append(reset, make('span', 'hint', 'point to read, drag to zoom, double click to zoom out'));
  const panelsNode = make('div', 'panels' + (figure.panels.length === 1 ? ' single' : ''));
  section.append(legend, tools, panelsNode);

  const panels = figure.panels.map((panel) => {
    const node = make('figure', 'panel');
    const heading = make('figcaption');
    heading.append(make('b', '', panel.title), make('span', 'unit', panel.unit));
    const keys = make('span', 'columns');
    heading.append(keys);
    const holder = make('div', 'holder');
    const canvas = make('canvas');
    canvas.tabIndex = 0;
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', panel.title + ' over ' + figure.xLabel + '; arrow keys read the values');
    const tip = make('div', 'tip');
    tip.hidden = true;
    tip.setAttribute('aria-live', 'polite');
    holder.append(canvas, tip);
    node.append(heading, holder);
    panelsNode.append(node);
    const own = { panel, canvas, tip, keys, geometry: null };
    listen(own);
    return own;
  });

  const shownLines = (panel) => panel.lines.filter((line) => !state.hidden.has(line.group)
    && (line.role === 'middle' || state.seeds));
  function xRange() {
    if (state.zoom) return state.zoom;
    let low = Infinity, high = -Infinity;
    for (const { panel } of panels) for (const { x } of [...panel.lines, ...panel.reasons]) {
      if (x.length === 0) continue;
      low = Math.min(low, x[0]); high = Math.max(high, x[x.length - 1]);
    }
    if (low > high) return [0, 1];
    return [low > 0 && low < 0.1 * high ? 0 : low, high > low ? high : low + 1];
  }
  function yRange(panel, [x0, x1]) {
    let low = Infinity, high = -Infinity;
    const take = (value) => {
      if (value === null || value === undefined || (state.log && value <= 0)) return;
      if (value < low) low = value;
      if (value > high) high = value;
    };
    for (const line of shownLines(panel)) line.x.forEach((x, i) => {
      if (x < x0 || x > x1) return;
      take(line.y[i]); take(line.low[i]); take(line.high[i]);
    });
    if (low > high) return null;
    const reach = high * 3;
    for (const bound of panel.bounds) {
      if (bound.group >= 0 && state.hidden.has(bound.group)) continue;
      for (const value of bound.y) if (value !== null && value <= reach && value > 0) take(value);
    }
    if (low === 0 && high === 0) high = 1;
    if (low === high) { const around = Math.abs(low) * 0.1; low -= around; high += around; }
    if (state.log) return [Math.max(low, high * 1e-12), high];
    if (low > 0 && low < 0.5 * high) low = 0;
    const step = niceStep(high - low, 5);
    return [Math.floor(low / step + 1e-9) * step, Math.ceil(high / step - 1e-9) * step];
  }

  function drawPanel(own) {
    const { panel, canvas } = own;
    const theme = themes[themeName()];
    const width = canvas.clientWidth, height = canvas.clientHeight, ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const c = canvas.getContext('2d');
    c.scale(ratio, ratio);
    c.font = '11px "DejaVu Sans", Verdana, sans-serif';
    c.lineJoin = 'round';
    drawKeys(own, theme);
    const rugs = panel.violations.filter((v) => v.total > 0 && !state.hidden.has(v.group));
    const box = { left: 52, right: width - 58, top: 10 + rugs.length * 9, bottom: height - 36 };
    const [x0, x1] = xRange();
    const x = (value) => box.left + ((value - x0) / (x1 - x0)) * (box.right - box.left);
    own.geometry = { box, x0, x1, x };
    const xt = ticksOf(x0, x1, Math.max(2, Math.round((box.right - box.left) / 80)));
    c.fillStyle = theme.muted; c.strokeStyle = theme.muted; c.textAlign = 'center'; c.lineWidth = 1;
    for (const tick of xt.ticks) {
      c.fillText(shortNumber(tick, xt.step, xt.ticks.at(-1)), x(tick), box.bottom + 16);
      line(c, x(tick), box.bottom, x(tick), box.bottom + 4);
    }
    c.fillText(figure.xLabel, (box.left + box.right) / 2, box.bottom + 31);
    line(c, box.left, box.bottom, box.right, box.bottom);
    if (panel.reasons.length > 0) return drawReasons(c, panel, box, x, theme);
    const range = yRange(panel, [x0, x1]);
    if (range === null) { c.fillText('no value here', (box.left + box.right) / 2, (box.top + box.bottom) / 2); return; }
    const [y0, y1] = range;
    const to = state.log ? (v) => Math.log(Math.max(v, 1e-300)) : (v) => v;
    const y = (value) => box.bottom - ((to(value) - to(y0)) / (to(y1) - to(y0))) * (box.bottom - box.top);
    own.geometry.y = y;
    c.textAlign = 'right';
    const yTicks = state.log && y1 / y0 > 10 ? logTicks(y0, y1) : ticksOf(y0, y1, 5);
    for (const tick of yTicks.ticks) {
      c.strokeStyle = theme.grid; line(c, box.left, y(tick), box.right, y(tick));
      c.fillStyle = theme.muted;
      c.fillText(yTicks.step ? shortNumber(tick, yTicks.step, Math.max(...yTicks.ticks.map(Math.abs))) : precise(tick), box.left - 7, y(tick) + 4);
    }
    c.save(); c.beginPath(); c.rect(box.left, box.top - 4, box.right - box.left, box.bottom - box.top + 5); c.clip();
    const lines = shownLines(panel);
    const columns = Math.max(1, panel.columns.length);
    for (const each of lines) if (each.low.length > 0) {
      c.fillStyle = styleOf(each.group, each.column, columns).color; c.globalAlpha = Number(theme.bandOpacity);
      band(c, each, x, y);
    }
    for (const role of ['seed', 'middle']) for (const each of lines) if (each.role === role) {
      const { color, dash } = styleOf(each.group, each.column, columns);
      const isThin = role === 'seed' && lines.length > 1;
      c.strokeStyle = color; c.globalAlpha = isThin ? 0.5 : 1; c.lineWidth = isThin ? 1 : 1.8;
      c.setLineDash(dash); path(c, each, x, y, 0, each.completeUntil);
      c.setLineDash([4, 3]); path(c, each, x, y, Math.max(0, each.completeUntil - 1), each.x.length);
      c.lineWidth = 1; c.globalAlpha *= 0.5; c.setLineDash([1, 3]); bridges(c, each, x, y);
      c.setLineDash([]); c.globalAlpha = 1;
      const end = each.isGrowing ? each.y.findLastIndex((v) => v !== null) : -1;
      if (end >= 0) { c.fillStyle = theme.background; c.beginPath(); c.arc(x(each.x[end]), y(each.y[end]), 3.5, 0, 7); c.fill(); c.lineWidth = 1.6; c.stroke(); }
      c.lineWidth = 1.2;
      for (const gap of each.gaps) { const gx = x(gap), gy = box.bottom - 6 - 7 * each.group; line(c, gx - 2.5, gy - 2.5, gx + 2.5, gy + 2.5); line(c, gx - 2.5, gy + 2.5, gx + 2.5, gy - 2.5); }
    }
    c.lineWidth = 1.3; c.setLineDash([5, 4]);
    for (const bound of panel.bounds) if (bound.group < 0 || !state.hidden.has(bound.group)) {
      c.strokeStyle = bound.group < 0 ? theme.ink : styleOf(bound.group, 0, 1).color;
      path(c, bound, x, y, 0, bound.x.length);
    }
    c.setLineDash([]); c.restore();
    c.textAlign = 'left';
    for (const bound of panel.bounds) if (bound.group < 0 || !state.hidden.has(bound.group)) {
      const last = bound.y.findLast((v) => v !== null);
      if (last === undefined || last === null) continue;
      c.fillStyle = bound.group < 0 ? theme.ink : styleOf(bound.group, 0, 1).color;
      if (last <= y1) c.fillText('δ', box.right + 5, y(last) + 4);
      else c.fillText('δ = ' + precise(last) + ' ↑', box.right - 60, box.top + 10);
    }
    rugs.forEach((rug, row) => {
      const { color } = styleOf(rug.group, 0, 1);
      c.strokeStyle = color; c.lineWidth = 1.2;
      rug.x.forEach((at, i) => { if (at >= x0 && at <= x1) { c.globalAlpha = 0.25 + 0.75 * rug.share[i]; line(c, x(at), 2 + row * 9, x(at), 8 + row * 9); } });
      c.globalAlpha = 1; c.fillStyle = color; c.font = '9px "DejaVu Sans", Verdana, sans-serif';
      c.fillText(Math.round((100 * rug.total) / rug.of) + '% > δ', box.right + 4, 8 + row * 9);
    });
    if (state.hover !== null) drawHover(own, c, lines, columns, theme);
  }
  function drawHover(own, c, lines, columns, theme) {
    const { box, x, x0, x1, y } = own.geometry;
    if (state.hover < x0 || state.hover > x1) return;
    c.strokeStyle = theme.muted; c.lineWidth = 1; line(c, x(state.hover), box.top, x(state.hover), box.bottom);
    for (const each of lines) if (each.role === 'middle' && each.x.length > 0) {
      const at = nearestIndex(each.x, state.hover);
      if (each.y[at] === null || Math.abs(each.x[at] - state.hover) > (x1 - x0) * 0.03) continue;
      c.fillStyle = styleOf(each.group, each.column, columns).color;
      c.beginPath(); c.arc(x(each.x[at]), y(each.y[at]), 3, 0, 7); c.fill();
    }
  }
  function logTicks(y0, y1) {
    const ticks = [];
    for (let p = Math.floor(Math.log10(y0)); p <= Math.ceil(Math.log10(y1)); p++) { const v = Number('1e' + p); if (v >= y0 * 0.999 && v <= y1 * 1.001) ticks.push(v); }
    return { ticks, step: 0 };
  }
  function reasonColors(panel, theme) {
    const names = [...new Set(panel.reasons.flatMap((r) => Object.keys(r.counts)))].sort();
    let other = 0;
    return new Map(names.map((n) => [n, theme.reasons[n] || theme.otherReasons[other++ % theme.otherReasons.length]]));
  }
  function drawReasons(c, panel, box, x, theme) {
    const colors = reasonColors(panel, theme);
    const shown = panel.reasons.filter((r) => !state.hidden.has(r.group));
    const size = (box.bottom - box.top) / Math.max(1, shown.length);
    const [x0, x1] = xRange();
    shown.forEach((strip, row) => {
      const top = box.top + row * size + 2, height = size - 4;
      c.fillStyle = styleOf(strip.group, 0, 1).color; c.fillRect(box.left - 10, top, 5, height);
      strip.x.forEach((at, i) => {
        if (at < x0 || at > x1) return;
        const next = strip.x[i + 1] ?? at + (at - (strip.x[i - 1] ?? at - 1));
        const right = Math.min(box.right, x(next));
        let total = 0;
        for (const name of colors.keys()) total += strip.counts[name]?.[i] ?? 0;
        let y = top + height;
        for (const [name, color] of colors) {
          const part = (height * (strip.counts[name]?.[i] ?? 0)) / total;
          if (!(part > 0)) continue;
          y -= part; c.fillStyle = color; c.fillRect(x(at), y, Math.max(0.6, right - x(at) + 0.4), part);
        }
      });
    });
  }
  function drawKeys({ panel, keys }, theme) {
    keys.replaceChildren();
    const entries = panel.reasons.length > 0 ? [...reasonColors(panel, theme)].map(([label, color]) => ({ label, color, dash: [] }))
      : panel.columns.map((label, i) => { const s = styleOf(0, i, panel.columns.length); return { label, color: figure.groups.length === 1 ? s.color : theme.ink, dash: s.dash }; });
    for (const { label, color, dash } of entries) {
      const item = make('span', 'column');
      const swatch = make('span', 'swatch');
      swatch.style.background = dash.length === 0 ? color : 'repeating-linear-gradient(90deg,' + color + ' 0 ' + dash[0] + 'px,transparent 0 ' + (dash[0] + dash[1]) + 'px)';
      item.append(swatch, label);
      keys.append(item);
    }
  }
  function line(c, ax, ay, bx, by) { c.beginPath(); c.moveTo(ax, ay); c.lineTo(bx, by); c.stroke(); }
  function path(c, each, x, y, from, until) {
    c.beginPath();
    let down = false, lone = -1;
    for (let i = from; i < until; i++) {
      const value = each.y[i];
      if (value === null || (state.log && value <= 0)) { down = false; continue; }
      if (down) c.lineTo(x(each.x[i]), y(value));
      else { c.moveTo(x(each.x[i]), y(value)); if (each.y[i + 1] === null || i + 1 === until) c.lineTo(x(each.x[i]) + 0.8, y(value)); }
      down = true;
    }
    c.stroke();
  }
  function bridges(c, each, x, y) {
    let before = -1;
    for (let i = 0; i < each.y.length; i++) {
      if (each.y[i] === null) continue;
      if (before >= 0 && i > before + 1 && !each.gaps.some((g) => g > each.x[before] && g < each.x[i])) line(c, x(each.x[before]), y(each.y[before]), x(each.x[i]), y(each.y[i]));
      before = i;
    }
  }
  function band(c, each, x, y) {
    let start = -1;
    const close = (end) => {
      c.beginPath();
      for (let i = start; i < end; i++) c.lineTo(x(each.x[i]), y(each.high[i]));
      for (let i = end - 1; i >= start; i--) c.lineTo(x(each.x[i]), y(each.low[i]));
      c.fill();
    };
    for (let i = 0; i <= each.x.length; i++) {
      const has = i < each.x.length && each.low[i] !== null && each.high[i] !== null;
      if (has && start < 0) start = i;
      if (!has && start >= 0) { close(i); start = -1; }
    }
    c.globalAlpha = 1;
  }

  function showTip(own, clientX) {
    const { geometry, tip, panel, canvas } = own;
    if (!geometry) return;
    const lines = shownLines(panel).filter((each) => each.role === 'middle' || panel.lines.every((l) => l.role === 'seed'));
    const span = geometry.x1 - geometry.x0;
    tip.replaceChildren();
    let at = state.hover;
    const rows = [];
    for (const each of lines) {
      if (each.x.length === 0) continue;
      const i = nearestIndex(each.x, state.hover);
      if (Math.abs(each.x[i] - state.hover) > span * 0.03) continue;
      at = each.x[i];
      const { color } = styleOf(each.group, each.column, Math.max(1, panel.columns.length));
      const name = figure.groups[each.group].label + (panel.columns.length > 0 ? ' ' + panel.columns[each.column] : '');
      const interval = each.low[i] !== undefined && each.low[i] !== null ? ' [' + precise(each.low[i]) + ', ' + precise(each.high[i]) + ']' : '';
      rows.push({ color, name, value: precise(each.y[i]) + interval });
    }
    for (const strip of panel.reasons) if (!state.hidden.has(strip.group)) {
      const i = nearestIndex(strip.x, state.hover);
      at = strip.x[i];
      const said = Object.entries(strip.counts).filter(([, n]) => n[i] > 0).map(([r, n]) => n[i] + ' ' + r).join(', ');
      rows.push({ color: styleOf(strip.group, 0, 1).color, name: figure.groups[strip.group].label, value: said || '–' });
    }
    if (rows.length === 0) { tip.hidden = true; return; }
    tip.append(make('div', 'at', precise(at) + ' ' + figure.xLabel));
    for (const row of rows.slice(0, 14)) {
      const node = make('div', 'row');
      const swatch = make('span', 'swatch');
      swatch.style.background = row.color;
      node.append(swatch, make('span', 'name', row.name), make('span', 'value', row.value));
      tip.append(node);
    }
    if (rows.length > 14) tip.append(make('div', 'at', '… and ' + (rows.length - 14) + ' more'));
    tip.hidden = false;
    const room = canvas.clientWidth;
    tip.style.left = Math.max(0, clientX > room / 2 ? clientX - tip.offsetWidth - 14 : clientX + 14) + 'px';
  }
  function listen(own) {
    const { canvas, tip } = own;
    let from = null;
    const toX = (px) => {
      const { box, x0, x1 } = own.geometry;
      return x0 + ((Math.min(box.right, Math.max(box.left, px)) - box.left) / (box.right - box.left)) * (x1 - x0);
    };
    const hoverAt = (px) => { state.hover = toX(px); draw(); showTip(own, px); if (from !== null) shade(own, from, px); };
    canvas.onpointermove = (event) => { if (own.geometry) hoverAt(event.offsetX); };
    canvas.onpointerleave = () => { if (from === null) { state.hover = null; tip.hidden = true; draw(); } };
    canvas.onpointerdown = (event) => { from = event.offsetX; canvas.setPointerCapture(event.pointerId); };
    canvas.onpointerup = (event) => {
      const start = from;
      from = null;
      if (start !== null && Math.abs(event.offsetX - start) > 8) {
        state.zoom = [toX(start), toX(event.offsetX)].sort((a, b) => a - b);
        state.hover = null; tip.hidden = true;
      }
      draw();
    };
    canvas.onpointercancel = () => { from = null; draw(); };
    canvas.ondblclick = () => { state.zoom = null; draw(); };
    canvas.onkeydown = (event) => {
      if (event.key === 'Escape') { state.zoom = null; draw(); return; }
      const move = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!move || !own.geometry) return;
      event.preventDefault();
      const { x0, x1, x } = own.geometry;
      const step = (x1 - x0) / 100;
      state.hover = Math.min(x1, Math.max(x0, (state.hover ?? (move > 0 ? x0 - step : x1 + step)) + move * step));
      draw(); showTip(own, x(state.hover));
    };
    canvas.onblur = () => { state.hover = null; tip.hidden = true; draw(); };
  }
  function shade(own, a, b) {
    const { box } = own.geometry;
    const c = own.canvas.getContext('2d');
    const [left, right] = [a, b].map((v) => Math.min(box.right, Math.max(box.left, v))).sort((m, n) => m - n);
    c.globalAlpha = 0.18; c.fillStyle = themes[themeName()].muted; c.fillRect(left, box.top, right - left, box.bottom - box.top); c.globalAlpha = 1;
  }
  function draw() {
    const columns = 1;
    [...legend.children].forEach((button, g) => {
      const { color, dash } = styleOf(g, 0, columns);
      button.querySelector('.swatch').style.background = dash.length === 0 ? color : 'repeating-linear-gradient(90deg,' + color + ' 0 ' + dash[0] + 'px,transparent 0 ' + (dash[0] + dash[1]) + 'px)';
    });
    reset.disabled = state.zoom === null;
    section.dataset.zoom = state.zoom ? state.zoom.map((v) => Math.round(v)).join(' ') : '';
    panels.forEach(drawPanel);
  }
  redraws.push(draw);
  new ResizeObserver(draw).observe(panelsNode);
  draw();
}

document.querySelectorAll('section.curves').forEach(mountFigure);
dark.addEventListener('change', redrawAll);
const themeButton = document.getElementById('theme');
const nameTheme = () => { themeButton.textContent = themeName() === 'dark' ? 'light' : 'dark'; };
themeButton.onclick = () => { root.dataset.theme = themeName() === 'dark' ? 'light' : 'dark'; nameTheme(); redrawAll(); };
nameTheme();
`;
