// The sound of a call: the microphone, the loudspeaker, and the connection in
// between.

export class Sound {
  #connection = new RTCPeerConnection();
  #speaker;
  #microphone;
  #keys = ''; // that wait
  #pressing = false;
  #soon;

  constructor(speaker) {
    this.#speaker = speaker;
    this.#connection.ontrack = ({ streams, track }) => {
      this.#speaker.srcObject = streams[0] ?? new MediaStream([track]);
    };
  }

  // open asks for the microphone. original leaves out what browsers do to make
  // speech clearer.
  async open(original) {
    const clean = !original;
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: { channelCount: 1, echoCancellation: clean, noiseSuppression: clean, autoGainControl: clean },
    });
    [this.#microphone] = stream.getAudioTracks();
    this.#connection.addTrack(this.#microphone, stream);
  }

  // offer describes us, with every way that leads here.
  async offer() {
    await this.#connection.setLocalDescription(await this.#connection.createOffer());
    await this.#gathered();
    return this.#connection.localDescription.sdp;
  }

  // take takes what they say, and returns our answer if it was an offer.
  async take(sdp, type) {
    await this.#connection.setRemoteDescription({ type, sdp });
    if (type !== 'offer') return '';
    await this.#connection.setLocalDescription(await this.#connection.createAnswer());
    return this.#connection.localDescription.sdp;
  }

  // The gateway learns our address by itself, so nobody need wait for long.
  #gathered() {
    const c = this.#connection;
    return new Promise((done) => {
      if (c.iceGatheringState === 'complete') return done();
      c.addEventListener('icegatheringstatechange', () => { if (c.iceGatheringState === 'complete') done(); });
      setTimeout(done, 1000);
    });
  }

  // fingerprint is that of the gateway's certificate, which the browser has held
  // against the connection.
  get fingerprint() {
    return /^a=fingerprint:(\S+ \S+)/m.exec(this.#connection.remoteDescription?.sdp ?? '')?.[1] ?? '';
  }

  set muted(yes) { this.#microphone.enabled = !yes; }

  // press sends a key beside the sound (RFC 4733). It reports false where that
  // is not agreed. What is agreed decides, not what can be sent right now: keys
  // that go two ways overtake each other.
  press(key) {
    if (!this.#connection.getSenders()[0]?.dtmf) return false;
    if (!/^a=rtpmap:\d+ telephone-event\//im.test(this.#connection.remoteDescription?.sdp)) return false;
    this.#keys += key;
    this.#send();
    return true;
  }

  // Keys wait until the sound flows, since before that they would be lost, and
  // until those before are out: what toneBuffer says is left of them may be sent
  // already, and would be sent twice.
  #send() {
    if (this.#pressing || this.#keys === '') return;
    const sender = this.#connection.getSenders()[0].dtmf;
    if (this.#connection.connectionState !== 'connected' || !sender.canInsertDTMF) {
      clearTimeout(this.#soon);
      this.#soon = setTimeout(() => this.#send(), 20);
      return;
    }
    sender.ontonechange = ({ tone }) => {
      this.#pressing = tone !== '';
      this.#send();
    };
    this.#pressing = true;
    sender.insertDTMF(this.#keys, 160, 70);
    this.#keys = '';
  }

  close() {
    clearTimeout(this.#soon);
    this.#connection.close();
    this.#microphone?.stop();
    this.#speaker.srcObject = null;
  }
}
