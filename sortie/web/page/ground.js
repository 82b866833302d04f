// The ground under the map: heights of the part that is looked at, shaded as if the sun stood in the north-west, with
// contours. Asked for when the map has come to rest.
import { nice } from './geo.js';

const COLUMNS = 120, REST_MS = 250, MARGIN = 0.25, WIDEST = 0.95;

export class Ground {
  constructor(ready) { Object.assign(this, { ready, there: false, shown: null, asked: '' }); }

  paint(c, map) {
    if (!this.there || !map.width) return;
    this.want(map);
    const shown = this.shown;
    if (!shown) return;
    const [x, y] = map.at(shown.north, shown.west), [right, bottom] = map.at(shown.south, shown.east);
    const dark = document.documentElement.dataset.theme === 'dark';
    if (shown.dark !== dark) this.shade(shown, dark);
    c.imageSmoothingEnabled = true;
    c.imageSmoothingQuality = 'high';
    c.drawImage(shown.picture, x, y, right - x, bottom - y);
    this.contours(c, map, shown, dark);
  }

  // A quarter more than is seen, so that a small step shows no edge.
  want(map) {
    const [north, west] = map.placeAt(0, 0), [south, east] = map.placeAt(map.width, map.height);
    const dy = (north - south) * MARGIN, dx = (east - west) * MARGIN, now = this.shown;
    const inside = now && now.south <= south && now.north >= north && now.west <= west && now.east >= east && now.east - now.west < (east - west) * 3;
    if (inside || east - west + 2 * dx > WIDEST || north - south + 2 * dy > WIDEST) return;
    const wanted = { south: south - dy, west: west - dx, north: north + dy, east: east + dx, columns: COLUMNS, rows: Math.max(2, Math.round(COLUMNS * map.height / map.width)) };
    const key = [map.lat, map.lon, map.zoom].map(value => value.toFixed(5)).join();
    if (this.asked === key) return;
    this.asked = key;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.read(wanted), REST_MS);
  }

  async read(wanted) {
    const response = await fetch(new URL(`ground?${new URLSearchParams(wanted)}`, document.baseURI)).catch(() => null);
    const heights = response?.ok ? await response.json() : null;
    this.shown = heights && { ...wanted, heights };
    this.ready();
  }

  shade(shown, dark) {
    const { rows, columns, heights } = shown, picture = new OffscreenCanvas(columns, rows), c = picture.getContext('2d'), data = c.createImageData(columns, rows);
    const known = heights.filter(height => height !== null), low = Math.min(...known), span = Math.max(...known) - low || 1;
    const perColumn = (shown.east - shown.west) / columns * 111195 * Math.cos(shown.south * Math.PI / 180), perRow = (shown.north - shown.south) / rows * 111195;
    const at = (i, j) => heights[Math.max(0, Math.min(rows - 1, i)) * columns + Math.max(0, Math.min(columns - 1, j))];
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) {
        const height = at(i, j), place = ((rows - 1 - i) * columns + j) * 4;
        if (height === null) continue;
        const east = ((at(i, j + 1) ?? height) - (at(i, j - 1) ?? height)) / (2 * perColumn), north = ((at(i + 1, j) ?? height) - (at(i - 1, j) ?? height)) / (2 * perRow);
        const light = (1 + 1.6 * (east - north)) / Math.hypot(1, 1.6 * east, 1.6 * north), share = (height - low) / span;
        const tint = dark ? [26 + 34 * share, 40 + 26 * share, 38 + 14 * share] : [202 + 26 * share, 216 + 4 * share, 192 + 14 * share];
        for (let k = 0; k < 3; k++) data.data[place + k] = Math.max(0, Math.min(255, tint[k] * (0.6 + 0.4 * Math.max(0, Math.min(1.25, light)))));
        data.data[place + 3] = 255;
      }
    c.putImageData(data, 0, 0);
    Object.assign(shown, { picture, dark, low, high: low + span });
  }

  // Lines of one height, by marching over the squares of the grid.
  contours(c, map, shown, dark) {
    const { rows, columns, heights } = shown;
    if (shown.high - shown.low < 2) return;
    const step = nice((shown.high - shown.low) / 9);
    c.lineWidth = 1;
    c.strokeStyle = dark ? 'rgba(220,205,170,.28)' : 'rgba(110,85,40,.38)';
    c.beginPath();
    const [left, top] = map.at(shown.north, shown.west), [right, bottom] = map.at(shown.south, shown.east);
    const dx = (right - left) / (columns - 1), dy = (bottom - top) / (rows - 1);
    for (let i = 0; i + 1 < rows; i++)
      for (let j = 0; j + 1 < columns; j++) {
        const corners = [heights[i * columns + j], heights[i * columns + j + 1], heights[(i + 1) * columns + j + 1], heights[(i + 1) * columns + j]];
        if (corners.includes(null)) continue;
        for (let level = Math.ceil(Math.min(...corners) / step) * step; level <= Math.max(...corners); level += step) {
          const ends = [];
          for (let k = 0; k < 4; k++) {
            const a = corners[k], b = corners[(k + 1) % 4];
            if ((a < level) === (b < level)) continue;
            const t = (level - a) / (b - a), along = [[t, 0], [1, t], [1 - t, 1], [0, 1 - t]][k];
            ends.push([left + (j + along[0]) * dx, bottom - (i + along[1]) * dy]);
          }
          for (let k = 0; k + 1 < ends.length; k += 2) { c.moveTo(...ends[k]); c.lineTo(...ends[k + 1]); }
        }
      }
    c.stroke();
    map.label(c, `contours ${step} m, ${Math.round(shown.low)} to ${Math.round(shown.high)} m`, 6, map.height - 24, map.ink.soft);
  }
}
