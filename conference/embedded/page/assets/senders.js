// Who may encrypt with what: every sender has a key of its own, made from the
// link's key and a key ID drawn anew for each join, so that no nonce is ever
// used twice. Sealer is our own sending side, Opener hears all others.
//
// What this does not prove: which of those who hold the link's key has spoken,
// and to a listener who has just come, when. A server could repeat to a newcomer
// what was said before, but nothing that nobody has said.

import { bigEndian, concat, decodeHeader, decrypt, encrypt, expand, schedule } from './sframe.js';

const info = new TextEncoder().encode('einwahl sframe sender');

// senderKeys derives what one key ID encrypts with; link is the HKDF key made
// from the link's fragment.
export async function senderKeys(link, kid) {
  return schedule(await expand(link, concat(info, bigEndian(kid, 8)), 32), kid);
}

// ReplayWindow knows which counters of one sender have been heard. What is older
// than the window counts as heard.
export class ReplayWindow {
  static width = 512n;
  #highest = -1n;
  #seen = 0n; // bit i: counter highest-i was heard

  fresh(counter) {
    if (counter > this.#highest) return true;
    const age = this.#highest - counter;
    return age < ReplayWindow.width && !(this.#seen >> age & 1n);
  }

  accept(counter) {
    if (!this.fresh(counter)) return false;
    if (counter > this.#highest) {
      const step = counter - this.#highest;
      this.#seen = step >= ReplayWindow.width ? 0n : BigInt.asUintN(Number(ReplayWindow.width), this.#seen << step);
      this.#highest = counter;
    }
    this.#seen |= 1n << (this.#highest - counter);
    return true;
  }
}

export class Sealer {
  #keys;
  #counter = 0n;

  constructor(link, kid = crypto.getRandomValues(new BigUint64Array(1))[0]) {
    this.kid = kid;
    this.#keys = senderKeys(link, kid);
  }

  async seal(plain) {
    const counter = this.#counter++; // taken before the first await: never twice
    return encrypt(await this.#keys, this.kid, counter, plain);
  }
}

// Opener decrypts all senders but ourselves: our own key IDs are for sending
// only, so that nobody can play our words back to us.
export class Opener {
  static strangers = 64; // key IDs kept before they have proved to hold the key
  #link;
  #own = new Set();
  #known = new Map(); // proved: kept for good, or a replay window would be lost
  #heard = new Map();

  constructor(link, ...own) {
    this.#link = link;
    for (const kid of own) this.disown(kid);
  }

  disown(kid) { this.#own.add(kid); }

  // open gives the plain frame, or null for whatever must stay silent.
  async open(frame) {
    const header = decodeHeader(frame);
    if (!header || this.#own.has(header.kid)) return null;
    const sender = this.#sender(header.kid);
    if (!sender.window.fresh(header.counter)) return null;
    try {
      const plain = await decrypt(await sender.keys, header, frame);
      this.#known.set(header.kid, sender);
      this.#heard.delete(header.kid);
      return sender.window.accept(header.counter) ? plain : null;
    } catch {
      return null;
    }
  }

  #sender(kid) {
    let sender = this.#known.get(kid) ?? this.#heard.get(kid);
    if (!sender) {
      sender = { keys: senderKeys(this.#link, kid), window: new ReplayWindow() };
      this.#heard.set(kid, sender);
      if (this.#heard.size > Opener.strangers) this.#heard.delete(this.#heard.keys().next().value);
    }
    return sender;
  }
}
