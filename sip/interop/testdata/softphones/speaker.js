// Plays what a softphone hears: what nobody plays, Chromium does not decode.
const speaker = document.body.appendChild(document.createElement('audio'));
speaker.autoplay = true;
window.RTCPeerConnection = class extends window.RTCPeerConnection {
  constructor(...settings) {
    super(...settings);
    this.addEventListener('track', ({ streams }) => { [speaker.srcObject] = streams; });
  }
};
