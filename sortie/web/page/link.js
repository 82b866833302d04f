// The page's line to its server: states come in, requests go out, and it comes back by itself.
export class Line {
  constructor(handlers) {
    Object.assign(this, { handlers, waiting: new Map(), next: 1, pause: 250 });
    this.open();
  }

  open() {
    const address = new URL('ws', document.baseURI);
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
    this.socket = new WebSocket(address);
    let opened = false;
    this.socket.onopen = () => { opened = true; };
    this.socket.onmessage = event => this.take(JSON.parse(event.data));
    this.socket.onclose = () => this.shut(opened);
  }

  take(message) {
    this.pause = 250;
    if (message.kind !== 'answer') return this.handlers[message.kind]?.(message);
    this.waiting.get(message.id)?.(message);
    this.waiting.delete(message.id);
  }

  // One that does not open is refused to an old token: the server is there, and has another address.
  async shut(opened) {
    for (const done of this.waiting.values()) done({ ok: false, text: 'the page has lost its server' });
    this.waiting.clear();
    const answer = opened ? null : await fetch(document.baseURI).catch(() => null);
    this.handlers.shut(answer?.status === 403);
    setTimeout(() => this.open(), this.pause);
    this.pause = Math.min(this.pause * 1.6, 4000);
  }

  // Ask, and be told: {ok, text, data}.
  ask(ask, system, more = {}) {
    if (this.socket.readyState !== WebSocket.OPEN) return Promise.resolve({ ok: false, text: 'not connected' });
    const id = this.next++;
    this.socket.send(JSON.stringify({ ask, id, system, ...more }));
    return new Promise(done => this.waiting.set(id, done));
  }
}

export const $ = selector => document.querySelector(selector);

// An element; `of` are attributes, properties that begin with on, and text.
export function make(name, of = {}, ...inside) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(of)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (key === 'text') element.textContent = value;
    else element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...inside.filter(one => one !== null && one !== undefined));
  return element;
}

// Write a text only where it is another one: screen readers then tell changes, not every state.
export function write(element, text) { if (element.textContent !== text) element.textContent = text; }

export const figure = (value, digits, unit = '') => value === undefined || value === null ? '–' : `${value.toFixed(digits).replace(/^-(0\.?0*)$/, '$1')}${unit ? ` ${unit}` : ''}`;
