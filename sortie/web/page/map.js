// The map: drawn here, on a canvas, so that it needs no network. Pictures are laid under it where an address was given.
import { TILE, angle, graticuleStep, metresPerPixel, moved, nice, project, unproject } from './geo.js';
import { Ground } from './ground.js';
import { figure } from './link.js';

// After Okabe and Ito, in the order in which neighbours differ most, told apart by any eye (a test looks); a number stands beside each.
const COLOURS = { light: ['#0072b2', '#d55e00', '#007a5a', '#b0508a', '#8000f0', '#800010'], dark: ['#56b4e9', '#f0843a', '#2fc79b', '#e3a3c6', '#e6b800', '#9ad0f5'] };
const FENCE = { polygonIn: 5001, polygonOut: 5002, circleIn: 5003, circleOut: 5004 };
const RETURN = 20, MOST_TRACK = 4000, MOST_NAMES = 80;

export class MapView {
  constructor(canvas, onMark, onPick) {
    Object.assign(this, { canvas, onMark, onPick, context: canvas.getContext('2d'), lat: 0, lon: 0, zoom: 2, tiles: null, pictures: new Map(),
      vehicles: [], tracks: new Map(), photos: new Map(), plan: null, selected: null, mark: null, drawn: null, closed: false, follow: false, placed: false, ground: new Ground(() => this.draw()), pointers: new Map(), dirty: true });
    new ResizeObserver(() => this.resize()).observe(canvas);
    this.listen();
    this.resize();
  }

  // --- what is shown ---
  colour(system) { const colours = COLOURS[document.documentElement.dataset.theme] ?? COLOURS.light; return colours[(system - 1) % colours.length]; }

  show(vehicles, selected) {
    this.vehicles = vehicles.filter(one => one.lat !== undefined && (one.lat || one.lon));
    this.selected = selected;
    for (const one of this.vehicles) this.trace(one.system, one.lat, one.lon);
    if (!this.placed && this.vehicles.length) { this.placed = true; this.fit(); }
    const chosen = this.vehicles.find(one => one.system === selected);
    if (this.follow && chosen) [this.lat, this.lon] = [chosen.lat, chosen.lon];
    this.draw();
  }

  trace(system, lat, lon) {
    const track = this.tracks.get(system) ?? this.tracks.set(system, []).get(system), last = track.at(-1);
    if (last && Math.abs(last[0] - lat) < 4e-6 && Math.abs(last[1] - lon) < 4e-6) return;
    track.push([lat, lon]);
    if (track.length > MOST_TRACK) track.splice(0, track.length - MOST_TRACK);
  }

  // What was flown before this page was opened goes before what it has seen.
  before(system, places) {
    const seen = this.tracks.get(system) ?? [];
    this.tracks.set(system, []);
    for (const [lat, lon] of places) if (lat || lon) this.trace(system, lat, lon);
    for (const [lat, lon] of seen.slice(-1)) this.trace(system, lat, lon);
  }

  places() {
    const all = this.vehicles.map(one => [one.lat, one.lon]);
    const chosen = this.vehicles.find(one => one.system === this.selected);
    if (chosen?.home) all.push(chosen.home.slice(0, 2));
    for (const item of [...(this.plan?.mission ?? []), ...(this.plan?.fence ?? []), ...(this.plan?.rally ?? [])]) {
      if (!item.place) continue;
      all.push([item.x, item.y]);
      if (item.command === FENCE.circleIn || item.command === FENCE.circleOut)
        for (const [n, e] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) all.push(moved(item.x, item.y, n * item.param1, e * item.param1));
    }
    return all;
  }

  fit() {
    const places = this.places();
    if (!places.length || !this.width) return;
    const lats = places.map(p => p[0]), lons = places.map(p => p[1]);
    this.lat = (Math.min(...lats) + Math.max(...lats)) / 2;
    this.lon = (Math.min(...lons) + Math.max(...lons)) / 2;
    const [west, north] = project(Math.max(...lats), Math.min(...lons), 0), [east, south] = project(Math.min(...lats), Math.max(...lons), 0);
    const room = Math.min((this.width - 90) / Math.max(east - west, 1e-9), (this.height - 90) / Math.max(south - north, 1e-9));
    this.zoom = Math.max(1, Math.min(18, Math.log2(room)));
    this.draw();
  }

  zoomBy(step, x = this.width / 2, y = this.height / 2) {
    const [lat, lon] = this.placeAt(x, y);
    this.zoom = Math.max(1, Math.min(22, this.zoom + step));
    const [nx, ny] = this.at(lat, lon);
    this.pan(nx - x, ny - y);
  }

  pan(dx, dy) {
    const [x, y] = project(this.lat, this.lon, this.zoom);
    [this.lat, this.lon] = unproject(x + dx, y + dy, this.zoom);
    this.draw();
  }

  at(lat, lon) {
    const [cx, cy] = project(this.lat, this.lon, this.zoom), [x, y] = project(lat, lon, this.zoom);
    return [x - cx + this.width / 2, y - cy + this.height / 2];
  }

  placeAt(x, y) {
    const [cx, cy] = project(this.lat, this.lon, this.zoom);
    return unproject(cx + x - this.width / 2, cy + y - this.height / 2, this.zoom);
  }

  setFollow(on) {
    this.follow = on;
    document.querySelector('[data-map="follow"]').setAttribute('aria-pressed', String(on));
    this.show(this.vehicles, this.selected);
  }

  // A click on another vehicle chooses it, one anywhere else marks the place.
  markAt(x, y) {
    const near = this.vehicles.find(one => one.system !== this.selected && Math.hypot(...this.at(one.lat, one.lon).map((at, i) => at - [x, y][i])) < 14);
    if (near && !this.drawn) { this.onPick(near.system); return; }
    if (!this.drawn) this.mark = this.placeAt(x, y);
    this.onMark(this.placeAt(x, y));
    this.draw();
  }

  // --- hands ---
  listen() {
    const canvas = this.canvas;
    canvas.addEventListener('pointerdown', event => {
      canvas.setPointerCapture(event.pointerId);
      this.pointers.set(event.pointerId, [event.offsetX, event.offsetY]);
      this.travelled = this.pointers.size > 1 ? 99 : 0;
    });
    canvas.addEventListener('pointermove', event => this.dragged(event));
    const up = event => {
      const known = this.pointers.delete(event.pointerId);
      if (event.type === 'pointerup' && known && this.travelled < 5 && !this.pointers.size) this.markAt(event.offsetX, event.offsetY);
    };
    canvas.addEventListener('pointerup', up);
    canvas.addEventListener('pointercancel', up);
    canvas.addEventListener('wheel', event => { event.preventDefault(); this.zoomBy(-event.deltaY / 300, event.offsetX, event.offsetY); }, { passive: false });
    canvas.addEventListener('keydown', event => {
      const act = { ArrowLeft: () => this.pan(-60, 0), ArrowRight: () => this.pan(60, 0), ArrowUp: () => this.pan(0, -60), ArrowDown: () => this.pan(0, 60),
        '+': () => this.zoomBy(0.5), '=': () => this.zoomBy(0.5), '-': () => this.zoomBy(-0.5), a: () => this.fit(), f: () => this.setFollow(!this.follow),
        Enter: () => this.markAt(this.width / 2, this.height / 2) }[event.key];
      if (act && !event.ctrlKey && !event.metaKey) { event.preventDefault(); act(); }
    });
    const buttons = { in: () => this.zoomBy(0.7), out: () => this.zoomBy(-0.7), fit: () => this.fit(), follow: () => this.setFollow(!this.follow) };
    for (const button of document.querySelectorAll('[data-map]')) button.addEventListener('click', buttons[button.dataset.map]);
  }

  dragged(event) {
    const before = this.pointers.get(event.pointerId), now = [event.offsetX, event.offsetY];
    if (!before) return;
    if (this.pointers.size === 2) {
      const other = [...this.pointers].find(([id]) => id !== event.pointerId)[1];
      const span = p => Math.hypot(p[0] - other[0], p[1] - other[1]);
      this.zoomBy(Math.log2(span(now) / Math.max(span(before), 1)), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
    } else {
      this.travelled += Math.hypot(now[0] - before[0], now[1] - before[1]);
      if (this.travelled >= 5) { if (this.follow) this.setFollow(false); this.pan(before[0] - now[0], before[1] - now[1]); }
    }
    if (this.travelled >= 5 || this.pointers.size === 2) this.pointers.set(event.pointerId, now);
  }

  // --- drawing ---
  resize() {
    const ratio = window.devicePixelRatio || 1, box = this.canvas.getBoundingClientRect();
    [this.width, this.height] = [box.width, box.height];
    this.canvas.width = Math.round(box.width * ratio);
    this.canvas.height = Math.round(box.height * ratio);
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.paint();
  }

  draw() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => { this.waiting = false; this.paint(); });
  }

  paint() {
    const c = this.context, style = getComputedStyle(document.documentElement), of = name => style.getPropertyValue(name).trim();
    this.ink = { text: of('--ink'), soft: of('--soft'), grid: of('--grid'), ground: of('--map'), panel: of('--panel'), bad: of('--bad'), good: of('--good'), look: of('--look') };
    c.fillStyle = this.ink.ground;
    c.fillRect(0, 0, this.width, this.height);
    c.font = '11px system-ui, sans-serif';
    if (this.tiles) this.paintTiles(c);
    else this.ground.paint(c, this);
    this.paintGraticule(c);
    this.paintFence(c);
    this.paintTracks(c);
    this.paintPlan(c);
    this.paintPhotos(c);
    for (const one of this.vehicles) if (one.system !== this.selected) this.paintVehicle(c, one);
    for (const one of this.vehicles) if (one.system === this.selected) this.paintVehicle(c, one);
    this.paintMark(c);
    this.paintDrawn(c);
    this.paintScale(c);
  }

  paintTiles(c) {
    const z = Math.max(0, Math.min(19, Math.round(this.zoom))), scale = 2 ** (this.zoom - z), side = TILE * scale;
    const [cx, cy] = project(this.lat, this.lon, this.zoom), left = cx - this.width / 2, top = cy - this.height / 2;
    for (let x = Math.floor(left / side); x * side < left + this.width; x++)
      for (let y = Math.floor(top / side); y * side < top + this.height; y++) {
        if (y < 0 || y >= 2 ** z) continue;
        const picture = this.picture(z, ((x % 2 ** z) + 2 ** z) % 2 ** z, y);
        if (picture.complete && picture.naturalWidth) c.drawImage(picture, x * side - left, y * side - top, side + 0.6, side + 0.6);
      }
  }

  picture(z, x, y) {
    const key = `${z}/${x}/${y}`;
    if (!this.pictures.has(key)) {
      if (this.pictures.size > 600) this.pictures.delete(this.pictures.keys().next().value);
      const picture = new Image();
      picture.referrerPolicy = 'no-referrer';
      picture.onload = () => this.draw();
      picture.src = this.tiles.replace('{z}', z).replace('{x}', x).replace('{y}', y);
      this.pictures.set(key, picture);
    }
    return this.pictures.get(key);
  }

  paintGraticule(c) {
    const [north, west] = this.placeAt(0, 0), [south, east] = this.placeAt(this.width, this.height);
    const stepLon = graticuleStep((east - west) / this.width), stepLat = graticuleStep((north - south) / this.height);
    c.lineWidth = 1;
    c.strokeStyle = this.ink.grid;
    c.beginPath();
    const lons = [], lats = [];
    for (let i = Math.ceil(west / stepLon); i * stepLon <= east; i++) lons.push(i * stepLon);
    for (let i = Math.ceil(south / stepLat); i * stepLat <= north; i++) lats.push(i * stepLat);
    for (const lon of lons) { const [x] = this.at(this.lat, lon); c.moveTo(Math.round(x) + 0.5, 0); c.lineTo(Math.round(x) + 0.5, this.height); }
    for (const lat of lats) { const [, y] = this.at(lat, this.lon); c.moveTo(0, Math.round(y) + 0.5); c.lineTo(this.width, Math.round(y) + 0.5); }
    c.stroke();
    for (const lon of lons) { const [x] = this.at(this.lat, lon); if (x > 95) this.label(c, angle(lon, stepLon, 'EW'), x + 4, this.height - 6, this.ink.soft); }
    for (const lat of lats) { const [, y] = this.at(lat, this.lon); if (y < this.height - 34) this.label(c, angle(lat, stepLat, 'NS'), 5, y - 4, this.ink.soft); }
  }

  label(c, text, x, y, colour, bold = false) {
    c.font = `${bold ? '600 12px' : '11px'} system-ui, sans-serif`;
    c.lineJoin = 'round';
    c.lineWidth = 3;
    c.strokeStyle = this.ink.ground;
    c.strokeText(text, x, y);
    c.fillStyle = colour;
    c.fillText(text, x, y);
  }

  path(c, places, close = false) {
    c.beginPath();
    places.forEach(([lat, lon], i) => { const [x, y] = this.at(lat, lon); i ? c.lineTo(x, y) : c.moveTo(x, y); });
    if (close) c.closePath();
  }

  paintTracks(c) {
    c.lineJoin = 'round';
    for (const [system, track] of this.tracks) {
      if (track.length < 2) continue;
      const chosen = system === this.selected;
      this.path(c, track);
      c.lineWidth = chosen ? 2.6 : 1.4;
      c.globalAlpha = chosen ? 0.95 : 0.5;
      c.strokeStyle = this.colour(system);
      c.stroke();
      c.globalAlpha = 1;
    }
  }

  paintPlan(c) {
    const chosen = this.vehicles.find(one => one.system === this.selected);
    const items = (this.plan?.mission ?? []).filter(item => item.place);
    const line = items.map(item => [item.x, item.y]);
    if (chosen?.home && line.length) {
      line.unshift(chosen.home.slice(0, 2));
      if (this.plan.mission.some(item => item.command === RETURN)) line.push(chosen.home.slice(0, 2));
    }
    if (line.length > 1) {
      this.path(c, line);
      c.setLineDash([7, 5]);
      c.lineWidth = 1.8;
      c.strokeStyle = this.ink.soft;
      c.stroke();
      c.setLineDash([]);
    }
    for (const item of items) {
      const [x, y] = this.at(item.x, item.y), now = chosen?.item === item.seq && chosen.armed;
      c.beginPath();
      c.arc(x, y, now ? 12 : 9.5, 0, 7);
      c.fillStyle = now ? this.ink.look : this.ink.panel;
      c.fill();
      c.lineWidth = 1.6;
      c.strokeStyle = now ? this.ink.look : this.ink.soft;
      c.stroke();
      c.font = '600 11px system-ui, sans-serif';
      c.textAlign = 'center';
      c.fillStyle = now ? this.ink.panel : this.ink.text;
      c.fillText(String(item.seq), x, y + 4);
      c.textAlign = 'left';
    }
    if (chosen?.home) this.paintHome(c, chosen.home, items);
    for (const point of this.plan?.rally ?? []) {
      const [x, y] = this.at(point.x, point.y);
      c.beginPath(); c.moveTo(x, y - 11); c.lineTo(x + 10, y + 7); c.lineTo(x - 10, y + 7); c.closePath();
      c.fillStyle = this.ink.panel; c.fill(); c.lineWidth = 1.8; c.strokeStyle = this.ink.good; c.stroke();
      c.textAlign = 'center'; c.font = '600 10px system-ui, sans-serif'; c.fillStyle = this.ink.good; c.fillText('R', x, y + 4); c.textAlign = 'left';
    }
  }

  // Beside an item that stands where home is, so that both can be read.
  paintHome(c, [lat, lon], items) {
    let [x, y] = this.at(lat, lon);
    if (items.some(item => Math.hypot(...this.at(item.x, item.y).map((at, i) => at - [x, y][i])) < 18)) [x, y] = [x - 20, y + 14];
    c.fillStyle = this.ink.panel;
    c.strokeStyle = this.ink.text;
    c.lineWidth = 1.8;
    c.beginPath();
    c.roundRect(x - 9, y - 9, 18, 18, 4);
    c.fill();
    c.stroke();
    c.font = '700 12px system-ui, sans-serif';
    c.textAlign = 'center';
    c.fillStyle = this.ink.text;
    c.fillText('H', x, y + 4.5);
    c.textAlign = 'left';
  }

  paintFence(c) {
    const fence = this.plan?.fence ?? [];
    for (let i = 0; i < fence.length;) {
      const item = fence[i], inside = item.command === FENCE.polygonIn || item.command === FENCE.circleIn;
      if (item.command === FENCE.polygonIn || item.command === FENCE.polygonOut) {
        const count = Math.max(1, item.param1);
        this.path(c, fence.slice(i, i + count).map(one => [one.x, one.y]), true);
        i += count;
      } else if (item.command === FENCE.circleIn || item.command === FENCE.circleOut) {
        const [x, y] = this.at(item.x, item.y);
        c.beginPath();
        c.arc(x, y, item.param1 / metresPerPixel(item.x, this.zoom), 0, 7);
        i += 1;
      } else { i += 1; continue; }
      c.lineWidth = 2;
      c.strokeStyle = inside ? this.ink.good : this.ink.bad;
      c.setLineDash(inside ? [] : [4, 4]);
      c.stroke();
      c.setLineDash([]);
      if (!inside) { c.globalAlpha = 0.16; c.fillStyle = this.ink.bad; c.fill(); c.globalAlpha = 1; }
    }
  }

  paintPhotos(c) {
    for (const [system, photos] of this.photos) {
      c.fillStyle = c.strokeStyle = this.colour(system);
      c.lineWidth = 1;
      for (const [lat, lon, corners] of photos) {
        if (corners) { this.path(c, corners, true); c.globalAlpha = 0.1; c.fill(); c.globalAlpha = 0.6; c.stroke(); c.globalAlpha = 1; }
        const [x, y] = this.at(lat, lon);
        c.fillRect(x - 2.5, y - 2.5, 5, 5);
      }
    }
  }

  // What the camera sees: the corners of its picture on the ground.
  paintFootprint(c, one) {
    if (!one.footprint) return;
    this.path(c, one.footprint, true);
    c.fillStyle = this.colour(one.system); c.globalAlpha = 0.18; c.fill(); c.globalAlpha = 1;
    c.lineWidth = 1.2; c.strokeStyle = this.colour(one.system); c.stroke();
  }

  paintVehicle(c, one) {
    const [x, y] = this.at(one.lat, one.lon), chosen = one.system === this.selected, size = chosen ? 15 : 10;
    if (chosen && one.target && one.armed) {
      this.path(c, [[one.lat, one.lon], one.target]);
      c.lineWidth = 1.2; c.setLineDash([2, 4]); c.strokeStyle = this.colour(one.system); c.stroke(); c.setLineDash([]);
    }
    this.paintFootprint(c, one);
    c.save();
    c.translate(x, y);
    c.rotate((one.heading_deg ?? one.yaw_deg ?? 0) * Math.PI / 180);
    c.beginPath();
    c.moveTo(0, -size); c.lineTo(size * 0.68, size * 0.8); c.lineTo(0, size * 0.42); c.lineTo(-size * 0.68, size * 0.8);
    c.closePath();
    c.fillStyle = one.lost ? this.ink.ground : this.colour(one.system);
    c.fill();
    c.lineWidth = chosen ? 2.2 : 1.4;
    c.strokeStyle = one.lost ? this.ink.bad : (chosen ? this.ink.panel : this.ink.ground);
    c.stroke();
    c.restore();
    if (!chosen && this.vehicles.length >= MOST_NAMES) {
      c.fillStyle = this.ink.text; c.font = '10px system-ui, sans-serif'; c.fillText(String(one.system), x + size, y - size * 0.5);
    } else {
      const height = chosen && one.height_m !== undefined ? `  ${figure(one.height_m, 0)} m` : '';
      this.label(c, `${one.system}${one.lost ? ' lost' : ''}${height}`, x + size + 3, y - size * 0.6, one.lost ? this.ink.bad : this.ink.text, chosen);
    }
  }

  paintMark(c) {
    if (!this.mark) return;
    const [x, y] = this.at(...this.mark);
    c.strokeStyle = this.ink.bad; c.lineWidth = 2;
    c.beginPath(); c.arc(x, y, 8, 0, 7); c.moveTo(x - 13, y); c.lineTo(x + 13, y); c.moveTo(x, y - 13); c.lineTo(x, y + 13); c.stroke();
  }

  // What is being drawn.
  paintDrawn(c) {
    if (!this.drawn?.length) return;
    this.path(c, this.drawn, this.closed);
    c.lineWidth = 2.4; c.strokeStyle = this.ink.look; c.stroke();
    for (const place of this.drawn) {
      const [x, y] = this.at(...place);
      c.beginPath(); c.arc(x, y, 4.5, 0, 7); c.fillStyle = this.ink.look; c.fill();
    }
  }

  paintScale(c) {
    const metres = nice(metresPerPixel(this.lat, this.zoom) * 90), pixels = metres / metresPerPixel(this.lat, this.zoom);
    const x = this.width - pixels - 14, y = this.height - 26;
    c.lineWidth = 4; c.strokeStyle = this.ink.ground; c.beginPath(); c.moveTo(x, y - 5); c.lineTo(x, y); c.lineTo(x + pixels, y); c.lineTo(x + pixels, y - 5); c.stroke();
    c.lineWidth = 1.6; c.strokeStyle = this.ink.text; c.stroke();
    const n = this.width - 22;
    c.beginPath(); c.moveTo(n, y - 52); c.lineTo(n + 6, y - 34); c.lineTo(n, y - 39); c.lineTo(n - 6, y - 34); c.closePath(); c.fillStyle = this.ink.soft; c.fill();
    this.label(c, 'N', n - 4, y - 56, this.ink.text, true);
    this.label(c, metres >= 1000 ? `${metres / 1000} km` : `${metres} m`, x + 4, y - 5, this.ink.text);
  }
}
