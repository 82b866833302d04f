// Below the vehicle: texts, plan, parameters, simulation, loop, flights, links.
import { $, figure, make, write } from './link.js';
import { Loop } from './loop.js';
import { Messages } from './messages.js';
import { sure } from './sure.js';

const TABS = [['texts', 'Texts'], ['plan', 'Plan'], ['parameters', 'Parameters'], ['simulation', 'World'], ['loop', 'Loop'], ['flights', 'Flights'], ['messages', 'Messages'], ['links', 'Links']];
const GRADES = ['emergency', 'alert', 'critical', 'error', 'warning', 'notice', 'info', 'debug'];
const SLIDERS = [
  ['SIM_WIND_SPD', 'Wind', 0, 20, 0.5, 'm/s'], ['SIM_WIND_DIR', 'Wind from', 0, 359, 1, '°'], ['SIM_WIND_TURB', 'Gusts', 0, 10, 0.5, 'm/s'], ['SIM_SPEEDUP', 'Speed-up', 0, 50, 1, '×'],
];
const MOST_TEXTS = 200, MOST_SHOWN = 80;

// What is said several times in a row stands there once, with the time of the last.
function folded(texts) {
  const rows = [];
  for (const text of texts) {
    const last = rows.at(-1);
    if (last && last[1] === text[1] && last[2] === text[2]) rows[rows.length - 1] = [...text, last[4] + 1];
    else rows.push([...text, 1]);
  }
  return rows;
}

// flights-0002 in a log directory, 3-flights-0002 of a fleet's third vehicle.
const flightName = name => name.replace(/^(?:(.+)-)?flights-0*(\d+)$/, (_, vehicle, number) => `${vehicle ? `Vehicle ${vehicle}, f` : 'F'}light ${number}`);
const counted = (count, word) => `${count} ${word}${count === 1 ? '' : 's'}`;

export class Tabs {
  constructor(line, chosen, vehicle, tell) {
    Object.assign(this, { line, chosen_: chosen, vehicle, tell, texts: new Map(), tables: new Map(), open: 'texts', loop: new Loop(), messages: new Messages(chosen), clock_ms: 0 });
    this.tabs = TABS.map(([name, word]) => make('button', { type: 'button', role: 'tab', id: `to-${name}`, 'aria-controls': `tab-${name}`, text: word, onclick: () => this.go(name) }));
    $('#tabs').append(...this.tabs);
    for (const [name] of TABS) $(`#tab-${name}`).setAttribute('aria-labelledby', `to-${name}`);
    $('#tabs').addEventListener('keydown', event => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key], there = this.tabs.filter(tab => !tab.hidden);
      if (!step) return;
      const next = there[(there.indexOf(document.activeElement) + step + there.length) % there.length];
      next.focus();
      next.click();
    });
    $('#parameter-load').addEventListener('click', () => this.readParameters());
    $('#parameter-form').addEventListener('submit', event => event.preventDefault());
    for (const id of ['#parameter-search', '#parameter-changed']) $(id).addEventListener('input', () => this.showParameters());
    this.go('texts');
  }

  hello(message) {
    this.control = message.control;
    this.failures = message.failures;
    $('#to-flights').hidden = !message.flights;
    $('#to-loop').hidden = !message.loop;
    if (message.loop && this.open === 'texts' && !this.vehicle()) this.go('loop');
    this.simulated = new Map();
    this.askSimulation();
  }

  go(name) {
    this.open = name;
    TABS.forEach(([other], i) => {
      this.tabs[i].setAttribute('aria-selected', String(other === name));
      this.tabs[i].tabIndex = other === name ? 0 : -1;
      $(`#tab-${other}`).hidden = other !== name;
    });
    if (name === 'flights') this.readFlights();
    if (name === 'parameters' && !this.tables.has(this.chosen_()) && this.chosen_()) this.readParameters();
    this.loop.watch(name === 'loop');
    this.messages.watch(name === 'messages');
  }

  // Another vehicle was chosen.
  chosen() {
    this.showTexts();
    this.showParameters();
    this.askSimulation();
    if (this.open === 'parameters') this.go('parameters');
  }

  // How fast its time passes, by its own clock.
  pace(vehicle, now) {
    if (!vehicle || vehicle.boot_s === undefined) return;
    const past = (this.past ??= []);
    if (past.length && (past[0][2] !== vehicle.system || vehicle.boot_s < past.at(-1)[1])) past.length = 0;
    past.push([now, vehicle.boot_s, vehicle.system]);
    if (past.length > 20) past.shift();
    const place = document.getElementById('pace'), wall = now - past[0][0];
    if (place && wall > 1) write(place, `Its time passes at ${((vehicle.boot_s - past[0][1]) / wall).toFixed(1)} × real time. Speed-up 0: as fast as possible.`);
  }

  state(vehicle) {
    if (vehicle && this.planVehicle !== `${vehicle.system} ${vehicle.item}`) this.plan(this.planShown, vehicle);
  }

  // --- texts ---
  text(system, text) {
    const kept = this.texts.get(system) ?? this.texts.set(system, []).get(system);
    if (kept.some(one => one[0] === text[0])) return;
    kept.push(text);
    if (kept.length > MOST_TEXTS) kept.shift();
    if (system === this.chosen_()) this.showTexts();
  }

  said(system, texts) {
    this.texts.set(system, texts.slice());
    if (system === this.chosen_()) this.showTexts();
  }

  showTexts() {
    const texts = this.texts.get(this.chosen_()) ?? [];
    if (!texts.length) { $('#texts').replaceChildren(make('li', {}, make('span', { class: 'grade', text: '–' }), make('span', { class: 'quiet', text: 'It has said nothing yet.' }))); return; }
    $('#texts').replaceChildren(...folded(texts).reverse().map(([, severity, text, at_s, count]) => make('li', {},
      make('time', { class: 'grade', text: new Date(this.clock_ms + at_s * 1000).toLocaleTimeString([], { hour12: false }) }), make('span', { class: 'grade', text: GRADES[severity] ?? severity }),
      make('span', { class: severity <= 3 ? 'bad' : severity === 4 ? 'look' : '', text: count > 1 ? `${text} (${count} times)` : text }))));
  }

  // --- plan ---
  plan(plan, vehicle) {
    this.planShown = plan;
    this.planVehicle = vehicle ? `${vehicle.system} ${vehicle.item}` : '';
    const place = $('#plan');
    if (!plan || !plan.mission.length && !plan.fence.length && !plan.rally.length) { place.replaceChildren(make('p', { class: 'quiet', text: 'The vehicle has no plan.' })); return; }
    const cell = (text, kind = '') => make('td', { text, class: kind });
    const rows = plan.mission.map(item => make('tr', { 'aria-current': item.seq === vehicle?.item ? 'step' : null },
      cell(String(item.seq), 'n'), cell(item.name.replace(/^NAV_|^DO_/, '').replaceAll('_', ' ').toLowerCase()), cell(item.place || item.z ? figure(item.z, 0, 'm') : '–', 'n'),
      make('td', {}, this.control ? make('button', { type: 'button', text: 'Go on here', 'aria-label': `Go on with item ${item.seq}`,
        onclick: async () => this.tell(await this.line.ask('item', this.chosen_(), { seq: item.seq })) }) : null)));
    place.replaceChildren(
      ...(rows.length ? [make('table', {}, make('thead', {}, make('tr', {}, ...['#', 'Item', 'Height', ''].map((text, i) => i === 3 ? make('td') : make('th', { text, scope: 'col', class: i % 2 ? '' : 'n' })))), make('tbody', {}, ...rows))] : []),
      make('p', { class: 'quiet', text: `${counted(plan.fence.length, 'fence point')}, ${counted(plan.rally.length, 'rally point')}` }));
  }

  // --- parameters ---
  async readParameters() {
    const system = this.chosen_();
    if (!system) return;
    write($('#parameter-count'), 'reading …');
    const answer = await this.line.ask('parameters', system);
    if (answer.ok) this.tables.set(system, answer.data);
    else this.tell(answer);
    this.showParameters();
  }

  showParameters() {
    const table = this.tables.get(this.chosen_()) ?? [], words = $('#parameter-search').value.toLowerCase().split(/\s+/), changed = $('#parameter-changed').checked;
    const isChanged = row => row.default !== undefined && Math.abs(row.default - row.value) > 1e-6 * Math.max(1, Math.abs(row.value));
    // The name that was typed stands first, then names that begin so, then names that have it, then meanings.
    const rank = ({ name }) => { const n = name.toLowerCase(), word = words[0]; return n === word ? 0 : n.startsWith(word) ? 1 : n.includes(word) ? 2 : 3; };
    const found = table.filter(row => (!changed || isChanged(row)) && words.every(word => `${row.name} ${row.about ?? ''}`.toLowerCase().includes(word))).sort((a, b) => rank(a) - rank(b));
    write($('#parameter-count'), table.length ? `${found.length} of ${table.length}${found.length > MOST_SHOWN ? `, the first ${MOST_SHOWN} shown` : ''}` : '');
    $('#parameters').replaceChildren(...found.slice(0, MOST_SHOWN).map(row => this.parameter(row, isChanged(row))));
  }

  parameter(row, changed) {
    const values = Object.entries(row.values ?? {}), id = `p-${row.name}`;
    const input = values.length
      ? make('select', { id }, ...(row.value in row.values ? [] : [make('option', { value: row.value, text: row.value })]), ...values.map(([number, text]) => make('option', { value: number, text: `${number}: ${text}` })))
      : make('input', { id, type: 'number', step: 'any', value: +row.value.toPrecision(7) });
    input.value = values.length ? row.value : +row.value.toPrecision(7);
    input.disabled = !this.control || row.fixed;
    const bound = row.low !== undefined && row.low !== null && row.high !== null;
    input.addEventListener('change', async () => {
      const value = Number(input.value), outside = bound && (value < row.low || value > row.high);
      if (input.value === '' || outside && !await sure(`${row.name}: ${value} is outside of ${row.low} to ${row.high}. A vehicle stores that without a word.`, 'Set it', true)) {
        input.value = +row.value.toPrecision(7);
        return;
      }
      const answer = await this.line.ask('set', this.chosen_(), { name: row.name, value, type: row.type });
      this.tell(answer);
      if (answer.data && answer.data.value !== null) row.value = answer.data.value;
      input.value = values.length ? row.value : +row.value.toPrecision(7);
    });
    const range = bound ? ` · ${row.low} to ${row.high}` : '';
    const bits = Object.entries(row.bits ?? {}).map(([bit, text]) => `${2 ** bit}: ${text}`).join(', ');
    const far = bound && (row.value < row.low || row.value > row.high);
    return make('li', { class: `${changed ? 'changed' : ''}${far ? ' outside' : ''}` }, make('div', { class: 'head' }, make('b', {}, make('label', { for: id, text: row.name })), input, make('span', { class: 'quiet', text: row.unit ?? '' })),
      make('p', { text: `${row.about ?? ''}${range}${row.default !== undefined ? ` · default ${+row.default.toPrecision(6)}` : ''}${row.reboot ? ' · acts after a restart' : ''}${bits ? ` · bits ${bits}` : ''}` }));
  }

  // --- simulation ---
  async askSimulation() {
    const system = this.chosen_();
    if (!system || !this.simulated) return;
    if (!this.simulated.has(system)) {
      this.simulated.set(system, null);
      const answer = await this.line.ask('simulator', system);
      if (answer.ok) this.simulated.set(system, answer.data);
      else this.simulated.delete(system);
    }
    if (system === this.chosen_()) this.showSimulation();
  }

  showSimulation() {
    const values = this.simulated.get(this.chosen_()), place = $('#simulation');
    $('#to-simulation').hidden = !values;
    if (!values) { if (this.open === 'simulation') this.go('texts'); return; }
    const set = async (name, value) => {
      const answer = await this.line.ask('set', this.chosen_(), { name, value, type: 9 });
      this.tell(answer);
      if (answer.data && answer.data.value !== null) values[name] = answer.data.value;
      return answer.ok;
    };
    const sliders = SLIDERS.filter(([name]) => name in values).map(([name, word, low, high, step, unit]) => {
      const output = make('output', { text: `${+values[name].toFixed(1)} ${unit}` }), id = `s-${name}`;
      const slider = make('input', { type: 'range', id, min: low, max: high, step, value: values[name], disabled: !this.control,
        oninput: () => { output.textContent = `${slider.value} ${unit}`; }, onchange: () => set(name, Number(slider.value)) });
      return make('div', { class: 'slider' }, make('label', { for: id, text: word }), slider, output);
    });
    const units = [...new Set(this.failures.map(one => one[0]))], word = text => text.replaceAll('_', ' ').toLowerCase();
    const types = make('select', { id: 'fail-type', 'aria-label': 'How it fails' });
    const unit = make('select', { id: 'fail-unit', 'aria-label': 'What fails' }, ...units.map(one => make('option', { value: one, text: word(one) })));
    const fill = () => types.replaceChildren(...this.failures.filter(one => one[0] === unit.value).map(one => make('option', { value: one[1], text: word(one[1]) })));
    unit.addEventListener('change', fill);
    fill();
    const fail = async type => {
      if (!values.SYS_FAILURE_EN && !await set('SYS_FAILURE_EN', 1)) return;
      this.tell(await this.line.ask('fail', this.chosen_(), { unit: unit.value, type, instance: unit.value === 'MOTOR' ? 1 : 0 }));
    };
    place.replaceChildren(...sliders, make('p', { class: 'quiet', id: 'pace', text: 'Speed-up 0: as fast as possible.' }),
      make('div', { class: 'control-only' }, make('h3', { text: 'Failures' }), make('div', { class: 'row' }, unit, types,
        make('button', { type: 'button', class: 'stop', text: 'Break it', onclick: () => fail(types.value) }), make('button', { type: 'button', text: 'Mend it', onclick: () => fail('OK') }))));
  }

  // --- flights ---
  async readFlights() {
    const place = $('#flights');
    const response = await fetch(new URL('flights', document.baseURI));
    const flights = response.ok ? await response.json() : [];
    if (!flights.length) { place.replaceChildren(make('p', { class: 'quiet', text: 'No flight has been logged yet.' })); return; }
    place.replaceChildren(make('ul', { class: 'story' }, ...flights.map(one => make('li', {},
      make('div', { class: 'row' }, make('b', { text: flightName(one.name) }), make('span', { text: one.flight_time_s ? `${one.flight_time_s.toFixed(0)} s, ${one.distance_m.toFixed(0)} m, ${counted(one.items_reached, 'item')}` : 'has not ended' }),
        make('span', { text: one.outcome }),
        make('span', { class: 'quiet', text: new Date(one.began_s * 1000).toLocaleString() })),
      make('div', { class: 'row' }, make('a', { href: `flights/${one.name}/report`, target: '_blank', rel: 'noopener', text: 'report' }),
        ...one.files.map(([file, size]) => make('a', { href: `flights/${one.name}/files/${file}`, download: file, text: `${file} (${size > 1e6 ? `${(size / 1e6).toFixed(1)} MB` : `${Math.ceil(size / 1e3)} kB`})` })))))));
  }

  // --- links ---
  links(links, vehicles) {
    if (this.open !== 'links') return;
    const row = (...cells) => make('tr', {}, ...cells.map((text, i) => make('td', { text, class: i ? 'n' : '' })));
    const head = (...words) => make('thead', {}, make('tr', {}, ...words.map((text, i) => make('th', { text, scope: 'col', class: i ? 'n' : '' }))));
    $('#links').replaceChildren(
      make('table', {}, head('Link', 'frames in', 'kB in', 'lost', 'bad', 'out'), make('tbody', {}, ...links.map(one => row(one.name, one.frames_in, (one.bytes_in / 1000).toFixed(0), one.lost, one.errors, one.frames_out)))),
      make('table', {}, head('Vehicle', 'messages/s', 'lost', 'round trip', 'radio'), make('tbody', {}, ...vehicles.map(one =>
        row(String(one.system), figure(one.rate_hz, 0), figure(one.loss_percent, 1, '%'), figure(one.round_trip_ms, 0, 'ms'), `${one.rssi ?? '–'} / ${one.remote_rssi ?? '–'}`)))));
  }
}
