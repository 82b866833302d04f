// Curves over time, each on a canvas, on one time axis.
import { figure } from './link.js';

const CHARTS = {
  height: { title: 'Height above home, m', lines: [['height_m', '--track', 'height'], ['ground_m', '--earth', 'ground']], least: 5 },
  attitude: { title: 'Roll and pitch, °', lines: [['roll_deg', '--track', 'roll'], ['pitch_deg', '--look', 'pitch']], least: 10, both: true },
  speed: { title: 'Speed, m/s', lines: [['speed_mps', '--track', 'over ground'], ['climb_mps', '--look', 'climb'], ['air_mps', '--earth', 'through the air']], least: 2 },
  battery: { title: 'Battery, %', lines: [['battery_percent', '--track', 'left']], low: 0, high: 100 },
};
const SPAN_S = 300, MOST = 2400, LEFT = 38, TOP = 26, BOTTOM = 16;

// Round values, about three.
function ticks(low, high) {
  const rough = (high - low) / 3, power = 10 ** Math.floor(Math.log10(rough)), step = [1, 2, 5, 10].map(one => one * power).find(one => one >= rough);
  const all = [];
  for (let i = Math.ceil(low / step); i * step <= high; i++) all.push(i * step);
  return all;
}

export class Charts {
  constructor() {
    this.rows = new Map();
    this.canvases = [...document.querySelectorAll('[data-chart]')];
    const look = new ResizeObserver(() => this.draw());
    for (const canvas of this.canvases) look.observe(canvas);
  }

  // `rows` of {time_s, ...}, older than what is there.
  before(system, rows) { this.rows.set(system, [...rows, ...(this.rows.get(system) ?? []).filter(row => row.time_s > (rows.at(-1)?.time_s ?? -1))]); }

  add(system, row) {
    const rows = this.rows.get(system) ?? this.rows.set(system, []).get(system);
    if (row.time_s < rows.at(-1)?.time_s) rows.length = 0;  // the server was started again, and counts from then
    rows.push(row);
    if (rows.length > MOST) rows.splice(0, rows.length - MOST);
  }

  show(system) { this.system = system; this.draw(); }

  draw() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => { this.waiting = false; for (const canvas of this.canvases) this.paint(canvas, CHARTS[canvas.dataset.chart]); });
  }

  paint(canvas, chart) {
    const ratio = window.devicePixelRatio || 1, { width, height } = canvas.getBoundingClientRect();
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio))
      [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
    const c = canvas.getContext('2d'), style = getComputedStyle(document.documentElement), of = name => style.getPropertyValue(name).trim();
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    c.clearRect(0, 0, width, height);
    const all = this.rows.get(this.system) ?? [], end = all.at(-1)?.time_s ?? 0, begin = Math.max(end - SPAN_S, all[0]?.time_s ?? 0);
    const rows = all.filter(row => row.time_s >= begin);
    let [low, high] = [chart.low ?? Infinity, chart.high ?? -Infinity];
    if (chart.low === undefined) {
      for (const [name] of chart.lines) for (const row of rows) if (Number.isFinite(row[name])) { low = Math.min(low, row[name]); high = Math.max(high, row[name]); }
      if (low > high) [low, high] = [0, 0];
      if (chart.both) { high = Math.max(Math.abs(low), Math.abs(high), chart.least); low = -high; } else { low = Math.min(low, 0); high = Math.max(high, low + chart.least); }
    }
    const x = t => LEFT + (t - begin) / Math.max(end - begin, 10) * (width - LEFT - 8), y = v => TOP + (high - v) / (high - low) * (height - TOP - BOTTOM);
    c.font = '11px system-ui, sans-serif';
    c.lineWidth = 1;
    for (const value of ticks(low, high)) {
      c.strokeStyle = of('--line'); c.beginPath(); c.moveTo(LEFT, Math.round(y(value)) + 0.5); c.lineTo(width - 8, Math.round(y(value)) + 0.5); c.stroke();
      c.fillStyle = of('--soft'); c.textAlign = 'right'; c.fillText(String(+value.toFixed(2)), LEFT - 5, y(value) + 4);
    }
    c.textAlign = 'center'; c.fillStyle = of('--soft');
    for (const ago of [240, 180, 120, 60]) if (end - ago > begin) c.fillText(`−${ago / 60} min`, x(end - ago), height - 4);
    c.textAlign = 'left'; c.fillStyle = of('--ink'); c.font = '600 12px system-ui, sans-serif'; c.fillText(chart.title, 8, 13);
    let at = width - 8;
    c.textAlign = 'right'; c.font = '11px system-ui, sans-serif';
    const told = [];
    chart.lines.forEach(([name, colour, word], number) => {
      const known = rows.filter(row => Number.isFinite(row[name]));
      if (!known.length) return;
      c.strokeStyle = c.fillStyle = of(colour); c.lineWidth = 1.8; c.setLineDash(number ? [5, 3] : []); c.beginPath();
      known.forEach((row, i) => { const [px, py] = [x(row.time_s), y(row[name])]; i ? c.lineTo(px, py) : c.moveTo(px, py); });
      c.stroke(); c.setLineDash([]);
      const text = `${number ? '┄' : '─'} ${word} ${figure(known.at(-1)[name], Math.abs(known.at(-1)[name]) < 10 ? 1 : 0)}`;
      c.fillStyle = of('--ink'); c.fillText(text, at, 13); at -= c.measureText(text).width + 12; told.push(`${word} ${figure(known.at(-1)[name], 1)}`);
    });
    canvas.setAttribute('aria-label', `${chart.title}: ${told.join(', ') || 'nothing yet'}`);
  }
}
