// sframe.js against the vectors published with RFC 9605, and senders.js against
// the rules of this project.

import { Check, hex, unhex } from './check.js';

export async function vectors(sframe, published) {
  const c = new Check();
  for (const v of published.header) {
    const kid = BigInt(v.kid), counter = BigInt(v.ctr);
    c.same(sframe.encodeHeader(kid, counter), unhex(v.encoded), `header of ${v.kid}, ${v.ctr}`);
    const read = sframe.decodeHeader(unhex(v.encoded + 'ff'));
    c.same(read, { kid, counter, length: v.encoded.length / 2 }, `header ${v.encoded} read`);
  }
  const v = published.sframe, kid = BigInt(v.kid), counter = BigInt(v.ctr);
  c.same(sframe.labels(kid).key, unhex(v.sframe_key_label), 'key label');
  c.same(sframe.labels(kid).salt, unhex(v.sframe_salt_label), 'salt label');
  c.same(await sframe.expand(await sframe.secret(unhex(v.base_key)), sframe.labels(kid).key, 32), unhex(v.sframe_key), 'key');
  const keys = await sframe.schedule(unhex(v.base_key), kid);
  c.same(keys.salt, unhex(v.sframe_salt), 'salt');
  c.same(sframe.nonce(keys.salt, counter), unhex(v.nonce), 'nonce');
  const sealed = await sframe.encrypt(keys, kid, counter, unhex(v.pt), unhex(v.metadata));
  c.same(sealed, unhex(v.ct), 'ciphertext');
  const header = sframe.decodeHeader(sealed);
  c.same(await sframe.decrypt(keys, header, sealed, unhex(v.metadata)), unhex(v.pt), 'plaintext');
  for (let i = 0; i < sealed.length; i++) {
    const bad = sealed.slice();
    bad[i] ^= 1;
    const h = sframe.decodeHeader(bad);
    const got = h ? await sframe.decrypt(keys, h, bad, unhex(v.metadata)).then(hex, () => null) : null;
    c.same(got, null, `byte ${i} altered`);
  }
  for (const bad of ['', '08', '0800', '0807', '0900ff', '8003', '9800', 'f8ffff']) {
    c.same(sframe.decodeHeader(unhex(bad)), null, `invalid header ${bad}`);
  }
  return c.report;
}

export async function senders(sframe, { Opener, ReplayWindow, Sealer }) {
  const c = new Check();
  const link = await sframe.secret(new Uint8Array(32).fill(1)), other = await sframe.secret(new Uint8Array(32).fill(2));
  const text = (s) => new TextEncoder().encode(s);
  const alice = new Sealer(link), bob = new Opener(link, new Sealer(link).kid);

  const frames = await Promise.all(['one', 'two', 'three'].map((s) => alice.seal(text(s))));
  c.same(frames.map((f) => sframe.decodeHeader(f).counter), [0n, 1n, 2n], 'counters of frames sealed at once');
  c.same(await bob.open(frames[1]), text('two'), 'a frame opens');
  c.same(await bob.open(frames[0]), text('one'), 'an earlier frame opens late');
  c.same(await bob.open(frames[0]), null, 'a frame opens once');
  c.same(await new Opener(other, 0n).open(frames[2]), null, 'another key opens nothing');
  c.same(await new Opener(link, alice.kid).open(frames[2]), null, 'nobody hears their own frames from others');
  c.same(await bob.open(text('clear words')), null, 'a clear frame is not heard');
  c.same(await bob.open(new Uint8Array(0)), null, 'an empty frame is not heard');
  c.same(new Sealer(link).kid === new Sealer(link).kid, false, 'each join has its own key ID');

  const altered = frames[2].slice();
  altered[altered.length - 1] ^= 1;
  c.same(await bob.open(altered), null, 'an altered frame is not heard');
  c.same(await bob.open(frames[2]), text('three'), 'an altered frame does not use up the counter');

  for (let i = 0; i < 2 * Opener.strangers; i++) await bob.open(sframe.concat(sframe.encodeHeader(BigInt(1000 + i), 0n), new Uint8Array(20)));
  c.same(await bob.open(frames[0]), null, 'a flood of foreign key IDs does not reopen the window');

  const w = new ReplayWindow(), far = ReplayWindow.width;
  c.same([w.accept(5n), w.accept(5n), w.accept(3n), w.accept(3n)], [true, false, true, false], 'window');
  c.same([w.accept(5n + far), w.accept(5n), w.accept(6n), w.accept(6n)], [true, false, true, false], 'edge of the window');
  c.same([w.accept(1n << 63n), w.accept(6n)], [true, false], 'a leap leaves everything behind');
  return c.report;
}
