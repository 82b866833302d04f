// The chosen vehicle at one glance, and what it can be told.
import { $, figure, make, write } from './link.js';

const PHASES = ['IDLE', 'PREFLIGHT', 'ARMED', 'FLYING', 'LANDING', 'LANDED'];
const FIGURES = [
  ['Height', v => figure(v.height_m, 1, 'm')],
  ['Speed', v => figure(v.speed_mps, 1, 'm/s')],
  ['Climb', v => figure(v.climb_mps, 1, 'm/s')],
  ['Heading', v => figure(v.heading_deg ?? v.yaw_deg, 0, '°')],
  ['Battery', v => `${figure(v.battery_percent, 0, '%')}`, v => v.battery_percent < 20 ? 'bad' : v.battery_percent < 35 ? 'look' : ''],
  ['Volt', v => figure(v.battery_v, 2, 'V')],
  ['Satellites', v => v.satellites === undefined || v.satellites === null ? '–' : `${v.satellites}${v.fix < 3 ? ' no fix' : ''}`, v => v.fix < 3 ? 'bad' : ''],
  ['Item', v => v.item === undefined ? '–' : `${v.item}${v.items ? ` of ${v.items}` : ''}`],
  ['Wind', v => v.wind ? `${figure(v.wind[0], 1, 'm/s')}` : '–'],
  ['Link lost', v => figure(v.loss_percent, 1, '%'), v => v.loss_percent > 20 ? 'bad' : v.loss_percent > 5 ? 'look' : ''],
  ['Round trip', v => figure(v.round_trip_ms, 0, 'ms')],
  ['Above ground', v => figure(v.above_ground_m, 1, 'm')],
];

export function title(v) { return `Vehicle ${v.system} · ${v.firmware ?? ''} ${v.kind ?? ''}`.trim(); }

export class Card {
  constructor(line, chosen, tell) {
    Object.assign(this, { line, chosen, tell, modes: {} });
    this.dds = FIGURES.map(([name]) => {
      const dd = make('dd', { text: '–' });
      $('#figures').append(make('div', {}, make('dt', { text: name }), dd));
      return dd;
    });
    $('#phases').append(...PHASES.map(name => make('li', { text: name.toLowerCase(), 'data-phase': name })));
    for (const button of document.querySelectorAll('[data-act]')) button.addEventListener('click', () => this.act(button.dataset.act));
    $('#mode-form').addEventListener('submit', event => { event.preventDefault(); this.ask('mode', { mode: $('#mode-name').value }); });
    $('#takeoff-form').addEventListener('submit', event => { event.preventDefault(); this.ask('takeoff', { height_m: Number($('#takeoff-height').value) }); });
  }

  async ask(ask, more) { this.tell(await this.line.ask(ask, this.chosen(), more)); }

  act(name) {
    const has = mode => (this.modes[this.chosen()] ?? []).includes(mode);
    if (name === 'GO' || name === 'ABORT') return this.ask('flight', { command: name });
    if (name === 'arm') return this.ask('arm', { on: !this.armed });
    if (name === 'pause' || name === 'resume') return this.ask('pause', { on: name === 'pause' });
    const wanted = name === 'rtl' ? ['RTL', 'Return'] : ['LAND', 'Land', 'HOLD', 'Hold'];
    return this.ask('mode', { mode: wanted.find(has) ?? wanted[0] });
  }

  show(v) {
    const none = !v;
    v ??= {};
    this.armed = v.armed;
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
      const wanted = !none && grade ? grade(v) : '';
      if (this.dds[i].className !== wanted) this.dds[i].className = wanted;
    });
    write($('#arm'), v.armed ? 'Disarm' : 'Arm');
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

  showFlight(v) {
    $('#flight').hidden = !v.flight;
    for (const button of document.querySelectorAll('[data-act="GO"], [data-act="ABORT"]')) button.hidden = !v.flight;
    for (const phase of document.querySelectorAll('[data-phase]')) {
      const here = phase.dataset.phase === v.flight;
      if (here !== phase.hasAttribute('aria-current')) here ? phase.setAttribute('aria-current', 'step') : phase.removeAttribute('aria-current');
    }
    const counts = v.flight === 'ARMED' && v.countdown_s > 0;
    $('#countdown').hidden = !counts;
    if (counts) write($('#countdown'), `T − ${v.countdown_s} s`);
  }

  showModes(v) {
    const modes = this.modes[v.system] ?? [], key = modes.join();
    if (this.modesShown === key) return;
    this.modesShown = key;
    $('#mode-name').replaceChildren(...modes.map(name => make('option', { text: name, value: name })));
  }

  tilt(v) {
    const pitch = Math.max(-45, Math.min(45, v.pitch_deg ?? 0));
    $('#horizon-tilt').setAttribute('transform', `rotate(${-(v.roll_deg ?? 0)}) translate(0 ${pitch})`);
    $('#horizon').setAttribute('aria-label', `Attitude: roll ${figure(v.roll_deg, 0)}°, pitch ${figure(v.pitch_deg, 0)}°`);
  }
}
