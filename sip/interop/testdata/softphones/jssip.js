// JsSIP under the handles of the test.
import './speaker.js';
import { require } from './require.js';

const JsSIP = require('jssip');
const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
const phone = window.phone = { library: `JsSIP ${JsSIP.version}`, state: 'idle', held: false };
let session;

phone.call = (server, user, password) => {
  const ua = new JsSIP.UA({
    sockets: [new JsSIP.WebSocketInterface(server)], uri: `sip:${user}@127.0.0.1`, password, register: false,
  });
  ua.on('connected', () => {
    session = ua.call('sip:en@127.0.0.1', { mediaConstraints: { audio, video: false }, pcConfig: { iceServers: [] } });
    session.on('progress', () => { phone.state = 'ringing'; });
    session.on('confirmed', () => { phone.state = 'talking'; });
    session.on('ended', ({ originator, cause }) => { phone.state = `ended by ${originator}: ${cause}`; });
    session.on('failed', ({ originator, cause }) => { phone.state = `failed by ${originator}: ${cause}`; });
    session.on('hold', () => { phone.held = true; });
    session.on('unhold', () => { phone.held = false; });
  });
  ua.start();
};
phone.hold = () => session.hold();
phone.resume = () => session.unhold();
phone.restart = () => session.renegotiate({ rtcOfferConstraints: { iceRestart: true } });
phone.press = (key) => session.sendDTMF(key, { transportType: 'RFC2833' });
phone.inform = (key) => session.sendDTMF(key, { transportType: 'INFO' });
phone.hangUp = () => session.terminate();
phone.connection = () => session.connection;
phone.ready = true;
