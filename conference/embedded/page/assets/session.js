// One visit to a meeting: the connection, the sound, what the server has said.
// It draws nothing; whoever draws listens for 'change' and 'say'.

import { changes } from './changes.js';
import { Cipher, fragment, newKey, readLink, supported } from './e2ee.js';
import { backOff, bars, hears, microphone, sealMode, staysShut, unseen } from './rules.js';
import { Signal } from './signal.js';
import { Voices } from './voices.js';
import { has, language } from './words.js';

export class Session extends EventTarget {
  #url;
  #players;
  #signal = null;
  #voices = null;
  #cipher;
  #retry = 0;
  #attempt = 0;
  #wish = '';     // the encryption that we, as host, have asked for
  #told = -1;     // the recording whose notice was reported as seen
  #refused = -1;  // the recording that got a no, which a lost connection does not undo
  #pin = '';
  #barred = false; // encryption keeps us silent, and the others know it
  #sounded = false; // the sound connections of this join have stood
  #key = '';      // proves that the PIN was right, for coming back
  #pass = '';     // and that nobody has removed us

  phase = 'join'; // join | joining | waiting | in | over
  why = '';       // why it waits or is over
  message = null; // what the host says to those who wait, by language
  name = '';
  you = '';
  host = false;
  meeting = null;
  people = [];
  me = null;
  speaking = new Set();
  muted = false;
  hand = false;
  lost = false;
  blocked = false;
  asked = false;  // a host asks us to speak
  anew = false;   // the question about the recording is wanted once more
  silenced = false; // a host has muted us
  shared = true;  // false: we have made a key that the others do not have yet
  supported = supported;

  constructor({ id, url, mic, players }) {
    super();
    Object.assign(this, { id, mic });
    this.#url = url;
    this.#players = players;
    this.link = readLink(location.hash);
    this.#cipher = new Cipher(() => this.#changed());
    setInterval(() => this.#listen(), 200);
    setInterval(() => this.meeting?.encryption === 'e2ee' && this.#cipher.askCounts(), 500);
  }

  get seal() { return this.#cipher.mode; }
  get counts() { return this.#cipher.counts; }
  get device() { return Boolean(this.mic.track); }
  get phones() { return this.people.filter((p) => p.phone && !p.waiting).length; }

  // address is the link that others need, key included.
  get address() {
    return location.origin + location.pathname + (this.link?.key ? fragment(this.link.key) : '');
  }

  join(name, pin) {
    Object.assign(this, { name, phase: 'joining', why: '', lost: false });
    this.#refused = -1;
    this.#pin = pin;
    this.#attempt = 0;
    this.#connect();
  }

  // again goes back to the form.
  again() {
    Object.assign(this, { phase: 'join', why: '' });
    this.#changed();
  }

  leave() {
    this.#signal?.send({ type: 'leave' });
    this.#end('left');
  }

  setMuted(muted) {
    this.muted = muted;
    this.asked = false;
    this.#tellMuted();
    this.#changed();
  }

  // tellMuted lets the others see whether they could hear us.
  #tellMuted() {
    this.#send({ type: 'mute', muted: this.muted || !this.device || this.#barred });
  }

  setHand(up) {
    this.hand = up;
    this.#send({ type: 'hand', up });
    this.#changed();
  }

  answer(answer) {
    this.anew = false;
    this.#refused = answer === 'agree' ? -1 : this.meeting.run;
    this.#send({ type: 'consent', run: this.meeting.run, answer });
    this.#changed();
  }

  // shown tells the server that the notice of a recording is on the screen, or again
  // that this person has said no to it.
  shown() {
    if (!unseen(this) || this.#told === this.meeting.run) return;
    this.#told = this.meeting.run;
    this.#send({ type: 'consent', run: this.meeting.run, answer: this.#refused === this.meeting.run ? 'listen' : 'agree' });
  }

  // answerAnew puts the question once more to somebody who only listens.
  answerAnew() {
    this.anew = true;
    this.#changed();
  }

  get fingerprint() { return this.#voices?.fingerprint ?? ''; }

  act(action, more = {}) { this.#send({ type: 'host', action, ...more }); }

  // switchTo changes the meeting's encryption. For end-to-end it makes a new
  // key: an old one may be known to people who are not here any more. Our own
  // link changes once the meeting has, so that a refusal costs nothing.
  switchTo(level) {
    this.#wish = level;
    this.act('encryption', { level });
  }

  #fulfil() {
    const { encryption } = this.meeting;
    if (this.#wish !== encryption) return;
    this.#wish = '';
    if (encryption === 'e2ee') this.makeKey();
    else if (this.link) this.#adopt(null);
  }

  makeKey() {
    this.#adopt({ key: newKey() });
    this.shared = false;
  }

  // useLink takes over a key that came by another link. False: there is none.
  useLink(hash) {
    const link = readLink(hash);
    if (!link?.key) return false;
    this.#adopt(link);
    return true;
  }

  #adopt(link) {
    this.link = link;
    this.shared = true;
    history.replaceState(null, '', location.pathname + (link ? fragment(link.key) : ''));
    this.#arrange();
  }

  // reread follows a change of the address: a new link was opened in this window.
  reread() {
    this.link = readLink(location.hash);
    this.#arrange();
  }

  dismissAsk() {
    this.asked = false;
    this.#changed();
  }

  playSound() {
    this.blocked = false;
    this.#voices?.playAll();
    this.#changed();
  }

  // refresh follows a microphone that has come or gone.
  refresh() {
    this.#tellMuted();
    this.#changed();
  }

  reconnect() {
    clearTimeout(this.#retry);
    if (this.lost) this.#connect();
  }

  #send(message) { this.#signal?.send(message); }

  #connect() {
    this.#signal?.close();
    this.#signal = new Signal(this.#url, {
      onOpen: (s) => s.send({ type: 'join', name: this.name, pin: this.#pin, key: this.#key, pass: this.#pass, language }),
      onMessage: (m) => this.#message(m),
      onLost: () => this.#lose(),
    });
    this.#changed();
  }

  #lose() {
    this.#signal?.close();
    this.#quiet();
    if (!this.lost) this.#say('say.lost', { urgent: true });
    this.lost = true;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.reconnect(), backOff(this.#attempt++));
    this.#changed();
  }

  #quiet() {
    this.#voices?.close();
    this.#voices = null;
    this.speaking = new Set();
  }

  #end(why) {
    clearTimeout(this.#retry);
    this.#wish = '';
    this.#signal?.close();
    this.#signal = null;
    this.#quiet();
    this.#cipher.set('shut');
    const again = why === 'wrong' || why === 'rate';
    Object.assign(this, {
      phase: again ? 'join' : 'over', why, lost: false, meeting: null, people: [], me: null,
      hand: false, asked: false, anew: false, blocked: false, silenced: false,
    });
    this.#changed();
  }

  #message(m) {
    switch (m.type) {
      case 'joined': return this.#joined(m);
      case 'waiting':
        Object.assign(this, { phase: 'waiting', why: m.why, message: m.message, lost: false });
        return this.#changed();
      case 'state': return this.#state(m);
      case 'speaking':
        if (this.meeting?.encryption === 'e2ee') return undefined; // we hear for ourselves
        this.speaking = new Set(m.people);
        return this.#changed();
      case 'pub.answer': case 'sub.offer': case 'candidate':
        return this.#voices?.handle(m);
      case 'speak_request':
        this.asked = true;
        return this.#changed();
      case 'bye': return this.#bye(m.reason);
      case 'error': return this.#say(has(`error.${m.code}`) ? `error.${m.code}` : 'error.other', { urgent: true });
    }
    return undefined;
  }

  // bye is the server's last word. One that is only being restarted is waited
  // for; but not by a page that has never had sound, which would come in vain.
  #bye(why) {
    const cut = why === 'gone' && (this.phase === 'waiting' || (this.phase === 'in' && this.#sounded));
    return cut ? this.#lose() : this.#end(why);
  }

  // joined begins the sound. The server says it again in mid-meeting when it
  // wants new connections, for stronger ciphers or after a failure.
  async #joined({ you, host, ice, key, pass, leg }) {
    const first = this.phase !== 'in', back = this.lost;
    if (first || back) {
      Object.assign(this, { meeting: null, people: [], me: null });
      this.#told = -1;
    }
    Object.assign(this, { phase: 'in', you, host, lost: false });
    this.#key = key ?? '';
    this.#pass = pass ?? '';
    this.#attempt = 0;
    this.#sounded = false;
    this.#quiet();
    const voices = new Voices({
      ice, cipher: this.#cipher, sink: this.#players, sealed: Boolean(this.link), unbroken: this.mic.original,
      send: (m) => this.#voices === voices && this.#send({ ...m, leg }),
      onState: (s) => this.#voices === voices && this.#sound(s),
    });
    this.#voices = voices;
    if (first || back) {
      this.#barred = false;
      this.#tellMuted();
      if (this.hand) this.#send({ type: 'hand', up: true });
      this.#say(back ? 'say.back' : 'say.in', {});
    }
    this.#arrange();
    await this.#cipher.ready;
    await voices.publish().catch(() => this.#voices === voices && this.#sound('failed'));
    this.#changed();
  }

  // sound hears how the connections fare. A broken one is first the server's to
  // replace; only if it does not, we come anew.
  #sound(state) {
    const voices = this.#voices;
    if (state === 'failed') setTimeout(() => this.#voices === voices && this.phase === 'in' && !this.lost && this.#lose(), 5000);
    if (state === 'connected') this.#sounded = true;
    if (state === 'blocked') this.blocked = true;
    this.#changed();
  }

  #state({ meeting, people, you }) {
    const before = this.meeting && { meeting: this.meeting, people: this.people, me: this.me };
    const wished = this.#wish === meeting.encryption;
    const silenced = Boolean(you?.muted_by_host) && !this.silenced;
    this.silenced = Boolean(you?.muted_by_host);
    this.meeting = meeting;
    this.people = people ?? [];
    this.me = this.people.find((p) => p.id === this.you) ?? null;
    this.host = this.me?.host ?? this.host;
    if (meeting.recording === 'off') this.anew = false;
    if (silenced) {
      this.muted = true;
      this.#say('say.muted.host', { urgent: true });
    }
    for (const told of changes(before, this, this.you)) this.#say(told.id, told);
    this.#fulfil();
    if (!this.muted && !wished && staysShut(before, this)) {
      this.setMuted(true);
      this.#say('say.shut', {});
    }
    if (before?.meeting.encryption !== meeting.encryption) this.#arrange();
    this.#changed();
  }

  // arrange brings the worker into the mode that meeting and link ask for. Until
  // it has confirmed, the microphone is shut.
  #arrange() {
    const mode = sealMode(this);
    if (mode === 'e2ee') this.#voices?.seal();
    this.#cipher.set(mode, this.link?.key).then(() => this.#changed());
    this.#changed();
  }

  // changed applies what the rules say about the microphone before anybody draws.
  #changed() {
    const { open, why } = microphone(this);
    if (this.mic.track) this.mic.track.enabled = open || this.phase === 'join';
    this.#voices?.speak(open ? this.mic.track : null);
    this.#voices?.hear(hears(this));
    const barred = bars.includes(why);
    if (this.phase === 'in' && barred !== this.#barred) {
      this.#barred = barred;
      this.#tellMuted();
    }
    this.dispatchEvent(new Event('change'));
  }

  #say(id, { values, level, urgent }) {
    this.dispatchEvent(new CustomEvent('say', { detail: { id, values, level, urgent } }));
  }

  // listen finds out who speaks where the server cannot.
  async #listen() {
    if (this.meeting?.encryption !== 'e2ee' || !this.#voices) return;
    const loud = new Set([...await this.#voices.levels()].filter(([, l]) => l > 0.02).map(([id]) => id));
    if (microphone(this).open && this.mic.level() > 0.35) loud.add(this.you);
    if (loud.size === this.speaking.size && [...loud].every((id) => this.speaking.has(id))) return;
    this.speaking = loud;
    this.#changed();
  }
}
