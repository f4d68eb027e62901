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
// A change of the session is done when its answer is in place; the library
// refuses another one until then.
const change = (begin) => new Promise((done, refused) => {
  if (!begin(() => done(true))) refused(new Error(`another change is under way: ${phone.state}`));
});
phone.hold = () => change((done) => session.hold({}, done));
phone.resume = () => change((done) => session.unhold({}, done));
phone.restart = () => change((done) => session.renegotiate({ rtcOfferConstraints: { iceRestart: true } }, done));
phone.press = (key) => session.sendDTMF(key, { transportType: 'RFC2833' });
phone.inform = (key) => session.sendDTMF(key, { transportType: 'INFO' });
phone.hangUp = () => session.terminate();
phone.connection = () => session.connection;
phone.ready = true;
