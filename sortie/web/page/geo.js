// Places on a map: Web Mercator, so that tiles fit; metres and degrees for people.
export const TILE = 256;

export function project(lat, lon, zoom) {
  const size = TILE * 2 ** zoom, s = Math.sin(Math.max(-85.05, Math.min(85.05, lat)) * Math.PI / 180);
  return [(lon + 180) / 360 * size, (0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI)) * size];
}

export function unproject(x, y, zoom) {
  const size = TILE * 2 ** zoom, n = Math.PI - 2 * Math.PI * y / size;
  return [180 / Math.PI * Math.atan(Math.sinh(n)), x / size * 360 - 180];
}

export function metresPerPixel(lat, zoom) {
  return 40075016.686 * Math.cos(lat * Math.PI / 180) / (TILE * 2 ** zoom);
}

// A place so many metres to the north and east.
export function moved(lat, lon, north, east) {
  return [lat + north / 111194.93, lon + east / (111194.93 * Math.cos(lat * Math.PI / 180))];
}

// Metres to the north and east of one place to another near it, and over the globe.
export function offset(from, to) {
  return [(to[0] - from[0]) * 111194.93, (to[1] - from[1]) * 111194.93 * Math.cos(from[0] * Math.PI / 180)];
}

export function distance(from, to) {
  const [a, b, step] = [from[0], to[0], to[1] - from[1]].map(degrees => degrees * Math.PI / 180);
  return 2 * 6371000 * Math.asin(Math.sqrt(Math.sin((b - a) / 2) ** 2 + Math.cos(a) * Math.cos(b) * Math.sin(step / 2) ** 2));
}

// 1, 2 or 5 times a power of ten, at least `value`.
export function nice(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].find(one => one * power >= value * 0.999) * power;
}

// Steps of the graticule, degrees: as people count them, minutes and seconds below one degree.
const STEPS = [30, 10, 5, 2, 1, ...[30, 10, 5, 2, 1].map(m => m / 60), ...[30, 10, 5, 2, 1, 0.5, 0.2, 0.1].map(s => s / 3600)];

export function graticuleStep(degreesPerPixel, pixels = 90) {
  return [...STEPS].reverse().find(step => step >= degreesPerPixel * pixels) ?? STEPS[0];
}

export function angle(degrees, step, signs) {
  const sign = signs[degrees < 0 ? 1 : 0];
  let seconds = Math.round(Math.abs(degrees) * 36000) / 10;
  const d = Math.floor(seconds / 3600), m = Math.floor((seconds - d * 3600) / 60), s = seconds - d * 3600 - m * 60;
  if (step >= 1) return `${d}°${sign}`;
  if (step >= 1 / 60 - 1e-9) return `${d}°${String(m).padStart(2, '0')}′${sign}`;
  return `${d}°${String(m).padStart(2, '0')}′${(step < 1 / 3600 - 1e-9 ? s.toFixed(1) : s.toFixed(0)).padStart(2, '0')}″${sign}`;
}
