// Ears for tests: keeps the last seconds of every remote voice that reaches
// this page, so that a test can ask how loud a tone is in it.
(() => {
  const seconds = 4;
  const voices = new Map(); // stream id -> {ring, at, rate}
  let context = null;

  function listen(stream) {
    if (voices.get(stream.id)?.stream === stream) return; // else on another connection
    context ??= new AudioContext();
    context.resume();
    const voice = { stream, ring: new Float32Array(seconds * context.sampleRate), at: 0, rate: context.sampleRate };
    voices.set(stream.id, voice);
    const tap = context.createScriptProcessor(1024, 1, 1);
    tap.onaudioprocess = (event) => {
      const heard = event.inputBuffer.getChannelData(0);
      for (let i = 0; i < heard.length; i++) voice.ring[(voice.at + i) % voice.ring.length] = heard[i];
      voice.at += heard.length;
    };
    context.createMediaStreamSource(stream).connect(tap);
    tap.connect(context.destination);
    voice.tap = tap; // or it is collected
  }

  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(...args) {
      super(...args);
      this.addEventListener('track', (event) => { if (event.streams[0]) listen(event.streams[0]); });
    }
  };

  // mixed is the sum of all voices over `span` seconds that end `ago` seconds
  // before now.
  function mixed(span, ago) {
    const rate = context?.sampleRate ?? 0, n = Math.floor(span * rate);
    const sum = new Float64Array(n);
    for (const voice of voices.values()) {
      const from = voice.at - n - Math.floor(ago * rate);
      if (from < 0) continue;
      for (let i = 0; i < n; i++) sum[i] += voice.ring[(from + i) % voice.ring.length];
    }
    return sum;
  }

  // strength is how loud a tone is in a sound, in dBov.
  function strength(sound, hertz) {
    const n = Math.max(1, sound.length);
    let re = 0, im = 0;
    // Both waves are turned on step by step: a sine for each sample would take longer
    // than all else that the page does.
    const step = 2 * Math.PI * hertz / context?.sampleRate, hann = 2 * Math.PI / n;
    const c = Math.cos(step), s = Math.sin(step), wc = Math.cos(hann), ws = Math.sin(hann);
    let x = 1, y = 0, wx = 1, wy = 0;
    for (const value of sound) {
      const w = (1 - wx) * value;
      re += w * x;
      im += w * y;
      [x, y] = [x * c - y * s, x * s + y * c];
      [wx, wy] = [wx * wc - wy * ws, wx * ws + wy * wc];
    }
    return 20 * Math.log10(Math.max(1e-6, 2 * Math.hypot(re, im) / n / Math.SQRT2));
  }

  // level of a tone in dBov over the last `span` seconds of all voices summed.
  // The span ends `ago` seconds before now.
  function level(hertz, span, ago = 0) { return strength(mixed(span, ago), hertz); }

  // recent is the best of the last two seconds.
  function recent(hertz) {
    let best = -120;
    for (let ago = 0; ago <= 1.8; ago += 0.1) best = Math.max(best, level(hertz, 0.2, ago));
    return best;
  }

  // peaks are the loudest that each watched tone has been, and when it was
  // first louder than -50 dBov (milliseconds since 1970).
  const peaks = new Map();
  function watch(tones) {
    if (peaks.size === 0) setInterval(look, 100);
    for (const hertz of tones) peaks.set(hertz, { level: -120, first: 0 });
  }

  function look() {
    const sound = mixed(0.2, 0);
    for (const [hertz, peak] of peaks) {
      const now = strength(sound, hertz);
      peak.level = Math.max(peak.level, now);
      if (now > -50 && !peak.first) peak.first = Date.now();
    }
  }

  window.einwahlEars = { level, recent, watch, peak: (hertz) => peaks.get(hertz), voices: () => [...voices.keys()] };
})();
