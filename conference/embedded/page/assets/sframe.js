// SFrame, RFC 9605, with the suite AES_256_GCM_SHA512_128. Pure: it needs Web
// Crypto and nothing of a browser, so it runs in the page, in a worker and in
// tests alike. Key IDs and counters are BigInts: both are 64 bits wide.

const suite = 5;
const keyBits = 256, nonceBytes = 12, tagBytes = 16;
const ascii = new TextEncoder();

export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) { whole.set(p, at); at += p.length; }
  return whole;
}

// bigEndian writes value in n bytes, the most significant first.
export function bigEndian(value, n) {
  const out = new Uint8Array(n);
  for (let i = n - 1; i >= 0; i--) { out[i] = Number(value & 255n); value >>= 8n; }
  return out;
}

// compact is the header's form of a number: in the config byte below 8, else
// its length there and the fewest bytes behind it (RFC 9605, 4.3).
function compact(value) {
  if (value < 8n) return { bits: Number(value), bytes: new Uint8Array(0) };
  let n = 1;
  while (value >> BigInt(8 * n)) n++;
  return { bits: 8 | (n - 1), bytes: bigEndian(value, n) };
}

export function encodeHeader(kid, counter) {
  const k = compact(kid), c = compact(counter);
  return concat(Uint8Array.of(k.bits << 4 | c.bits), k.bytes, c.bytes);
}

// decodeHeader gives null for anything that is no header in its one valid form.
export function decodeHeader(frame) {
  if (frame.length === 0) return null;
  let at = 1;
  const number = (bits) => {
    if (!(bits & 8)) return BigInt(bits);
    const end = at + (bits & 7) + 1;
    if (end > frame.length || frame[at] === 0) return null;
    let value = 0n;
    while (at < end) value = value << 8n | BigInt(frame[at++]);
    return value < 8n ? null : value;
  };
  const kid = number(frame[0] >> 4);
  const counter = kid === null ? null : number(frame[0] & 15);
  return counter === null ? null : { kid, counter, length: at };
}

export function labels(kid) {
  const tail = concat(bigEndian(kid, 8), bigEndian(BigInt(suite), 2));
  return {
    key: concat(ascii.encode('SFrame 1.0 Secret key '), tail),
    salt: concat(ascii.encode('SFrame 1.0 Secret salt '), tail),
  };
}

// expand is HKDF-SHA-512 with an empty salt: RFC 9605 extracts with it, too.
export async function expand(secret, info, bytes) {
  const params = { name: 'HKDF', hash: 'SHA-512', salt: new Uint8Array(0), info };
  return new Uint8Array(await crypto.subtle.deriveBits(params, secret, bytes * 8));
}

// secret makes raw key material usable for expand, and for nothing else: it
// cannot be read back.
export function secret(raw) {
  return crypto.subtle.importKey('raw', raw, 'HKDF', false, ['deriveBits']);
}

// schedule is the key and salt of one key ID (RFC 9605, 4.4.2).
export async function schedule(baseKey, kid) {
  const from = await secret(baseKey), label = labels(kid);
  const key = await expand(from, label.key, keyBits / 8);
  return {
    key: await crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['encrypt', 'decrypt']),
    salt: await expand(from, label.salt, nonceBytes),
  };
}

export function nonce(salt, counter) {
  const n = bigEndian(counter, nonceBytes);
  return n.map((b, i) => b ^ salt[i]);
}

const nothing = new Uint8Array(0);

function gcm(salt, counter, header, metadata) {
  const additionalData = concat(header, metadata);
  return { name: 'AES-GCM', iv: nonce(salt, counter), additionalData, tagLength: tagBytes * 8 };
}

export async function encrypt(keys, kid, counter, plain, metadata = nothing) {
  const header = encodeHeader(kid, counter);
  const sealed = await crypto.subtle.encrypt(gcm(keys.salt, counter, header, metadata), keys.key, plain);
  return concat(header, new Uint8Array(sealed));
}

// decrypt throws what does not authenticate.
export async function decrypt(keys, header, frame, metadata = nothing) {
  const params = gcm(keys.salt, header.counter, frame.subarray(0, header.length), metadata);
  return new Uint8Array(await crypto.subtle.decrypt(params, keys.key, frame.subarray(header.length)));
}
