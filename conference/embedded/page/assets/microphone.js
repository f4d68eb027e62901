// The microphone: opened once, kept for the whole visit, metered for the user's
// eyes. Whether its sound goes anywhere is decided elsewhere.

export class Microphone {
  #context;
  #analyser;
  #samples;
  #onEnd;
  #wish = 0; // counts what was asked for: only the last of it counts
  #last = Promise.resolve(false); // what comes of it
  track = null;
  original = false; // it hears music
  opening = false;
  error = null;

  constructor(onEnd = () => {}) { this.#onEnd = onEnd; }

  // open asks for the microphone. original leaves out what browsers do to make
  // speech clearer, which spoils music. Asked again before it is open, it is the
  // later wish that all wait for.
  open(wish) {
    this.#last = this.#open(wish);
    return this.#last;
  }

  async #open({ device, original } = {}) {
    this.close();
    this.error = null;
    this.opening = true;
    this.original = Boolean(original);
    const wish = this.#wish;
    let track;
    try {
      if (!navigator.mediaDevices) throw new DOMException('', 'InsecureError');
      const stream = await navigator.mediaDevices.getUserMedia({ audio: {
        ...(device ? { deviceId: { exact: device } } : {}),
        channelCount: 1,
        echoCancellation: !original, noiseSuppression: !original, autoGainControl: !original,
      } });
      track = stream.getAudioTracks()[0];
    } catch (e) {
      if (wish !== this.#wish) return this.#last;
      [this.opening, this.error] = [false, reason(e)];
      return false;
    }
    if (wish !== this.#wish) {
      track.stop();
      return this.#last;
    }
    [this.opening, this.track] = [false, track];
    track.onended = () => {
      if (this.track !== track) return;
      this.close();
      this.error = 'gone';
      this.#onEnd();
    };
    this.#meter(track);
    return true;
  }

  get device() { return this.track?.getSettings().deviceId ?? ''; }

  #meter(track) {
    this.#context ??= new AudioContext();
    this.#analyser = this.#context.createAnalyser();
    this.#analyser.fftSize = 1024;
    this.#samples = new Float32Array(this.#analyser.fftSize);
    this.#context.createMediaStreamSource(new MediaStream([track])).connect(this.#analyser);
  }

  // level is how loud it is now, from 0 to 1 over 60 decibels.
  level() {
    if (!this.#analyser) return 0;
    // Browsers let nothing run that has to do with sound before a click or a key.
    if (this.#context.state === 'suspended' && (navigator.userActivation?.hasBeenActive ?? true)) {
      this.#context.resume().catch(() => {}); // then there is no meter, and that is all
    }
    this.#analyser.getFloatTimeDomainData(this.#samples);
    let sum = 0;
    for (const s of this.#samples) sum += s * s;
    const decibels = 10 * Math.log10(sum / this.#samples.length + 1e-10);
    return Math.max(0, Math.min(1, (decibels + 60) / 60));
  }

  async devices() {
    const all = await navigator.mediaDevices?.enumerateDevices() ?? [];
    return all.filter((d) => d.kind === 'audioinput' && d.deviceId);
  }

  close() {
    this.#wish++;
    this.#last = Promise.resolve(false);
    this.opening = false;
    this.track?.stop();
    this.track = null;
    this.#analyser?.disconnect();
    this.#analyser = null;
  }
}

function reason(e) {
  switch (e.name) {
    case 'NotAllowedError': case 'SecurityError': return 'denied';
    case 'NotFoundError': case 'OverconstrainedError': return 'none';
    case 'NotReadableError': case 'AbortError': return 'busy';
    case 'InsecureError': return 'insecure';
    default: return 'none';
  }
}
