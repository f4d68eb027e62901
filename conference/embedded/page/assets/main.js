// The page: one session, and the views that show it.

import { showBanners } from './banners.js';
import { Consent, ask, closers, enterKey, showInvitation } from './dialogs.js';
import { $, setText } from './dom.js';
import { bindHost, showHost } from './host.js';
import { JoinForm } from './join.js';
import { Microphone } from './microphone.js';
import { say, whisper } from './notices.js';
import { showPeople } from './people.js';
import { bindControls, bindKeys, showControls, showHeader, showLevel } from './room.js';
import { asksConsent, microphone, unseen } from './rules.js';
import { Session } from './session.js';
import { socketURL } from './signal.js';
import { has, t, translate, written } from './words.js';

translate(document.body);
closers();

const id = meetingID(location.pathname);
const mic = new Microphone(() => session.refresh());
const session = new Session({ id, url: socketURL(location), mic, players: $('players') });
const form = new JoinForm({ id, mic, demand: session.link, onJoin: enter });
const consent = new Consent((choice) => choice === 'leave' ? session.leave() : session.answer(choice));

function meetingID(path) {
  const last = path.split('/').filter(Boolean).at(-1) ?? '';
  try {
    return last === 'meet' ? '' : decodeURIComponent(last);
  } catch {
    return last; // no number has it; the server will say so
  }
}

async function enter({ name, pin, muted }) {
  form.error('');
  form.busy(true);
  if (!mic.track) await form.open(); // without one, one listens
  session.muted = muted;
  session.join(name, pin);
}

// fix answers a press on a microphone that cannot be opened just so.
async function fix(why) {
  if (why === 'listening') return session.answerAnew();
  if (why === 'device') {
    await form.open();
    return session.refresh();
  }
  if (why === 'keyless' || why === 'badkey') return enterKey(session);
  return say(t('mic.aria.held', { why: t(`why.${why}`) }));
}

// speak answers a host's request: whoever only listens is asked about the
// recording first.
function speak() {
  session.setMuted(false);
  const { open, why } = microphone(session);
  if (!open) fix(why);
}

const acts = {
  'lost.do': () => session.reconnect(),
  'open.do': () => ask('open', () => { history.replaceState(null, '', location.pathname); location.reload(); }),
  'key.do': () => enterKey(session),
  'speak.yes': speak,
  'speak.no': () => session.dismissAsk(),
  'blocked.do': () => session.playSound(),
  'mic.retry': () => fix('device'),
  'share.do': () => { session.shared = true; showInvitation(session); show(); },
  'agreed.do': () => session.answer('listen'),
  'notice.listen': () => session.answer('listen'),
  'notice.talk': () => session.answer('listen'),
  'listening.do': () => (session.meeting.consent === 'required' ? session.answerAnew() : session.answer('agree')),
};

function person(action, who) {
  const does = () => session.act(action, { person: who });
  if (action !== 'remove') return does();
  return ask('remove', does, { name: session.people.find((p) => p.id === who)?.name ?? '' });
}

let shown = '';

function show() {
  const room = session.phase === 'in' && session.meeting !== null;
  const view = { join: 'join', joining: 'join', waiting: 'wait', in: room ? 'room' : shown || 'join', over: 'over' }[session.phase];
  for (const v of ['join', 'wait', 'room', 'over']) $(v).hidden = v !== view;
  form.busy(session.phase === 'joining' || session.phase === 'in');
  ({ join: showJoin, wait: showWait, room: showRoom, over: showOver })[view]();
  consent.show(room && (asksConsent(session) || session.anew) ? session.meeting : null);
  if (view !== shown) arrive(view);
  shown = view;
}

// arrive moves a reader to the new view.
function arrive(view) {
  if (view !== 'room') {
    for (const d of document.querySelectorAll('dialog[open]')) d.close();
    document.title = 'Einwahl';
  }
  if (view === 'wait' || view === 'over') $(`${view}-title`).focus();
  if (view === 'room') $('mic').focus();
}

function showJoin() {
  form.showMic();
  $('join-demand').hidden = !session.link;
  if (session.phase === 'join' && session.why) {
    form.error(t(`join.${session.why}`), 'pin');
    session.why = '';
  } else if (session.lost) form.error(t('banner.lost'));
}

function showWait() {
  setText($('wait-title'), t(`wait.${session.why}`));
  setText($('wait-text'), session.lost ? t('banner.lost') : t(`wait.${session.why}.text`));
  const message = written(session.message);
  $('wait-message').hidden = !message;
  setText($('wait-message'), message);
}

// seen reports a notice once it has been painted on a screen that somebody can
// look at.
function seen() {
  if (!unseen(session) || document.hidden) return;
  requestAnimationFrame(() => requestAnimationFrame(() => session.shown()));
}

function showRoom() {
  showHeader(session);
  showBanners(session, (action) => acts[action]());
  showPeople(session, person);
  showHost(session);
  showControls(session);
  seen();
}

function showOver() {
  const { why } = session;
  const known = has(`over.${why}`) ? why : 'gone';
  setText($('over-title'), t(`over.${known}`));
  setText($('over-text'), has(`over.${known}.text`) ? t(`over.${known}.text`) : '');
  setText($('over-again'), t(['full', 'locked', 'gone', 'declined'].includes(known) ? 'over.retry' : 'over.again'));
  // Who was sent out may come again, but is not invited to.
  $('over-again').classList.toggle('main', !['removed', 'declined'].includes(known));
  mic.close();
}

session.addEventListener('change', show);
session.addEventListener('say', ({ detail: { id: word, values, level, urgent } }) => {
  if (['say.in', 'say.lost'].includes(word)) return whisper(t(word)); // the eye sees it
  return say(t(word, level ? { level: t(`level.${level}`) } : values), urgent);
});
bindControls(session, fix);
bindKeys(session, fix);
bindHost(session);
$('admit-all').addEventListener('click', () => {
  for (const p of session.people) if (p.waiting) session.act('admit', { person: p.id });
});
$('wait-leave').addEventListener('click', () => session.leave());
$('over-again').addEventListener('click', () => { session.again(); form.test(); $('name').focus(); });
addEventListener('hashchange', () => session.reread());
document.addEventListener('visibilitychange', seen);
addEventListener('online', () => session.reconnect());
addEventListener('pagehide', () => { if (session.phase !== 'over' && session.phase !== 'join') session.leave(); });

(function frame() {
  if (shown === 'join') form.meter();
  if (shown === 'room') showLevel(session);
  requestAnimationFrame(frame);
})();

if (!('showPopover' in HTMLElement.prototype) || !globalThis.RTCPeerConnection) {
  form.error(t('join.old'));
  $('enter').disabled = true;
}
show();
$(id ? 'name' : 'meeting').focus();
