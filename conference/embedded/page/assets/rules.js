// What the page decides, without touching anything: may sound leave this
// browser, what may the header claim, which question is open. All that is not
// known counts as no.

const levels = ['none', 'transport', 'enhanced', 'e2ee'];

// asksConsent: a recording runs or is about to, and this person has not answered.
export function asksConsent({ meeting, me }) {
  return Boolean(meeting && meeting.consent === 'required' && meeting.recording !== 'off'
    && !['agreed', 'declined'].includes(me?.recorded));
}

// unseen: notice is all that is asked, and this page has not yet said that it
// was shown. Until then the server keeps the voice out.
export function unseen({ meeting, me }) {
  return Boolean(meeting && meeting.consent === 'notice' && meeting.recording !== 'off'
    && !['informed', 'agreed', 'declined'].includes(me?.recorded));
}

// sealMode is how frames must pass the worker: clear only where neither the
// meeting nor the link speaks of end-to-end encryption.
export function sealMode({ meeting, link }) {
  if (!meeting || !levels.includes(meeting.encryption)) return 'shut';
  if (meeting.encryption === 'e2ee') return link?.key ? 'e2ee' : 'shut';
  return link ? 'shut' : 'clear';
}

// threat is what stands against sound in this meeting as far as encryption goes,
// or null. link is null or {key}: the link demands encryption. seal is the mode
// the worker has confirmed.
export function threat({ meeting, link, seal, supported, lost }) {
  if (lost) return 'connecting';
  if (!meeting || !levels.includes(meeting.encryption)) return 'unknown';
  if (meeting.encryption !== 'e2ee') {
    if (link) return 'downgrade';
    return seal === 'clear' ? null : 'sealing';
  }
  if (!supported) return 'unsupported';
  if (!link) return 'keyless';
  if (!link.key) return 'badkey';
  return seal === 'e2ee' ? null : 'sealing';
}

// bars are the threats that do not go by themselves.
export const bars = ['downgrade', 'unsupported', 'keyless', 'badkey'];

// hears: what arrives is sound for this browser.
export function hears({ meeting, seal }) {
  return Boolean(meeting) && seal === (meeting.encryption === 'e2ee' ? 'e2ee' : 'clear');
}

// microphone tells whether sound may leave, and if not, the first reason.
export function microphone(s) {
  const why = threat(s)
    ?? (asksConsent(s) ? 'consent' : null)
    ?? (listens(s) ? 'listening' : null)
    ?? (unseen(s) ? 'notice' : null)
    ?? (s.device ? null : 'device')
    ?? (s.muted ? 'muted' : null);
  return { open: why === null, why };
}

// declined: this person has said no, to a question or to a notice.
export function declined({ meeting, me }) {
  return Boolean(meeting && meeting.recording !== 'off' && me?.recorded === 'declined');
}

// talksOn: a no does not shut the voice here; the server leaves it out of every file.
export function talksOn(s) { return declined(s) && s.meeting.after_no === 'talk'; }

export function listens(s) { return declined(s) && !talksOn(s); }

// staysShut: what has kept a voice back is gone by somebody else's doing. Who only
// listened, or could not speak for want of a key, must not find the microphone
// open; they open it.
export function staysShut(before, now) {
  const { meeting, link } = now;
  if (!before?.meeting) return false;
  const listened = listens(before) && (meeting.recording === 'off' || talksOn(now));
  const unsealed = before.meeting.encryption === 'e2ee' && meeting.encryption !== 'e2ee' && !link;
  return listened || unsealed;
}

// shield is what the header may say of the encryption. Green is shown only while
// this browser really encrypts: the worker is in that mode, and once sound has
// been sent, it has sealed frames. A telephone in the room rules it out.
export function shield(s) {
  const why = threat(s);
  if (['connecting', 'sealing', 'unknown'].includes(why)) return 'pending';
  if (why) return 'alert';
  const { encryption } = s.meeting;
  if (encryption !== 'e2ee') return encryption;
  if (s.people.some((p) => p.phone) || wrongKey(s)) return 'alert';
  return microphone(s).open && !s.counts?.sealed ? 'pending' : 'e2ee';
}

// wrongKey: frames arrive, and none of them opens.
export function wrongKey({ meeting, counts }) {
  return meeting?.encryption === 'e2ee' && Boolean(counts) && counts.opened === 0 && counts.refused >= 50;
}

// printed compares the certificate at the other end of our connections with the one
// that the server says to have.
export function printed(found, said) {
  if (!found) return 'none';
  return found.toLowerCase() === said.toLowerCase() ? 'same' : 'other';
}

// backOff is how long to wait before the n-th new attempt, in milliseconds:
// doubling from half a second to a quarter of a minute, spread so that a whole
// meeting does not come back in one moment.
export function backOff(n, random = Math.random()) {
  return Math.min(15000, 500 * 2 ** n) * (0.75 + random / 2);
}
