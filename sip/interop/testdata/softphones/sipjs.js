// SIP.js under the handles of the test.
import './speaker.js';
import * as SIP from '/modules/sip.js/lib/index.js';

const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
const constraints = { audio, video: false };
const phone = window.phone = { library: `SIP.js ${SIP.version}`, state: 'idle', held: false };
let session;

// A change of the session is done when its answer is in place; the library
// refuses another one until then.
const change = (options) => new Promise((done, refused) => {
  session.sessionDescriptionHandlerOptionsReInvite = { constraints, ...options };
  session.invite({ requestDelegate: {
    onAccept: () => { phone.held = Boolean(options.hold); done(true); },
    onReject: ({ message }) => refused(new Error(`refused with ${message.statusCode}`)),
  } }).catch(refused);
});

phone.call = async (server, user, password) => {
  const ua = new SIP.UserAgent({
    uri: SIP.UserAgent.makeURI(`sip:${user}@127.0.0.1`), authorizationUsername: user, authorizationPassword: password,
    transportOptions: { server }, logLevel: 'error',
    sessionDescriptionHandlerFactoryOptions: { iceGatheringTimeout: 1000, peerConnectionConfiguration: { iceServers: [] } },
    delegate: {},
  });
  await ua.start();
  session = new SIP.Inviter(ua, SIP.UserAgent.makeURI('sip:en@127.0.0.1'), { sessionDescriptionHandlerOptions: { constraints } });
  let ours = false;
  phone.hangUp = () => { ours = true; session.bye(); };
  session.stateChange.addListener((state) => {
    if (state === SIP.SessionState.Established) phone.state = 'talking';
    if (state === SIP.SessionState.Terminated) phone.state = `ended by ${ours ? 'local' : 'remote'}`;
  });
  await session.invite({ requestDelegate: { onReject: ({ message }) => { phone.state = `failed: ${message.statusCode}`; } } });
};
phone.hold = () => change({ hold: true });
phone.resume = () => change({ hold: false });
phone.restart = () => change({ offerOptions: { iceRestart: true } });
phone.press = (key) => session.sessionDescriptionHandler.sendDtmf(key);
phone.inform = (key) => session.info({ requestOptions: { body: {
  contentDisposition: 'render', contentType: 'application/dtmf-relay', content: `Signal=${key}\r\nDuration=160`,
} } });
phone.connection = () => session.sessionDescriptionHandler.peerConnection;
phone.ready = true;
