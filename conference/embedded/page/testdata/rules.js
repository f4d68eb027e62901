// rules.js, changes.js and the pure parts of voices.js and words.js.

import { Check } from './check.js';

const meeting = { encryption: 'transport', recording: 'off', run: 0, consent: 'off' };
const fine = { meeting, people: [], me: { recorded: 'unanswered' }, link: null, seal: 'clear', supported: true, device: true, muted: false, lost: false };
const key = { key: new Uint8Array(32) };
const when = (more, m = {}) => ({ ...fine, ...more, meeting: { ...meeting, ...m } });
const e2ee = { encryption: 'e2ee' };
const asked = { recording: 'on', consent: 'required' };

// Each row is a rule: what it says, the situation, why the microphone is shut
// (null: it is open), and what the header shows.
const rows = [
  ['a plain meeting lets sound out', fine, null, 'transport'],
  ['enhanced is shown as such', when({}, { encryption: 'enhanced' }), null, 'enhanced'],
  ['no encryption is named', when({}, { encryption: 'none' }), null, 'none'],
  ['before the first state nothing leaves', { ...fine, meeting: null }, 'unknown', 'pending'],
  ['a level nobody knows keeps it shut', when({}, { encryption: 'quantum' }), 'unknown', 'pending'],
  ['a lost connection keeps it shut', when({ lost: true }), 'connecting', 'pending'],
  ['a worker that has not confirmed keeps it shut', when({ seal: 'shut' }), 'sealing', 'pending'],
  ['a link with a key refuses a clear meeting', when({ link: key, seal: 'shut' }), 'downgrade', 'alert'],
  ['and refuses it whatever the worker says', when({ link: key, seal: 'clear' }), 'downgrade', 'alert'],
  ['and refuses an enhanced one', when({ link: key, seal: 'clear' }, { encryption: 'enhanced' }), 'downgrade', 'alert'],
  ['a link with a damaged key refuses, too', when({ link: { key: null }, seal: 'clear' }), 'downgrade', 'alert'],
  ['end to end without a key is silence', when({ seal: 'shut' }, e2ee), 'keyless', 'alert'],
  ['end to end with a clear worker and no key is silence', when({ seal: 'clear' }, e2ee), 'keyless', 'alert'],
  ['end to end with a damaged key is silence', when({ link: { key: null }, seal: 'shut' }, e2ee), 'badkey', 'alert'],
  ['a browser that cannot, does not', when({ link: key, seal: 'e2ee', supported: false }, e2ee), 'unsupported', 'alert'],
  ['end to end waits for the worker', when({ link: key, seal: 'clear' }, e2ee), 'sealing', 'pending'],
  ['no green before a frame was sealed', when({ link: key, seal: 'e2ee' }, e2ee), null, 'pending'],
  ['green once frames are sealed', when({ link: key, seal: 'e2ee', counts: { sealed: 1, opened: 0, refused: 0 } }, e2ee), null, 'e2ee'],
  ['green while muted: nothing leaves', when({ link: key, seal: 'e2ee', muted: true }, e2ee), 'muted', 'e2ee'],
  ['not green with a telephone in the room', when({ link: key, seal: 'e2ee', muted: true, people: [{ phone: true }] }, e2ee), 'muted', 'alert'],
  ['not green when nothing opens', when({ link: key, seal: 'e2ee', muted: true, counts: { sealed: 9, opened: 0, refused: 50 } }, e2ee), 'muted', 'alert'],
  ['one forged frame does not shake it', when({ link: key, seal: 'e2ee', muted: true, counts: { sealed: 9, opened: 99, refused: 50 } }, e2ee), 'muted', 'e2ee'],
  ['an unanswered question keeps it shut', when({}, asked), 'consent', 'transport'],
  ['so it does before the recording', when({}, { ...asked, recording: 'prepared' }), 'consent', 'transport'],
  ['and while it is paused', when({}, { ...asked, recording: 'paused' }), 'consent', 'transport'],
  ['being informed is no consent', when({ me: { recorded: 'informed' } }, asked), 'consent', 'transport'],
  ['not being in the list is no consent', when({ me: null }, asked), 'consent', 'transport'],
  ['a no keeps it shut', when({ me: { recorded: 'declined' } }, asked), 'listening', 'transport'],
  ['a no that means talking does not', when({ me: { recorded: 'declined' } }, { ...asked, after_no: 'talk' }), null, 'transport'],
  ['before an answer it is shut there too', when({ me: { recorded: 'unanswered' } }, { ...asked, after_no: 'talk' }), 'consent', 'transport'],
  ['a yes opens it', when({ me: { recorded: 'agreed' } }, asked), null, 'transport'],
  ['a yes does not unmute', when({ me: { recorded: 'agreed' }, muted: true }, asked), 'muted', 'transport'],
  ['a notice must have been shown', when({}, { recording: 'on', consent: 'notice' }), 'notice', 'transport'],
  ['a notice that was shown is enough', when({ me: { recorded: 'informed' } }, { recording: 'on', consent: 'notice' }), null, 'transport'],
  ['a no to a notice keeps it shut', when({ me: { recorded: 'declined' } }, { recording: 'on', consent: 'notice' }), 'listening', 'transport'],
  ['but where it means talking', when({ me: { recorded: 'declined' } }, { recording: 'on', consent: 'notice', after_no: 'talk' }), null, 'transport'],
  ['a no counts where nothing is asked any more', when({ me: { recorded: 'declined' } }, { recording: 'on', consent: 'off' }), 'listening', 'transport'],
  ['no notice, no question', when({}, { recording: 'on', consent: 'off' }), null, 'transport'],
  ['no recording asks nothing', when({}, { consent: 'required' }), null, 'transport'],
  ['muted is shut', when({ muted: true }), 'muted', 'transport'],
  ['no microphone is shut', when({ device: false }), 'device', 'transport'],
];

// What was true, what is true now, and whether somebody whom others had kept
// silent stays so.
const afterwards = [
  ['who only listened stays shut when the recording ends', when({ me: { recorded: 'declined' } }, asked), fine, true],
  ['who agreed goes on speaking', when({ me: { recorded: 'agreed' } }, asked), fine, false],
  ['who was still being asked goes on speaking', when({}, asked), fine, false],
  ['who talked on is not shut', when({ me: { recorded: 'declined' } }, { ...asked, after_no: 'talk' }), fine, false],
  ['who only listened stays shut when a no begins to mean talking', when({ me: { recorded: 'declined' } }, asked), when({ me: { recorded: 'declined' } }, { ...asked, after_no: 'talk' }), true],
  ['a pause changes nothing', when({ me: { recorded: 'declined' } }, asked), when({ me: { recorded: 'declined' } }, { ...asked, recording: 'paused' }), false],
  ['who had no key stays shut when the meeting is opened up', when({ seal: 'shut' }, e2ee), fine, true],
  ['whoever has one is kept shut by the key', when({ link: key, seal: 'e2ee' }, e2ee), when({ link: key }), false],
  ['stronger ciphers change nothing', fine, when({}, { encryption: 'enhanced' }), false],
  ['the first state changes nothing', null, fine, false],
];

export function rules({ microphone, shield, sealMode, backOff, hears, staysShut, printed }) {
  const c = new Check();
  for (const [rule, s, why, sign] of rows) {
    c.same(microphone(s), { open: why === null, why }, rule);
    c.same(shield(s), sign, `${rule}: header`);
  }
  for (const encryption of ['none', 'transport', 'enhanced', 'e2ee', 'unknown', undefined]) {
    for (const link of [null, key, { key: null }]) {
      const known = ['none', 'transport', 'enhanced'].includes(encryption);
      const want = encryption === 'e2ee' && link?.key ? 'e2ee' : known && !link ? 'clear' : 'shut';
      for (const seal of ['shut', 'clear', 'e2ee']) {
        const sound = seal === (encryption === 'e2ee' ? 'e2ee' : 'clear');
        c.same(hears({ meeting: { encryption }, seal }), sound, `what arrives for ${encryption} while the worker is ${seal}`);
      }
      c.same(sealMode({ meeting: { encryption }, link }), want, `worker for ${encryption}, ${link ? link.key ? 'key' : 'damaged key' : 'no key'}`);
    }
  }
  for (const [found, want] of [['', 'none'], ['sha-256 AA:0B', 'same'], ['sha-256 aa:0b', 'same'], ['sha-256 AA:0C', 'other'], ['sha-256 AA:0B, sha-256 AA:0C', 'other']]) {
    c.same(printed(found, 'sha-256 AA:0B'), want, `the connection has ${found || 'nothing'}`);
  }
  for (const [rule, before, now, want] of afterwards) c.same(staysShut(before, now), want, rule);
  c.same(sealMode({ meeting: null, link: null }), 'shut', 'worker before the first state');
  c.same([0, 1, 2, 5, 50].map((n) => backOff(n, 0.5)), [500, 1000, 2000, 15000, 15000], 'back-off doubles up to a quarter of a minute');
  return c.report;
}

export function changed({ changes }) {
  const c = new Check();
  const ann = { id: 'p1', name: 'Ann' }, bob = { id: 'p2', name: 'Bob' };
  const state = (people, m = {}) => ({ meeting: { ...meeting, ...m }, people });
  const told = (a, b) => changes(a, b, 'p1').map((x) => x.id);
  c.same(told(null, state([ann])), [], 'the first state is no change');
  c.same(told(state([ann]), state([ann])), [], 'no change, no word');
  c.same(told(state([ann]), state([ann, bob])), ['say.came'], 'somebody comes');
  c.same(told(state([ann, bob]), state([ann])), ['say.went'], 'somebody goes');
  c.same(told(state([bob]), state([ann, bob])), [], 'nobody tells me that I came');
  c.same(told(state([ann]), state([ann, { ...bob, waiting: true }])), ['say.door'], 'somebody waits');
  c.same(told(state([ann, { ...bob, waiting: true }]), state([ann, bob])), ['say.came'], 'somebody is let in');
  c.same(told(state([ann, { ...bob, waiting: true }]), state([ann])), [], 'somebody gives up waiting');
  c.same(told(state([bob]), state([{ ...bob, hand: true }])), ['say.hand'], 'a hand goes up');
  const steps = ['prepared', 'on', 'paused', 'on', 'off'];
  const words = steps.map((r, i) => told(state([], { recording: steps[i - 1] ?? 'off' }), state([], { recording: r }))[0]);
  c.same(words, ['say.record.prepared', 'say.record.on', 'say.record.paused', 'say.record.resumed', 'say.record.off'], 'a recording');
  c.same(told(state([], { locked: false }), state([], { locked: true })), ['say.locked'], 'the meeting is locked');
  return c.report;
}

const offer = ['v=0', 'm=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=mid:0', 'a=msid:p3 t', 'a=sendonly', 'a=rtpmap:111 opus/48000/2',
  'a=fmtp:111 minptime=10;useinbandfec=1', 'm=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=mid:1', 'a=msid:p4 t', 'a=inactive',
  'm=audio 0 UDP/TLS/RTP/SAVPF 111', 'a=mid:2', 'a=msid:p5 t', 'a=sendonly', ''].join('\r\n');

export function descriptions({ owners, steady, unbroken }) {
  const c = new Check();
  c.same([...owners(offer)], [['0', 'p3']], 'who owns the voices of an offer');
  c.same(/^a=fmtp:111 (.*)\r$/m.exec(steady(offer))?.[1], 'minptime=10;useinbandfec=1;cbr=1;usedtx=0', 'packets of one size');
  c.same(/^a=fmtp:111 (.*)\r$/m.exec(steady(offer.replace(/^a=fmtp.*\r\n/m, '')))?.[1], 'cbr=1;usedtx=0', 'without a line to extend');
  const pausing = offer.replace('inbandfec=1', 'inbandfec=1; usedtx=1');
  c.same(/^a=fmtp:111 (.*)\r$/m.exec(steady(pausing))?.[1], 'minptime=10;useinbandfec=1;cbr=1;usedtx=0', 'and no pauses, which tell who speaks');
  c.same(/^a=fmtp:111 (.*)\r$/m.exec(unbroken(pausing))?.[1], 'minptime=10;useinbandfec=1;usedtx=0', 'no pauses in music');
  return c.report;
}

// languages: the same words in each, the same placeholders, none empty.
export function languages({ catalogue }) {
  const c = new Check();
  const blanks = (w) => (typeof w === 'function' ? ['function'] : [...w.matchAll(/\{\w+\}/g)].map(String).sort());
  const ids = Object.keys(catalogue.en);
  for (const [name, words] of Object.entries(catalogue)) {
    c.same(Object.keys(words), ids, `ids of ${name}`);
    for (const id of ids) {
      c.same(Boolean(words[id]), true, `${name} ${id} says something`);
      c.same(blanks(words[id] ?? ''), blanks(catalogue.en[id]), `${name} ${id} placeholders`);
    }
  }
  return c.report;
}

export function texts({ written }) {
  const c = new Check();
  for (const [name, all, want] of [
    ['ours', { '': 'all', de: 'ours', en: 'English' }, 'ours'],
    ['else what is for all others', { '': 'all', en: 'English', fr: 'French' }, 'all'],
    ['else English', { en: 'English', fr: 'French' }, 'English'],
    ['else any', { fr: 'French' }, 'French'],
    ['none', {}, ''],
    ['nothing', undefined, ''],
  ]) c.same(written(all, 'de'), want, name);
  return c.report;
}

export async function links({ fragment, newKey, readLink, safetyCode }) {
  const c = new Check();
  const k = newKey();
  c.same(readLink(fragment(k)).key, k, 'a key survives the link');
  c.same(readLink(''), null, 'no fragment demands nothing');
  c.same(readLink('#top'), null, 'another fragment demands nothing');
  for (const bad of ['#e2ee=', '#e2ee=abc', `${fragment(k)}x`, `${fragment(k).slice(0, -1)}!`]) c.same(readLink(bad), { key: null }, `damaged: ${bad}`);
  const code = await safetyCode(new Uint8Array(32).fill(7), '100000006');
  c.same(code.every((g) => /^\d{5}$/.test(g)) && code.length, 6, 'six groups of five digits');
  c.same(await safetyCode(new Uint8Array(32).fill(7), '100000006'), code, 'the same for the same');
  for (const [k2, m] of [[8, '100000006'], [7, '100000007']]) {
    c.same((await safetyCode(new Uint8Array(32).fill(k2), m)).join() === code.join(), false, `another for key ${k2}, meeting ${m}`);
  }
  return c.report;
}
