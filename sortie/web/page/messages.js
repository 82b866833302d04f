// Every kind of message that was heard of a vehicle: how often it comes, and what is in the newest.
import { $, make } from './link.js';

const EVERY_MS = 1000;

export class Messages {
  constructor(chosen) {
    this.chosen = chosen;
    $('#message-filter').addEventListener('input', () => this.show());
  }

  watch(on) {
    clearInterval(this.timer);
    if (!on) return;
    this.read();
    this.timer = setInterval(() => this.read(), EVERY_MS);
  }

  async read() {
    const response = await fetch(new URL(`mavlink/vehicles/${this.chosen()}/components`, document.baseURI)).catch(() => null);
    this.heard = response?.ok ? await response.json() : {};
    this.show();
  }

  show() {
    const opened = new Set([...$('#messages').querySelectorAll('details[open]')].map(one => one.dataset.id)), word = $('#message-filter').value.toUpperCase();
    const all = Object.values(this.heard ?? {}).flatMap(({ id, messages }) => Object.entries(messages).map(([name, one]) => ({ id, name, ...one })));
    const found = all.filter(one => one.name.includes(word)).sort((a, b) => a.name.localeCompare(b.name) || a.id - b.id);
    const focused = document.activeElement?.closest('#messages details')?.dataset.id;
    $('#messages').replaceChildren(...found.map(({ id, name, message, status }) => {
      const key = `${id} ${name}`;
      return make('details', { 'data-id': key, open: opened.has(key) }, make('summary', {}, make('b', { text: name }), make('span', { class: 'quiet', text: ` ${status.time.frequency.toFixed(1)} Hz, ${status.time.counter}, component ${id}` })),
        make('pre', { text: JSON.stringify(message, null, 1) }));
    }));
    if (focused) [...$('#messages').children].find(one => one.dataset.id === focused)?.firstChild.focus();
  }
}
