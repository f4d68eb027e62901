// The host's tools: what the meeting may be, not what one person does.

import { $, setIcon, setText } from './dom.js';
import { ask, chooseLevel } from './dialogs.js';
import { t } from './words.js';

export function bindHost(s) {
  const act = (action) => () => s.act(action);
  $('host-lock').addEventListener('click', () => s.act(s.meeting.locked ? 'unlock' : 'lock'));
  $('host-mute-all').addEventListener('click', act('mute_all'));
  $('record-start').addEventListener('click', () => ask('record', act('record_start')));
  $('record-pause').addEventListener('click', act('record_pause'));
  $('record-resume').addEventListener('click', act('record_resume'));
  $('record-stop').addEventListener('click', act('record_stop'));
  $('host-encryption').addEventListener('click', () => chooseLevel(s, (level) => s.switchTo(level)));
  $('host-end').addEventListener('click', () => ask('end', act('end')));
  $('host-close').setAttribute('aria-label', t('close'));
  $('host-open').addEventListener('click', () => toggle(!$('room').classList.contains('host-shown')));
  $('host-close').addEventListener('click', () => { toggle(false); $('host-open').focus(); });
}

function toggle(shown) {
  $('room').classList.toggle('host-shown', shown);
  $('host-open').setAttribute('aria-expanded', String(shown));
  if (shown) $('host-lock').focus();
}

export function showHost(s) {
  $('host').hidden = $('host-open').hidden = !s.host;
  if (!s.host || !s.meeting) return;
  const { locked, recording, encryption, consent } = s.meeting;
  setText($('host-lock').querySelector('span'), t(locked ? 'host.unlock' : 'host.lock'));
  setIcon($('host-lock'), locked ? 'open' : 'lock');
  const shown = {
    'record-start': recording === 'off', 'record-pause': recording === 'on',
    'record-resume': recording === 'paused', 'record-stop': recording !== 'off',
  };
  for (const [id, on] of Object.entries(shown)) $(id).hidden = !on;
  $('record-start').disabled = encryption === 'e2ee';
  $('record-why').hidden = encryption !== 'e2ee';
  const here = s.people.filter((p) => !p.waiting);
  const asked = recording !== 'off' && consent === 'required';
  $('record-answers').hidden = !asked;
  setText($('record-answers'), asked ? t('host.answers', { yes: here.filter((p) => p.recorded === 'agreed').length, all: here.length }) : '');
  const waiting = s.people.length - here.length;
  $('host-count').hidden = waiting === 0;
  setText($('host-count'), String(waiting));
}
