// signal.js, on a clock and a connection of our own.

import { Check } from './check.js';

// line is a Signal whose timer runs when tick is called, at a time in seconds.
function line(Signal) {
  const kept = { WebSocket, setInterval, now: performance.now };
  let socket, beat, now = 1000;
  const l = { lost: 0, pings: 0 };
  globalThis.WebSocket = class {
    static OPEN = 1;
    readyState = 1;
    constructor() { socket = this; }
    send(text) { if (JSON.parse(text).type === 'ping') l.pings++; }
    close() {}
  };
  globalThis.setInterval = (f) => { beat = f; return 0; };
  performance.now = () => now;
  new Signal('ws://here', { onOpen() {}, onMessage() {}, onLost() { l.lost++; } });
  socket.onopen();
  l.tick = (at) => { now = 1000 + at * 1000; beat(); };
  l.hear = (at) => { now = 1000 + at * 1000; socket.onmessage({ data: '{"type":"pong"}' }); };
  l.end = () => { Object.assign(globalThis, { WebSocket: kept.WebSocket, setInterval: kept.setInterval }); performance.now = kept.now; };
  return l;
}

export function lines({ Signal }) {
  const c = new Check();
  const run = (f) => { const l = line(Signal); try { f(l); } finally { l.end(); } };
  run((l) => {
    for (let at = 10; at <= 100; at += 10) { l.tick(at); l.hear(at + 0.1); }
    c.same([l.lost, l.pings], [0, 10], 'a server that answers is there');
  });
  run((l) => {
    for (let at = 60; at <= 600; at += 60) { l.tick(at); l.hear(at + 0.1); }
    c.same([l.lost, l.pings], [0, 10], 'a window nobody looks at, whose timer runs once a minute, loses nothing');
  });
  run((l) => {
    l.tick(10);
    l.tick(20);
    c.same(l.lost, 0, 'an answer may take its time');
    l.tick(30);
    c.same(l.lost, 1, 'no answer at all is a dead line');
  });
  return c.report;
}
