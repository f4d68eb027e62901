// What the checks of this folder share: a list of what is wrong.

export class Check {
  wrong = [];
  count = 0;

  same(got, want, what) {
    this.count++;
    if (plain(got) !== plain(want)) this.wrong.push(`${what}: got ${plain(got)}, want ${plain(want)}`);
  }

  // report is what the Go test reads.
  get report() { return { wrong: this.wrong, count: this.count }; }
}

function plain(v) {
  if (v instanceof Uint8Array) return hex(v);
  return JSON.stringify(v, (_, x) => typeof x === 'bigint' ? `${x}n` : x instanceof Set ? [...x] : x);
}

export function hex(bytes) { return [...bytes].map((b) => b.toString(16).padStart(2, '0')).join(''); }
export function unhex(text) { return Uint8Array.from(text.match(/../g) ?? [], (h) => parseInt(h, 16)); }
