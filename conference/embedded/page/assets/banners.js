// What stays on screen until it is settled, the gravest first.

import { $, el, icon, keyed, setText } from './dom.js';
import { asksConsent, bars, listens, talksOn, threat, wrongKey } from './rules.js';
import { t, written } from './words.js';

// banners is the list for a session: {id, kind, text, actions}, and for a notice
// what the recording is for. Pure.
export function banners(s) {
  const list = [];
  const add = (id, kind, ...actions) => list.push({ id, kind, text: `banner.${id}`, actions });
  if (s.lost) add('lost', 'bad', 'lost.do');
  const why = threat(s);
  if (bars.includes(why)) {
    const ways = { downgrade: ['open.do'], keyless: ['key.do'], badkey: ['key.do'] };
    add(why, 'bad', ...ways[why] ?? []);
  }
  if (why === null && wrongKey(s)) add('wrongkey', 'bad', 'key.do');
  if (s.meeting?.encryption === 'e2ee' && s.people.some((p) => p.phone)) add('phone', 'bad');
  if (s.asked) add('speak', 'ask', 'speak.yes', 'speak.no');
  if (s.blocked) add('blocked', 'ask', 'blocked.do');
  if (!s.lost && s.mic.error && s.meeting) list.push({ id: 'mic', kind: 'ask', text: `mic.${s.mic.error}`, actions: ['mic.retry'] });
  if (s.meeting && !s.shared && why === null) add('share', 'good', 'share.do');
  const rec = recorded(s);
  if (rec) list.push({ kind: 'rec', ...rec });
  return list;
}

// recorded is how this person stands to a recording, or null.
function recorded(s) {
  const m = s.meeting;
  if (!m || m.recording === 'off') return null;
  if (talksOn(s)) return { id: 'unrecorded', text: 'banner.unrecorded', actions: ['listening.do'] };
  if (listens(s)) return { id: 'listening', text: 'banner.listening', actions: ['listening.do'] };
  if (m.consent === 'required') {
    return asksConsent(s) ? null : { id: 'agreed', text: 'banner.agreed', actions: ['agreed.do'] };
  }
  const text = m.recording === 'on' ? 'banner.notice' : `banner.notice.${m.recording}`;
  // Where a no means to leave, that is what the button for leaving is for.
  const no = { talk: ['notice.talk'], leave: [] }[m.after_no] ?? ['notice.listen'];
  return { id: 'notice', text, actions: m.consent === 'notice' ? no : [], purpose: written(m.purpose), spoken: m.purpose_spoken };
}

const icons = { bad: 'warning', ask: 'hand', good: 'shield-lock', rec: 'record' };
const special = { lost: 'offline', mic: 'mic-off', speak: 'mic', blocked: 'ear' };

// what says for what a recording is.
function what({ purpose, spoken }) {
  if (purpose) return t('consent.purpose', { purpose });
  return spoken ? t('banner.spoken') : '';
}

export function showBanners(s, act) {
  keyed($('banners'), banners(s), make, (e, b) => {
    setText(e.querySelector('p'), [t(b.text), what(b)].filter(Boolean).join(' '));
    e.className = `banner ${b.kind}`;
  });
  function make(b) {
    const word = (action) => t(action.startsWith('mic.') ? action : `banner.${action}`);
    return el('div', { class: `banner ${b.kind}`, role: b.kind === 'bad' ? 'alert' : 'group' },
      icon(special[b.id] ?? icons[b.kind]), el('p'),
      ...b.actions.map((a) => el('button', { type: 'button', class: 'small', 'data-act': a, onclick: () => act(a) }, word(a))));
  }
}
