// The sound of a call: the microphone, the loudspeaker, and the connection in
// between.

export class Sound {
  #connection = new RTCPeerConnection();
  #speaker;
  #microphone;
  #keys = ''; // that wait
  #pressing = false;

  constructor(speaker) {
    this.#speaker = speaker;
    // What is pressed before the sound flows would be lost.
    this.#connection.onconnectionstatechange = () => {
      if (this.#connection.connectionState === 'connected' && !this.#pressing) this.#send(this.#connection.getSenders()[0].dtmf);
    };
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

  set muted(yes) { this.#microphone.enabled = !yes; }

  // press sends a key beside the sound (RFC 4733). It reports false where that
  // is not agreed.
  press(key) {
    const sender = this.#connection.getSenders()[0]?.dtmf;
    if (!sender?.canInsertDTMF) return false;
    this.#keys += key;
    if (!this.#pressing && this.#connection.connectionState === 'connected') this.#send(sender);
    return true;
  }

  // New keys wait until those before are out: what toneBuffer says is left of
  // them may be sent already, and would be sent twice.
  #send(sender) {
    this.#pressing = this.#keys !== '';
    if (!this.#pressing) return;
    sender.ontonechange = ({ tone }) => { if (tone === '') this.#send(sender); };
    sender.insertDTMF(this.#keys, 160, 70);
    this.#keys = '';
  }

  close() {
    this.#connection.close();
    this.#microphone?.stop();
    this.#speaker.srcObject = null;
  }
}
