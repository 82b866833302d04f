// A browser starts no Worker for a page that is opened from a folder: the search runs in a frame instead.
if (location.protocol === 'file:') {
  window.Worker = window.IFrameWorker = class extends EventTarget {
    constructor(url) {
      super();
      this.frame = Object.assign(document.createElement('iframe'), { hidden: true, srcdoc: '<!doctype html>' });
      this.ready = new Promise(done => { this.frame.onload = () => this.load(String(new URL(url, location))).then(done); });
      document.documentElement.append(this.frame);
    }

    load(url) {
      const inside = this.frame.contentWindow;
      inside.postMessage = data => this.dispatchEvent(new MessageEvent('message', { data }));
      inside.importScripts = async (...urls) => { for (const one of urls) await this.script(one); };
      return this.script(url);
    }

    script(url) {
      const page = this.frame.contentDocument;
      return new Promise((onload, onerror) => page.head.append(Object.assign(page.createElement('script'), { src: url, onload, onerror })));
    }

    postMessage(data) { this.ready.then(() => this.frame.contentWindow.dispatchEvent(new MessageEvent('message', { data }))); }

    terminate() { this.frame.remove(); }
  };
}
