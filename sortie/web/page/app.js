// The page: what comes in is handed to the map, the curves and the panel; what a person does goes out as a request.
import { Card, charge, title } from './card.js';
import { Charts } from './charts.js';
import { Draw } from './draw.js';
import { distance } from './geo.js';
import { $, Line, figure, make, write } from './link.js';
import { MapView } from './map.js';
import { Tabs } from './tabs.js';

const FAR_M = 20000;
const state = { vehicles: new Map(), chosen: null, marked: new Set(), plans: new Map(), planFor: new Map(), histories: new Set(), hello: null };
const chosen = () => state.chosen;
const vehicle = () => state.vehicles.get(state.chosen);

// --- parts ---
const map = new MapView($('#map'), place => {
  if (map.drawn) { draw.add(place); return; }
  if ($('#mark').hidden) $('#mark-height').value = vehicle()?.height_m > 2 ? Math.round(vehicle().height_m) : 20;
  $('#mark').hidden = false;
  $('#mark-orbit').hidden = vehicle()?.firmware !== 'PX4';  // ArduPilot's copter has no DO_ORBIT
  write($('#mark-place'), `${place[0].toFixed(6)}, ${place[1].toFixed(6)}`);
}, choose);
const draw = new Draw(map, async more => {
  const answer = await line.ask('draw', state.chosen, more);
  tell(answer);
  if (answer.ok) state.planFor.delete(state.chosen);
  return answer.ok;
});
const charts = new Charts();
const line = new Line({ hello, state: take, shut });
const card = new Card(line, together, tell);
const tabs = new Tabs(line, chosen, vehicle, tell);

// Who is told: those that are ticked in the list, else the one that is looked at.
function together() {
  const there = [...state.marked].filter(system => state.vehicles.has(system));
  return there.length ? there : state.chosen === null ? [] : [state.chosen];
}

function tell(answer) {
  const place = $('#answer');
  place.className = answer.ok ? 'good' : 'bad';
  write(place, answer.text);
}

// --- what comes in ---
function hello(message) {
  state.hello = message;
  state.shut_ms = null;
  document.body.classList.remove('stale');
  $('#stale').hidden = true;
  document.body.classList.toggle('control', message.control);
  write($('#may'), message.control ? 'control' : 'read-only');
  write($('#connect'), message.connect);
  map.tiles = message.tiles;
  map.ground.there = message.ground;
  card.modes = {};
  card.fitted = {};
  tabs.hello(message);
  state.histories.clear();
  state.planFor.clear();
}

// What is shown is what was: it must not look as if it were so now.
function shut(moved) {
  state.shut_ms ??= Date.now();
  document.body.classList.add('stale');
  $('#connection').className = 'down';
  write($('#connection-text'), 'no connection to the page’s server');
  write($('#mode'), 'NOT CONNECTED');
  $('#stale').hidden = false;
  write($('#stale'), moved ? 'The server of this page was started again and has another address: open the one that it prints. With SORTIE_WEB_TOKEN set it stays the same.'
    : `No connection to the page’s server since ${new Date(state.shut_ms).toLocaleTimeString()}. What is shown is from then.`);
}

function take(message) {
  const heard = message.vehicles.filter(one => !one.lost).length, all = message.vehicles.length;
  $('#connection').className = heard ? 'up' : 'down';
  write($('#connection-text'), !all ? 'no vehicle heard yet' : heard === all ? (all > 1 ? `${all} vehicles` : 'connected') : `${heard} of ${all} heard`);
  $('#waiting').hidden = all > 0;
  write($('#waiting'), message.absent.length ? `No connection to ${message.absent.join(', ')}; trying again` : 'Waiting for a vehicle to be heard');
  tabs.clock_ms = Date.now() - message.now_s * 1000;
  const known = state.vehicles.size;
  state.vehicles = new Map(message.vehicles.map(one => [one.system, one]));
  for (const one of message.vehicles) {
    charts.add(one.system, { time_s: message.now_s, height_m: one.height_m, roll_deg: one.roll_deg, pitch_deg: one.pitch_deg, speed_mps: one.speed_mps,
      climb_mps: one.climb_mps, battery_percent: one.battery_percent, ground_m: ground(one), air_mps: air(one) });
  }
  if (all && !state.vehicles.has(state.chosen)) choose(message.vehicles[0].system);
  for (const [kind, system, what] of message.news) {
    if (kind === 'text') tabs.text(system, what);
    else (map.photos.get(system) ?? map.photos.set(system, []).get(system)).push(what);
  }
  showFleet(message.vehicles, known !== all);
  const one = vehicle();
  card.show(one);
  map.show(message.vehicles, state.chosen);
  charts.show(state.chosen);
  tabs.links(message.links, message.vehicles);
  tabs.state(one);
  tabs.pace(one, message.now_s);
  if (one) { fetchPlan(one); fetchModes(one); }
  for (const other of message.vehicles) if (other.system === state.chosen || all <= 60) fetchHistory(other.system);
}

// Height of the ground above home.
const ground = one => one.terrain_m === undefined || !one.home ? undefined : one.terrain_m - one.home[2];

// Airspeed of what flies on wings; others guess it from the wind.
const air = one => one.wings ? one.airspeed_mps : undefined;

async function fetchHistory(system) {
  if (state.histories.has(system)) return;
  state.histories.add(system);
  const answer = await line.ask('history', system);
  if (!answer.ok) return;
  const rows = answer.data.rows.map(row => Object.fromEntries(answer.data.columns.map((name, i) => [name, row[i]])));
  for (const row of rows) {
    row.ground_m = ground({ ...state.vehicles.get(system), terrain_m: row.terrain_m ?? undefined });
    row.air_mps = air({ wings: state.vehicles.get(system)?.wings, airspeed_mps: row.airspeed_mps });
  }
  charts.before(system, rows);
  map.before(system, rows.map(row => [row.lat, row.lon]));
  map.photos.set(system, answer.data.photos);
  tabs.said(system, answer.data.texts);
}

async function fetchModes(one) {
  if (one.system in card.modes) return;
  card.modes[one.system] = [];
  const answer = await line.ask('modes', one.system);
  if (answer.ok) card.modes[one.system] = answer.data; else delete card.modes[one.system];
  const fitted = await line.ask('fitted', one.system);
  if (fitted.ok) card.fitted[one.system] = fitted.data;
}

// The plan is read when it is another one.
async function fetchPlan(one) {
  const key = JSON.stringify([one.plans, one.items]);
  if (one.lost || one.items === undefined || state.planFor.get(one.system) === key) return;
  state.planFor.set(one.system, key);
  const answer = await line.ask('plan', one.system);
  if (!answer.ok) { setTimeout(() => state.planFor.delete(one.system), 3000); return; }
  state.plans.set(one.system, answer.data);
  if (one.system !== state.chosen) return;
  const first = !map.plan || state.bring;
  showPlan();
  if (first) map.fit();
  if (state.bring) tellFar(one);
  state.bring = false;
}

// A plan for somewhere else is uploaded like any other.
function tellFar(one) {
  const place = state.plans.get(one.system)?.mission.find(item => item.place);
  if (!place || one.lat === undefined) return;
  const far = distance([one.lat, one.lon], [place.x, place.y]);
  if (far > FAR_M) tell({ ok: false, text: `this plan begins ${Math.round(far / 1000).toLocaleString()} km from the vehicle` });
}

function showPlan() {
  map.plan = state.plans.get(state.chosen) ?? null;
  tabs.plan(map.plan, vehicle());
  map.draw();
}

// --- which vehicle ---
function choose(system) {
  state.chosen = system;
  tabs.chosen();
  showPlan();
  const one = vehicle();
  if (one) { card.show(one); map.show([...state.vehicles.values()], system); charts.show(system); showFleet([...state.vehicles.values()], true); }
}

function showFleet(vehicles, anew) {
  const several = vehicles.length > 1;
  if (several === $('#fleet').hidden) { $('#fleet').hidden = !several; document.body.classList.toggle('fleet', several); }
  if (!several) return;
  const list = $('#vehicles');
  write($('#fleet-count'), `${vehicles.length}`);
  if (anew && list.children.length !== vehicles.length) {
    list.replaceChildren(...vehicles.map(one => make('li', {},
      make('input', { type: 'checkbox', class: 'control-only', 'aria-label': `Tell vehicle ${one.system} together with others`, onchange: event => tick(one.system, event.target.checked) }), make('button', { type: 'button', onclick: () => choose(one.system) },
      make('span', { class: 'id' }), make('span'), make('span', { class: 'figure' }), make('span', { class: 'figure' })))));
  }
  vehicles.forEach((one, i) => {
    const button = list.children[i].lastChild, [id, mode, height, left] = button.children;
    write(id, String(one.system));
    write(mode, one.lost ? 'lost' : `${one.armed ? '▲' : '▽'} ${one.mode ?? ''}`);
    write(height, figure(one.height_m, 0, 'm'));
    const low = charge(one) === 'bad' || one.status === 'CRITICAL' || one.status === 'EMERGENCY';
    write(left, `${low ? '! ' : ''}${figure(one.battery_percent, 0, '%')}`);
    if (left.classList.contains('bad') !== low) left.classList.toggle('bad', low);
    const now = one.system === state.chosen;
    if (now !== button.hasAttribute('aria-current')) now ? button.setAttribute('aria-current', 'true') : button.removeAttribute('aria-current');
  });
}

function tick(system, on) {
  if (on) state.marked.add(system); else state.marked.delete(system);
  $('#together').hidden = !state.marked.size;
  write($('#together'), `The buttons act on ${state.marked.size} vehicle${state.marked.size === 1 ? '' : 's'}: ${[...state.marked].sort((a, b) => a - b).join(', ')}`);
}

// --- what a person does ---
$('#mark-look').addEventListener('click', async () => tell(await line.ask('look_at', state.chosen, { lat: map.mark[0], lon: map.mark[1] })));
$('#mark-ahead').addEventListener('click', async () => tell(await line.ask('look_at', state.chosen)));
$('#mark-circle').addEventListener('click', async () => {
  if (!$('#mark').reportValidity()) return;
  const [lat, lon] = map.mark;
  tell(await line.ask('orbit', state.chosen, { lat, lon, height_m: Number($('#mark-height').value), radius_m: Number($('#mark-radius').value) }));
});
$('#mark').addEventListener('submit', async event => {
  event.preventDefault();
  const [lat, lon] = map.mark;
  const answer = await line.ask('fly_to', state.chosen, { lat, lon, height_m: Number($('#mark-height').value) });
  tell(answer);
  if (answer.ok) unmark();
});
function unmark() { map.mark = null; $('#mark').hidden = true; map.draw(); $('#map').focus(); }
$('#mark-close').addEventListener('click', unmark);

async function upload(file) {
  const answer = await line.ask('upload', state.chosen, { name: file.name, text: await file.text() });
  tell(answer);
  state.bring = answer.ok;
  state.planFor.delete(state.chosen);
}
$('#plan-file').addEventListener('change', event => { if (event.target.files.length) upload(event.target.files[0]); event.target.value = ''; });
$('#plan-clear').addEventListener('click', async () => { tell(await line.ask('clear', state.chosen)); state.planFor.delete(state.chosen); });
for (const kind of ['dragover', 'dragleave', 'drop'])
  document.addEventListener(kind, event => {
    event.preventDefault();
    $('#drop').hidden = kind !== 'dragover' || !state.hello?.control;
    if (kind !== 'drop' || !event.dataTransfer.files.length) return;
    if (state.hello?.control) upload(event.dataTransfer.files[0]);
    else tell({ ok: false, text: 'this page is read-only; start it with --control to fly' });
  });

// --- light or dark ---
function theme(name) {
  document.documentElement.dataset.theme = name;
  map.draw();
  charts.draw();
}
const dark = matchMedia('(prefers-color-scheme: dark)');
theme(localStorage.getItem('theme') ?? (dark.matches ? 'dark' : 'light'));
dark.addEventListener('change', () => { if (!localStorage.getItem('theme')) theme(dark.matches ? 'dark' : 'light'); });
$('#theme').addEventListener('click', () => {
  const next = document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark';
  localStorage.setItem('theme', next);
  theme(next);
});
