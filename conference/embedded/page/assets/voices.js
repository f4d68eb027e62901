// Sound to the meeting and from it: one connection for our microphone, which we
// offer, and one for all other voices, which the server offers. Frames pass
// through the Cipher in both.

import { peerOptions } from './e2ee.js';

export class Voices {
  #send;
  #cipher;
  #pub;
  #sub;
  #sender;
  #shown;
  #sealed;
  #unbroken;
  #heard = false;
  #track = null;
  #work = Promise.resolve();
  #audio = new Map(); // by transceiver
  #early = { pub: [], sub: [] };
  #onState;

  // sink is the element that holds the players; onState hears how the
  // connections fare: 'connected', 'failed', or 'blocked' when the browser wants
  // a click before it plays. sealed keeps from the server
  // what encryption leaves: loudness, and the sizes of packets. unbroken sends what
  // is quiet as well, where the server asks for pauses: music ends softly.
  constructor({ send, ice, cipher, sink, sealed, unbroken, onState }) {
    const config = { iceServers: (ice ?? []).map((s) => typeof s === 'string' ? { urls: s } : s), bundlePolicy: 'max-bundle', ...peerOptions };
    this.#send = send;
    this.#cipher = cipher;
    this.#shown = sink;
    this.#sealed = sealed;
    this.#unbroken = unbroken;
    this.#onState = onState;
    this.#pub = this.#peer('pub', config);
    this.#sub = this.#peer('sub', config);
  }

  #peer(name, config) {
    const pc = new RTCPeerConnection(config);
    pc.onicecandidate = ({ candidate }) => {
      if (candidate) this.#send({ type: 'candidate', pc: name, candidate: candidate.toJSON() });
    };
    pc.onconnectionstatechange = () => {
      if (['connected', 'failed'].includes(pc.connectionState)) this.#onState(pc.connectionState);
    };
    return pc;
  }

  // publish offers our microphone. It carries nothing until speak is called with
  // a track.
  async publish() {
    const transceiver = this.#pub.addTransceiver('audio', { direction: 'sendonly' });
    this.#cipher.attach(transceiver.sender, 'send');
    const opus = RTCRtpSender.getCapabilities('audio').codecs.filter((c) => c.mimeType === 'audio/opus');
    transceiver.setCodecPreferences?.(opus);
    this.#sender = transceiver.sender;
    await this.#offer();
  }

  // seal is for a meeting that turns end-to-end encrypted while we are in it: what
  // we have agreed with the server on is agreed anew.
  seal() {
    if (this.#sealed) return;
    this.#sealed = true;
    if (!this.#sender) return; // the first offer is still to be made
    this.#work = this.#work.then(() => this.#offer()).catch(() => this.#onState('failed'));
  }

  async #offer() {
    await this.#pub.setLocalDescription();
    const { sdp } = this.#pub.localDescription;
    this.#send({ type: 'pub.offer', sdp: this.#sealed ? faceless(sdp) : sdp });
  }

  // speak lets a track out, or with null nothing at all: not even silence.
  speak(track) {
    if (!this.#sender || track === this.#track) return;
    this.#track = track;
    this.#sender.replaceTrack(track).catch(() => {}); // the connection is closing
  }

  // hear lets the others be heard, or with false nobody: a browser that cannot
  // decrypt would play noise.
  hear(on) {
    this.#heard = on;
    for (const { receiver } of this.#sub.getTransceivers()) receiver.track.enabled = on;
  }

  // handle takes the server's messages about connections, one after the other.
  handle(message) {
    this.#work = this.#work.then(() => this.#apply(message)).catch(() => this.#onState('failed'));
    return this.#work;
  }

  async #apply(message) {
    switch (message.type) {
      case 'pub.answer':
        await this.#pub.setRemoteDescription({ type: 'answer', sdp: this.#agreed(message.sdp) });
        await this.#late('pub', this.#pub);
        return;
      case 'sub.offer':
        await this.#sub.setRemoteDescription({ type: 'offer', sdp: message.sdp });
        this.#listen(owners(message.sdp));
        await this.#sub.setLocalDescription();
        this.#send({ type: 'sub.answer', sdp: this.#sub.localDescription.sdp });
        await this.#late('sub', this.#sub);
        return;
      case 'candidate': {
        const pc = message.pc === 'pub' ? this.#pub : this.#sub;
        if (pc.remoteDescription) await pc.addIceCandidate(message.candidate);
        else this.#early[message.pc]?.push(message.candidate);
      }
    }
  }

  // agreed is an answer with what we want of our own encoder.
  #agreed(sdp) {
    if (this.#sealed) return steady(sdp);
    return this.#unbroken ? unbroken(sdp) : sdp;
  }

  // fingerprint is that of the server's certificate, which the browser has held
  // against the connections that stand; if they should have two, all of them. A
  // description alone says only what somebody has promised.
  get fingerprint() {
    const standing = [this.#pub, this.#sub].filter((pc) => pc.connectionState === 'connected');
    const found = standing.flatMap((pc) => [...(pc.remoteDescription?.sdp ?? '').matchAll(/^a=fingerprint:(\S+ \S+)/gm)]);
    return [...new Set(found.map(([, print]) => print))].join(', ');
  }

  async #late(name, pc) {
    for (const candidate of this.#early[name].splice(0)) await pc.addIceCandidate(candidate);
  }

  // listen gives every voice of the offer a player, and takes away the others.
  // The receivers are led through the cipher here: before the answer, so before
  // the first frame.
  #listen(owner) {
    for (const transceiver of this.#sub.getTransceivers()) {
      this.#cipher.attach(transceiver.receiver, 'receive');
      transceiver.receiver.track.enabled = this.#heard;
      const person = owner.get(transceiver.mid);
      let audio = this.#audio.get(transceiver);
      if (!person) {
        audio?.remove();
        this.#audio.delete(transceiver);
        continue;
      }
      if (!audio) {
        audio = document.createElement('audio');
        audio.autoplay = true;
        audio.srcObject = new MediaStream([transceiver.receiver.track]);
        this.#shown.append(audio);
        this.#audio.set(transceiver, audio);
      }
      audio.dataset.person = person;
      audio.dataset.mid = transceiver.mid;
      this.#play(audio);
    }
  }

  async #play(audio) {
    try {
      await audio.play();
    } catch (e) {
      if (e.name === 'NotAllowedError') this.#onState('blocked');
    }
  }

  playAll() { for (const audio of this.#audio.values()) this.#play(audio); }

  // levels is how loud each person sounds here, after decryption: in an
  // end-to-end encrypted meeting the server cannot know who speaks.
  async levels() {
    const loud = new Map();
    const byMid = new Map([...this.#audio.values()].map((a) => [a.dataset.mid, a.dataset.person]));
    for (const s of (await this.#sub.getStats()).values()) {
      if (s.type === 'inbound-rtp' && byMid.has(s.mid)) loud.set(byMid.get(s.mid), s.audioLevel ?? 0);
    }
    return loud;
  }

  close() {
    this.#pub.close();
    this.#sub.close();
    for (const audio of this.#audio.values()) audio.remove();
    this.#audio.clear();
  }
}

// owners reads whose voice each media section of an offer carries: the id of its
// stream is the person's. Sections that send nothing have no owner.
export function owners(sdp) {
  const found = new Map();
  for (const section of sdp.split(/^(?=m=)/m).slice(1)) {
    const mid = /^a=mid:(\S+)/m.exec(section)?.[1];
    const stream = /^a=msid:(\S+)/m.exec(section)?.[1];
    const sends = /^a=(sendrecv|sendonly)\s*$/m.test(section) && !/^m=\w+ 0 /.test(section);
    if (mid && stream && stream !== '-' && sends) found.set(mid, stream);
  }
  return found;
}

// faceless leaves out of an offer that each packet tells how loud it is (RFC 6464).
export function faceless(sdp) { return sdp.replace(/^a=extmap:\S+ urn:ietf:params:rtp-hdrext:ssrc-audio-level.*\r?\n/gm, ''); }

// steady asks our own encoder for packets of constant size: with a variable rate
// the lengths of encrypted frames give words away (RFC 6562), and with pauses
// whoever sees the packets knows who speaks.
export function steady(sdp) { return wanting(sdp, 'cbr=1', 'usedtx=0'); }

// unbroken asks it for packets of what is quiet as well.
export function unbroken(sdp) { return wanting(sdp, 'usedtx=0'); }

// wanting is a description of somebody who wants that of Opus, whatever it says
// about it (RFC 7587 section 6.1).
function wanting(sdp, ...wishes) {
  const type = /^a=rtpmap:(\d+) opus\//mi.exec(sdp)?.[1];
  if (!type) return sdp;
  const line = new RegExp(`^a=fmtp:${type} (.*?)(?=\\r?$)`, 'm');
  const name = (param) => param.trim().split('=')[0], settled = wishes.map(name);
  const wanted = (params) => [...params.split(';').filter((p) => p && !settled.includes(name(p))), ...wishes].join(';');
  if (line.test(sdp)) return sdp.replace(line, (_, params) => `a=fmtp:${type} ${wanted(params)}`);
  return sdp.replace(new RegExp(`^a=rtpmap:${type} .*$`, 'm'), (l) => `${l.trimEnd()}\r\na=fmtp:${type} ${wanted('')}`);
}
