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

  // level of a tone in dBov over the last `span` seconds of all voices summed.
  // The span ends `ago` seconds before now.
  function level(hertz, span, ago = 0) {
    let re = 0, im = 0, n = 1;
    for (const voice of voices.values()) {
      n = Math.floor(span * voice.rate);
      const from = voice.at - n - Math.floor(ago * voice.rate);
      if (from < 0) continue;
      for (let i = 0; i < n; i++) {
        const s = voice.ring[(from + i) % voice.ring.length];
        const w = 1 - Math.cos(2 * Math.PI * i / n);
        const phase = 2 * Math.PI * hertz * i / voice.rate;
        re += w * s * Math.cos(phase);
        im += w * s * Math.sin(phase);
      }
    }
    return 20 * Math.log10(Math.max(1e-6, 2 * Math.hypot(re, im) / n / Math.SQRT2));
  }

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
    for (const hertz of tones) peaks.set(hertz, { level: -120, first: 0 });
    setInterval(() => {
      for (const [hertz, peak] of peaks) {
        const now = level(hertz, 0.2);
        peak.level = Math.max(peak.level, now);
        if (now > -50 && !peak.first) peak.first = Date.now();
      }
    }, 100);
  }

  window.einwahlEars = { level, recent, watch, peak: (hertz) => peaks.get(hertz), voices: () => [...voices.keys()] };
})();
