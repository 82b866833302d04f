// `sortie loop`: where it is, how full everything is, what was decided and why.
import { $, make } from './link.js';

const EVERY_MS = 1000;

export class Loop {
  watch(on) {
    clearInterval(this.timer);
    if (!on) return;
    this.read();
    this.timer = setInterval(() => this.read(), EVERY_MS);
  }

  async read() {
    const response = await fetch(new URL('loop', document.baseURI)).catch(() => null);
    if (response?.ok) this.show(await response.json());
  }

  show(loop) {
    const place = $('#loop');
    if (!loop) { place.replaceChildren(make('p', { class: 'quiet', text: 'No sortie loop in this state directory.' })); return; }
    const opened = new Set([...place.querySelectorAll('details[open]')].map(one => one.dataset.id));
    const level = ([name, share]) => make('div', { class: 'bar' }, make('span', { text: name }), make('meter', { min: 0, max: 1, low: 0.2, value: share, 'aria-label': name }), make('span', { text: `${(share * 100).toFixed(0)} %` }));
    place.replaceChildren(
      make('p', {}, make('b', { text: `Sortie ${loop.sortie}, phase ${loop.phase}: ${loop.title}` })),
      make('p', { class: 'quiet', text: loop.facts.join(' · ') }),
      make('h3', { text: 'Timers' }), ...loop.timers.map(([name, text]) => make('div', { class: 'bar' }, make('span', { text: name }), make('span'), make('span', { text }))),
      make('h3', { text: 'Tanks and batteries' }), ...loop.levels.map(level),
      make('h3', { text: 'Decisions, the newest first' }), make('ul', { class: 'story' }, ...loop.decisions.map(one => make('li', {},
        make('div', {}, make('b', { text: one.name.replaceAll('_', ' ') }), ` ${one.reason}`), make('p', { class: 'quiet', text: `sortie ${one.sortie}, phase ${one.phase}, ${one.party}, ${one.time}` }),
        Object.keys(one.facts).length ? make('details', { 'data-id': one.id, open: opened.has(String(one.id)) }, make('summary', { text: 'facts' }), make('pre', { text: JSON.stringify(one.facts, null, 1) })) : null))));
  }
}
