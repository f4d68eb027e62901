// The WebSocket to the meeting. One Signal is one connection; the page makes a
// new one after a loss. It says so once, by onLost, unless it was closed by us.

const beat = 10000, patience = 25000;

export class Signal {
  #socket;
  #timer;
  #heard = performance.now();
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

  // A dead network closes nothing for minutes; silence tells earlier.
  #check(onLost) {
    if (performance.now() - this.#heard > patience) this.#lose(onLost);
    else this.send({ type: 'ping' });
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
