// The worker through which every Opus frame of the page passes, out and in. It
// begins shut and drops everything; the page opens it for clear frames or for
// encrypted ones. In encrypted mode there is no way for a clear frame, in either
// direction: what cannot be sealed is not sent, what does not open is not heard.

import { Opener, Sealer } from './senders.js';

let mode = 'shut'; // shut | clear | e2ee
let sealer = null, opener = null, kept = null;
let counts = { sealed: 0, opened: 0, refused: 0 };

const directions = {
  async send(data) {
    if (mode !== 'e2ee') return mode === 'clear' ? data : null;
    const mine = sealer;
    const out = await mine.seal(data);
    if (mine !== sealer) return null; // the key changed meanwhile
    counts.sealed++;
    return out;
  },
  async receive(data) {
    if (mode !== 'e2ee') return mode === 'clear' ? data : null;
    const mine = opener;
    const out = await mine.open(data);
    if (mine !== opener) return null;
    counts[out ? 'opened' : 'refused']++;
    return out;
  },
};

function attach({ readable, writable, side }) {
  const pass = directions[side];
  const through = new TransformStream({
    async transform(frame, controller) {
      const out = await pass(new Uint8Array(frame.data)).catch(() => null);
      if (!out) return;
      frame.data = out.byteLength === out.buffer.byteLength ? out.buffer : out.slice().buffer;
      controller.enqueue(frame);
    },
  });
  // The pipe ends with its connection; there is nobody to tell.
  readable.pipeThrough(through).pipeTo(writable).catch(() => {});
}

self.onrtctransform = ({ transformer }) => {
  attach({ readable: transformer.readable, writable: transformer.writable, side: transformer.options.side });
};

self.onmessage = ({ data }) => {
  switch (data.type) {
    case 'attach': // for browsers that hand over the streams themselves
      attach(data);
      break;
    case 'mode':
      mode = 'shut';
      sealer = opener = null;
      counts = { sealed: 0, opened: 0, refused: 0 };
      if (data.mode === 'e2ee') {
        sealer = new Sealer(data.link);
        // With the same key the windows stay: whoever makes us join anew must
        // not be able to play anything twice.
        kept = data.same && kept ? kept : new Opener(data.link);
        kept.disown(sealer.kid);
        opener = kept;
      }
      mode = data.mode;
      self.postMessage({ type: 'mode', mode, turn: data.turn });
      break;
    case 'counts':
      self.postMessage({ type: 'counts', mode, ...counts });
  }
};

self.postMessage({ type: 'ready' });
