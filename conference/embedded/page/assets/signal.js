// The WebSocket to the meeting. One Signal is one connection; the page makes a
// new one after a loss. It says so once, by onLost, unless it was closed by us.

const beat = 10000, patience = 15000;

export class Signal {
  #socket;
  #timer;
  #heard = performance.now();
  #asked = 0; // when we last asked whether the server is there
  #over = false;

  constructor(url, { onOpen, onMessage, onLost }) {
    this.#socket = new WebSocket(url);
    this.#socket.onopen = () => {
      this.#heard = performance.now();
      this.#timer = setInterval(() => this.#check(onLost), beat);
      onOpen(this);
    };
    this.#socket.onmessage = ({ data }) => {
      this.#heard = performance.now();
      const message = JSON.parse(data);
      if (message.type !== 'pong' && !this.#over) onMessage(message);
    };
    this.#socket.onclose = () => this.#lose(onLost);
  }

  send(message) {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  close() {
    this.#over = true;
    clearInterval(this.#timer);
    this.#socket.close(1000);
  }

  // A dead network closes nothing for minutes; silence tells earlier. What counts
  // is silence after a question: in a window nobody looks at, browsers let this
  // run only once a minute.
  #check(onLost) {
    const now = performance.now(), open = this.#asked > this.#heard;
    if (open && now - this.#asked > patience) return this.#lose(onLost);
    if (!open) {
      this.#asked = now;
      this.send({ type: 'ping' });
    }
    return undefined;
  }

  #lose(onLost) {
    if (this.#over) return;
    this.close();
    onLost();
  }
}

export function socketURL(location) {
  const url = new URL(`${location.pathname.replace(/\/+$/, '')}/ws`, location.origin);
  url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}
