// A plan that is drawn: places on the map become a mission, the lanes of a survey, a fence or rally points, which the server makes of them.
import { $, write } from './link.js';

export class Draw {
  constructor(map, upload) {
    Object.assign(this, { map, upload });
    $('#plan-draw').addEventListener('click', () => this.begin());
    $('#draw').addEventListener('submit', event => { event.preventDefault(); this.send(); });
    $('#draw-back').addEventListener('click', () => { this.map.drawn.pop(); this.show(); });
    $('#draw-close').addEventListener('click', () => this.end());
    $('#draw-what').addEventListener('change', () => this.show());
  }

  get what() { return $('#draw-what').value; }

  begin() {
    this.map.drawn = [];
    $('#mark').hidden = true;
    $('#draw').hidden = false;
    this.show();
    $('#map').focus();
  }

  // A click on the map, or Enter in its middle.
  add(place) { this.map.drawn.push(place); this.show(); }

  show() {
    const count = this.map.drawn.length;
    write($('#draw-count'), count ? `${count} place${count === 1 ? '' : 's'}` : 'Click places on the map, or move it and press Enter.');
    for (const [id, used] of [['draw-height', this.what !== 'fence'], ['draw-apart', this.what === 'survey']]) {
      for (const part of [$(`#${id}`), $(`label[for="${id}"]`)]) part.hidden = !used;
      $(`#${id}`).required = used;
    }
    this.map.closed = this.what === 'fence' || this.what === 'survey';
    this.map.draw();
  }

  async send() {
    const more = { what: this.what, places: this.map.drawn, height_m: Number($('#draw-height').value), apart_m: Number($('#draw-apart').value) };
    if (this.map.drawn.length && await this.upload(more)) this.end();
  }

  end() { this.map.drawn = null; $('#draw').hidden = true; this.map.draw(); }
}
