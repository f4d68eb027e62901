// The answer to a digest challenge (RFC 8760, RFC 7616): SHA-256 where it is
// offered, else MD5, which browsers do not have.

import { random } from './message.js';

const hex = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');

async function sha256(text) {
  return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))));
}

// md5 is RFC 1321.
export function md5(text) {
  const input = new TextEncoder().encode(text);
  const blocks = new Uint8Array(((input.length + 72) >> 6) << 6);
  blocks.set(input);
  blocks[input.length] = 0x80;
  const view = new DataView(blocks.buffer);
  view.setUint32(blocks.length - 8, input.length * 8, true);
  const turns = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];
  const sum = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
  for (let at = 0; at < blocks.length; at += 64) {
    let [a, b, c, d] = sum;
    for (let i = 0; i < 64; i++) {
      const round = i >> 4;
      const mix = [(b & c) | (~b & d), (b & d) | (c & ~d), b ^ c ^ d, c ^ (b | ~d)][round];
      const word = [i, 5 * i + 1, 3 * i + 5, 7 * i][round] % 16;
      const total = (a + mix + Math.floor(2 ** 32 * Math.abs(Math.sin(i + 1))) + view.getUint32(at + 4 * word, true)) | 0;
      const turn = turns[4 * round + (i % 4)];
      [a, d, c, b] = [d, c, b, (b + ((total << turn) | (total >>> (32 - turn)))) | 0];
    }
    [a, b, c, d].forEach((word, i) => { sum[i] = (sum[i] + word) | 0; });
  }
  const out = new DataView(new ArrayBuffer(16));
  sum.forEach((word, i) => out.setInt32(4 * i, word, true));
  return hex(new Uint8Array(out.buffer));
}

// challenge reads a WWW-Authenticate or Proxy-Authenticate header.
export function challenge(value) {
  const said = {};
  for (const [, key, quoted, plain] of value.replace(/^\s*Digest\s+/i, '').matchAll(/([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^,\s]+))/g)) {
    said[key.toLowerCase()] = quoted ?? plain;
  }
  return said;
}

const ALGORITHMS = { 'sha-256': sha256, md5: async (text) => md5(text) };
const algorithm = (c) => (c.algorithm ?? 'MD5').toLowerCase();
const known = (name) => name in ALGORITHMS && (name === 'md5' || Boolean(crypto.subtle));

// respond makes the header that answers the best of several challenges; null
// where none can be answered.
export async function respond(challenges, { user, password, method, uri }) {
  const c = challenges.map(challenge).filter((one) => known(algorithm(one)) && one.nonce)
    .sort((a, b) => (algorithm(b) === 'sha-256') - (algorithm(a) === 'sha-256'))[0];
  if (!c) return null;
  const hash = ALGORITHMS[algorithm(c)];
  const [secret, what] = [await hash(`${user}:${c.realm}:${password}`), await hash(`${method}:${uri}`)];
  const parts = [`username="${user}"`, `realm="${c.realm}"`, `nonce="${c.nonce}"`, `uri="${uri}"`];
  if (/\bauth\b/.test(c.qop ?? '')) {
    const own = random();
    parts.push(`response="${await hash(`${secret}:${c.nonce}:00000001:${own}:auth:${what}`)}"`, 'qop=auth', 'nc=00000001', `cnonce="${own}"`);
  } else {
    parts.push(`response="${await hash(`${secret}:${c.nonce}:${what}`)}"`);
  }
  if (c.algorithm) parts.push(`algorithm=${c.algorithm}`);
  if (c.opaque !== undefined) parts.push(`opaque="${c.opaque}"`);
  return `Digest ${parts.join(', ')}`;
}
