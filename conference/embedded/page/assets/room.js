// The room as a whole: header, own controls, keys.

import { $, setIcon, setText } from './dom.js';
import { showInvitation, showSecurity, signs } from './dialogs.js';
import { spaced } from './join.js';
import { microphone, shield } from './rules.js';
import { say } from './notices.js';
import { t } from './words.js';

export function showHeader(s) {
  const { meeting } = s;
  setText($('title'), meeting.title || t('join.number', { id: spaced(meeting.id) }));
  setText($('number'), meeting.title ? spaced(meeting.id) : '');
  $('locked').hidden = !meeting.locked;
  $('lamp').hidden = meeting.recording === 'off';
  $('lamp').dataset.state = meeting.recording;
  setText($('lamp-text'), meeting.recording === 'off' ? '' : t(`lamp.${meeting.recording}`));
  const sign = shield(s);
  $('shield').dataset.level = sign;
  setIcon($('shield'), signs[sign]);
  const phone = s.phones && !['alert', 'pending'].includes(sign) ? ` · ${t('shield.phone')}` : '';
  setText($('shield-text'), t(s.lost ? 'shield.lost' : `shield.${sign}`) + phone);
  $('no-phones').hidden = !meeting.phones_refused;
  $('no-phones').title = meeting.phones_refused ? t(`security.phones.${meeting.phones_refused}`) : '';
  if ($('security').open) showSecurity(s);
  document.title = `${meeting.recording === 'on' ? '● ' : ''}${meeting.title || spaced(meeting.id)}`;
}

export function showControls(s) {
  const { open, why } = microphone(s);
  const held = !open && why !== 'muted';
  const mic = $('mic');
  mic.classList.toggle('on', open);
  mic.classList.toggle('held', held);
  setIcon(mic, open ? 'mic' : why === 'listening' ? 'ear' : 'mic-off');
  const words = { listening: 'control.listening', device: 'control.nomic' };
  setText($('mic-text'), t(open ? 'control.mute' : held ? words[why] ?? 'control.shut' : 'control.unmute'));
  mic.setAttribute('aria-label', open ? t('mic.aria.open') : held ? t('mic.aria.held', { why: t(`why.${why}`) }) : t('mic.aria.shut'));
  mic.title = held ? t('mic.aria.held', { why: t(`why.${why}`) }) : '';
  $('hand').classList.toggle('on', s.hand);
  setText($('hand-text'), t(s.hand ? 'hand.down' : 'hand.up'));
}

// showLevel is called for every picture: the mic button shows that we are heard.
export function showLevel(s) {
  const open = microphone(s).open;
  $('mic-level').style.transform = `scaleY(${open ? s.mic.level().toFixed(2) : 0})`;
}

export function toggleMic(s, fix) {
  const { open, why } = microphone(s);
  if (!open && why !== 'muted') return fix(why);
  s.setMuted(open);
  say(t(open ? 'say.muted' : 'say.unmuted'));
  return undefined;
}

export function toggleHand(s) {
  s.setHand(!s.hand);
  say(t(s.hand ? 'say.hand.up' : 'say.hand.down'));
}

const own = 'input, select, textarea, button, a, summary, [role=menuitem], [contenteditable]';

// bindKeys makes single keys work, unless somebody types, a dialog is open, or
// they are switched off: some speech input programs type single letters.
export function bindKeys(s, fix) {
  const free = (e) => s.phase === 'in' && $('keys-on').checked && !document.querySelector('dialog[open]')
    && !e.ctrlKey && !e.altKey && !e.metaKey;
  const typing = (e) => e.target.matches?.('input, select, textarea');
  let talking = false;
  const quiet = () => { if (talking) { talking = false; s.setMuted(true); } };
  addEventListener('keydown', (e) => {
    if (!free(e) || typing(e)) return;
    if (e.key === ' ') {
      if (e.target.matches?.(own)) return;
      e.preventDefault();
      if (e.repeat || microphone(s).why !== 'muted') return;
      talking = true;
      s.setMuted(false);
      return;
    }
    if (e.repeat) return;
    const does = {
      m: () => toggleMic(s, fix), h: () => toggleHand(s), i: () => showInvitation(s), '?': () => $('keys').showModal(),
    }[e.key.toLowerCase()];
    if (!does) return;
    e.preventDefault();
    does();
  });
  addEventListener('keyup', (e) => { if (e.key === ' ') quiet(); });
  addEventListener('blur', quiet);
}

export function bindControls(s, fix) {
  $('mic').addEventListener('click', () => toggleMic(s, fix));
  $('hand').addEventListener('click', () => toggleHand(s));
  $('invite').addEventListener('click', () => showInvitation(s));
  for (const sign of ['shield', 'no-phones']) $(sign).addEventListener('click', () => showSecurity(s));
  $('help').addEventListener('click', () => $('keys').showModal());
  $('leave').addEventListener('click', () => s.leave());
  document.querySelector('footer.controls').setAttribute('aria-label', t('controls'));
}
