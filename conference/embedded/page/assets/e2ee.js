// End-to-end encryption as the page sees it: the key in the link, the safety
// code two people compare, and the worker that does the work.

import { concat, expand, secret } from './sframe.js';

const name = 'e2ee';

// readLink tells what the address demands: nothing (null), or encryption with a
// key; a key that cannot be read still demands it, and is null itself.
export function readLink(hash) {
  const given = new URLSearchParams(hash.replace(/^#/, '')).get(name);
  if (given === null) return null;
  return { key: decode(given) };
}

function decode(text) {
  if (!/^[A-Za-z0-9_-]{43}$/.test(text)) return null;
  const bytes = atob(text.replaceAll('-', '+').replaceAll('_', '/') + '=');
  return Uint8Array.from(bytes, (c) => c.charCodeAt(0));
}

export function newKey() { return crypto.getRandomValues(new Uint8Array(32)); }

export function fragment(key) {
  const text = btoa(String.fromCharCode(...key));
  return `#${name}=${text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}`;
}

// safetyCode is six groups of five digits that are the same for all who hold the
// same key for the same meeting.
export async function safetyCode(key, meeting) {
  const info = new TextEncoder().encode('einwahl safety code');
  const bytes = await expand(await secret(key), concat(info, new TextEncoder().encode(meeting)), 30);
  const groups = [];
  for (let at = 0; at < 30; at += 5) {
    const value = bytes.subarray(at, at + 5).reduce((n, b) => n * 256 + b, 0);
    groups.push(String(value % 100000).padStart(5, '0'));
  }
  return groups;
}

const byScript = 'RTCRtpScriptTransform' in globalThis;
const byStreams = !byScript && 'createEncodedStreams' in (globalThis.RTCRtpSender?.prototype ?? {});

// supported: this browser lets us at encoded frames at all.
export const supported = (byScript || byStreams) && Boolean(globalThis.crypto?.subtle);

// peerOptions are what a connection needs from its making on.
export const peerOptions = byStreams ? { encodedInsertableStreams: true } : {};

const trusted = globalThis.trustedTypes?.createPolicy('einwahl', { createScriptURL: (u) => u })
  ?? { createScriptURL: (u) => u };

// Cipher owns the worker. Everything passes through it in every meeting, so that
// a switch to end-to-end encryption needs no new connection.
export class Cipher {
  #worker;
  #ready;
  #turn = 0;
  #last = ''; // the key that the worker knows
  #waiting = new Map();
  #attached = new WeakSet();
  mode = 'shut';
  counts = null;

  constructor(onCounts = () => {}) {
    if (!supported) return;
    const url = new URL('e2ee-worker.js', import.meta.url).href;
    this.#worker = new Worker(trusted.createScriptURL(url), { type: 'module' });
    this.#ready = new Promise((resolve) => {
      this.#worker.onmessage = ({ data }) => {
        if (data.type === 'ready') resolve();
        if (data.type === 'counts') { this.counts = data; onCounts(data); }
        if (data.type === 'mode') { this.#waiting.get(data.turn)?.(); this.#waiting.delete(data.turn); }
      };
    });
  }

  // set switches to 'shut', 'clear' or 'e2ee'. It is in force when set returns;
  // of two calls the later one counts.
  async set(mode, key) {
    this.mode = 'shut';
    this.counts = null;
    const turn = ++this.#turn;
    if (!this.#worker) {
      if (mode !== 'e2ee') this.mode = mode; // nothing stands between: clear is clear
      return;
    }
    await this.#ready;
    this.#worker.postMessage({ type: 'mode', mode: 'shut' }); // nothing passes while we prepare
    const link = mode === 'e2ee' ? await secret(key) : undefined;
    const same = mode === 'e2ee' && fragment(key) === this.#last;
    if (turn !== this.#turn) return;
    const done = new Promise((resolve) => this.#waiting.set(turn, resolve));
    if (mode === 'e2ee') this.#last = fragment(key);
    this.#worker.postMessage({ type: 'mode', mode, link, same, turn });
    await done;
    if (turn === this.#turn) this.mode = mode;
  }

  // ready is when attach may be called.
  get ready() { return this.#ready ?? Promise.resolve(); }

  // attach leads the frames of a sender or receiver through the worker. It works
  // at once: before the first frame can flow.
  attach(end, side) {
    if (!this.#worker || this.#attached.has(end)) return;
    this.#attached.add(end);
    if (byScript) {
      end.transform = new RTCRtpScriptTransform(this.#worker, { side });
      return;
    }
    const { readable, writable } = end.createEncodedStreams();
    this.#worker.postMessage({ type: 'attach', readable, writable, side }, [readable, writable]);
  }

  askCounts() { this.#worker?.postMessage({ type: 'counts' }); }

  close() { this.#worker?.terminate(); }
}
