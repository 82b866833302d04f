// The chosen vehicle at one glance, and what it can be told.
import { offset } from './geo.js';
import { $, figure, make, write } from './link.js';
import { sure } from './sure.js';

// How bad its charge is; what no monitor tells (null) is not bad.
export function charge(v) { const percent = v.battery_percent ?? 100; return percent < 20 ? 'bad' : percent < 35 ? 'look' : ''; }

const PHASES = ['IDLE', 'PREFLIGHT', 'ARMED', 'FLYING', 'LANDING', 'LANDED'];
const FIGURES = [
  ['Height', v => figure(v.height_m, 1, 'm')],
  ['Speed', v => figure(v.speed_mps, 1, 'm/s')],
  ['Climb', v => figure(v.climb_mps, 1, 'm/s')],
  ['Airspeed', v => figure(v.airspeed_mps, 1, 'm/s')],
  ['Flies', v => v.stance ?? '–'],
  ['Heading', v => figure(v.heading_deg ?? v.yaw_deg, 0, '°')],
  ['To home', v => toHome(v)],
  ['In flight', v => clock(v.armed_for_s)],
  ['Battery', v => `${figure(v.battery_percent, 0, '%')}`, charge],
  ['Volt', v => figure(v.battery_v, 2, 'V')],
  ['Satellites', v => v.satellites === undefined || v.satellites === null ? '–' : `${v.satellites}${v.fix < 3 ? ' no fix' : ''}`, v => v.fix < 3 ? 'bad' : ''],
  ['Item', v => v.item === undefined ? '–' : `${v.item}${v.items ? ` of ${v.items}` : ''}`],
  ['Wind', v => v.wind ? `${figure(v.wind[0], 1, 'm/s')}` : '–'],
  ['Link lost', v => figure(v.loss_percent, 1, '%'), v => v.loss_percent > 20 ? 'bad' : v.loss_percent > 5 ? 'look' : ''],
  ['Above ground', v => figure(v.above_ground_m, 1, 'm')],
];

// Shown of what has wings. What is not known yet has its place all the same: no button moves when it comes.
const OF_WINGS = new Set(['Airspeed', 'Flies']);

const WINDS = ['N', 'NE', 'E', 'SE', 'S', 'SW', 'W', 'NW'];

// Metres over ground to home, and in which direction.
export function toHome(v) {
  if (!v.home || v.lat === undefined) return '–';
  const [north, east] = offset([v.lat, v.lon], v.home), far = Math.hypot(north, east);
  if (far < 2) return figure(far, 0, 'm');
  const there = WINDS[Math.round(Math.atan2(east, north) / Math.PI * 4 + 8) % 8];
  return far < 10000 ? `${figure(far, 0, 'm')} ${there}` : `${figure(far / 1000, 0, 'km')} ${there}`;
}

const clock = s => s === undefined || s === null ? '–' : `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, '0')}`;

export function title(v) { return `Vehicle ${v.system} · ${v.firmware ?? ''} ${v.kind ?? ''}`.trim(); }

export class Card {
  constructor(line, chosen, tell) {
    Object.assign(this, { line, chosen, tell, modes: {}, fitted: {} });
    this.dds = FIGURES.map(([name]) => {
      const dd = make('dd', { text: '–' });
      $('#figures').append(make('div', {}, make('dt', { text: name }), dd));
      return dd;
    });
    $('#phases').append(...PHASES.map(name => make('li', { text: name.toLowerCase(), 'data-phase': name })));
    this.buttons = Object.fromEntries([...document.querySelectorAll('[data-act]')].map(button => [button.dataset.act, button]));
    for (const [name, button] of Object.entries(this.buttons)) button.addEventListener('click', () => this.act(name));
    $('#mode-form').addEventListener('submit', event => { event.preventDefault(); this.setMode($('#mode-name').value); });
    $('#mode-name').addEventListener('change', () => { this.picked = true; });
    $('#takeoff-form').addEventListener('submit', event => { event.preventDefault(); this.takeOff(Number($('#takeoff-height').value)); });
    $('#change-form').addEventListener('submit', event => { event.preventDefault(); this.change($('#change-what').value, Number($('#change-value').value)); });
    $('#change-what').addEventListener('change', () => { this.typed = false; this.present(); });
    $('#change-value').addEventListener('input', () => { this.typed = true; });
  }

  // Each of those that are told; of several how many have accepted, and what the first of the others says.
  async ask(ask, more) {
    const systems = this.chosen(), answers = await Promise.all(systems.map(system => this.line.ask(ask, system, more)));
    if (answers.length === 1) return this.tell(answers[0]);
    const bad = answers.findIndex(answer => !answer.ok), accepted = answers.filter(answer => answer.ok).length;
    this.tell(bad < 0 ? { ok: true, text: `all ${answers.length}: ${answers[0].text}` } : { ok: false, text: `${accepted} of ${answers.length}; vehicle ${systems[bad]}: ${answers[bad].text}` });
  }

  sure(text, yes, bad) { const many = this.chosen().length; return sure(many > 1 ? `${many} vehicles. ${text}` : text, yes, bad); }

  // What moves the vehicle is asked for once more; what stops it is done at once.
  async act(name) {
    const v = this.v, has = mode => (this.modes[v.system] ?? []).includes(mode);
    if (name === 'GO' && !await this.sure('GO: after the countdown the vehicle arms and flies its mission.', 'GO')) return;
    if (name === 'GO' || name === 'ABORT') return this.ask('flight', { command: name });
    if (name === 'arm') {
      if (!v.armed && !await this.sure('Arm: the motors start.', 'Arm')) return;
      return this.ask('arm', { on: !v.armed });
    }
    if (name === 'start') {
      if (!v.armed && !await this.sure(`Start the mission: the vehicle arms and ${v.flies ? 'takes off' : 'drives off'} at once.`, 'Start')) return;
      return this.ask('start');
    }
    if (name === 'cut') {
      const falls = v.flies && v.height_m > 1 ? ` It falls from ${figure(v.height_m, 0, 'm')}.` : '';
      return await this.sure(`Motors off, now?${falls}`, 'Motors off', true) ? this.ask('arm', { on: false, force: true }) : undefined;
    }
    if (name === 'pause' || name === 'photo') return this.ask(name);
    const wanted = name === 'rtl' ? ['RTL', 'Return'] : v.flies ? ['LAND', 'Land', 'QLAND', 'AUTOLAND'] : ['HOLD', 'Hold'];
    return this.ask('mode', { mode: wanted.find(has) ?? wanted[0] });
  }

  async setMode(mode) {
    if (this.v.armed && !await this.sure(`From ${this.v.mode} to ${mode} while it is armed?`, mode)) return;
    this.picked = false;
    this.ask('mode', { mode });
  }

  async takeOff(height_m) {
    if (await this.sure(`Take off to ${height_m} m: the vehicle arms, and its motors start.`, 'Take off')) this.ask('takeoff', { height_m });
  }

  change(name, value) { this.typed = false; return this.ask(name.split('_')[0], { [name]: value }); }

  // The value as it is now, from which another is chosen; what a person types stays.
  present() {
    if (this.typed || document.activeElement === $('#change-value')) return;
    const name = $('#change-what').value, value = name === 'heading_deg' ? this.v.heading_deg : name === 'speed_mps' ? Math.max(1, this.v.speed_mps ?? 1) : this.v.height_m;
    $('#change-value').value = value === undefined || value === null ? '' : Math.round(value);
  }

  show(v) {
    const none = !v;
    v ??= {};
    this.v = v;
    write($('#name'), none ? 'No vehicle' : title(v));
    write($('#mode'), v.lost ? 'LOST' : v.mode ?? '–');
    this.chips(none ? [] : [
      v.lost ? ['bad', `silent for ${v.silent_s.toFixed(0)} s`] : null,
      v.armed ? ['look', '▲ armed'] : ['soft', '▽ disarmed'],
      v.ready === undefined || v.armed ? null : v.ready ? ['good', '✓ ready to arm'] : ['look', '… not ready to arm'],
      v.status === 'CRITICAL' || v.status === 'EMERGENCY' ? ['bad', `! ${v.status.toLowerCase()}`] : null,
      v.mission === 'active' || v.mission === 'paused' || v.mission === 'complete' ? ['soft', `mission ${v.mission}`] : null,
    ].filter(Boolean));
    FIGURES.forEach(([, tell, grade], i) => {
      write(this.dds[i], none ? '–' : tell(v));
      const other = !v.wings && OF_WINGS.has(FIGURES[i][0]);
      if (this.dds[i].parentElement.hidden !== other) this.dds[i].parentElement.hidden = other;
      const wanted = !none && grade ? grade(v) : '';
      if (this.dds[i].className !== wanted) this.dds[i].className = wanted;
    });
    const fitted = this.fitted[v.system] ?? [];
    write($('#fitted'), `Fitted with: ${fitted.join(', ')}`);
    $('#fitted').hidden = !fitted.length;
    this.showFlight(v);
    this.showModes(v);
    this.tilt(v);
  }

  chips(wanted) {
    const text = wanted.map(one => one.join()).join('|');
    if (this.chipsShown === text) return;
    this.chipsShown = text;
    $('#chips').replaceChildren(...wanted.map(([grade, word]) => make('span', { class: `chip ${grade}`, text: word })));
  }

  // The buttons that fit what the vehicle is doing.
  showFlight(v) {
    $('#phases').hidden = !v.flight;
    for (const phase of document.querySelectorAll('[data-phase]')) {
      const here = phase.dataset.phase === v.flight;
      if (here !== phase.hasAttribute('aria-current')) here ? phase.setAttribute('aria-current', 'step') : phase.removeAttribute('aria-current');
    }
    const counting = v.flight === 'PREFLIGHT' || v.flight === 'ARMED', counts = v.flight === 'ARMED' && v.countdown_s > 0;
    $('#countdown').hidden = !counts;
    if (counts) write($('#countdown'), `T − ${v.countdown_s} s`);
    const can = { GO: v.flight && !counting && !v.armed, ABORT: counting, start: v.items !== 0 && v.mission !== 'no mission' && !counting, arm: true, cut: v.armed, pause: v.armed, rtl: true, land: true, photo: true };
    const enabled = { rtl: v.armed, land: v.armed };
    for (const [name, button] of Object.entries(this.buttons)) {
      if (button.hidden === Boolean(can[name])) button.hidden = !can[name];
      if (name in enabled && button.disabled === Boolean(enabled[name])) button.disabled = !enabled[name];
    }
    write(this.buttons.arm, v.armed ? 'Disarm' : 'Arm');
    write(this.buttons.land, v.flies === false ? 'Stop' : 'Land');
    write(this.buttons.start, v.armed && (v.mission === 'active' || v.mission === 'paused' || v.item > 1) ? 'Continue mission' : 'Start mission');
    $('#takeoff-form').hidden = v.flies === false || Boolean(v.armed);
    $('#change-form').hidden = !v.armed;
    $('#camera').hidden = !v.camera;
    for (const option of $('#change-what').options) option.hidden = v.flies === false && option.value === 'height_m';
    if (v.flies === false && $('#change-what').value === 'height_m') $('#change-what').value = 'speed_mps';
    this.present();
  }

  // The mode that it is in stands there until a person picks another.
  showModes(v) {
    const modes = this.modes[v.system] ?? [], key = modes.join(), select = $('#mode-name');
    if (this.modesShown !== key) {
      this.modesShown = key;
      this.picked = false;
      select.replaceChildren(...modes.map(name => make('option', { text: name, value: name })));
    }
    if (this.modeShown !== v.mode || this.modeOf !== v.system) { [this.modeShown, this.modeOf] = [v.mode, v.system]; this.picked = false; }
    if (!this.picked && select.value !== v.mode) select.value = v.mode;
  }

  tilt(v) {
    const pitch = Math.max(-45, Math.min(45, v.pitch_deg ?? 0));
    $('#horizon-tilt').setAttribute('transform', `rotate(${-(v.roll_deg ?? 0)}) translate(0 ${pitch})`);
    $('#horizon').setAttribute('aria-label', `Attitude: roll ${figure(v.roll_deg, 0)}°, pitch ${figure(v.pitch_deg, 0)}°`);
  }
}
