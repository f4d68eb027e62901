// Questions and explanations that lie above the room.

import { $, el, icon, setIcon, setText } from './dom.js';
import { safetyCode } from './e2ee.js';
import { spaced } from './join.js';
import { printed, shield, threat, wrongKey } from './rules.js';
import { whisper } from './notices.js';
import { t, written } from './words.js';

export const signs = {
  e2ee: 'shield-lock', enhanced: 'shield-check', transport: 'shield', none: 'open', pending: 'shield', alert: 'shield-alert',
};

// ask wants a yes before something grave happens.
export function ask(id, yes, values) {
  setText($('ask-title'), t(`${id}.title`, values));
  setText($('ask-text'), t(`${id}.text`));
  setText($('ask-yes'), t(`${id}.yes`));
  $('ask-yes').classList.toggle('danger', id !== 'record');
  $('ask-yes').onclick = () => { $('ask').close(); yes(); };
  $('ask-no').onclick = () => $('ask').close();
  $('ask').showModal();
  $('ask-no').focus();
}

// Consent asks about a recording. A key pressed before the question could be
// read is no answer: the buttons wake up after a moment, none of them has the
// focus, and a key held down since before does not count.
export class Consent {
  static pause = 1200;
  #shown = null;

  constructor(answer) {
    const dialog = $('consent');
    let held = false;
    dialog.addEventListener('cancel', (e) => e.preventDefault());
    dialog.addEventListener('keydown', (e) => {
      held = e.repeat;
      if (e.key === 'Escape' || e.repeat) e.preventDefault();
    });
    for (const choice of ['agree', 'listen', 'leave']) {
      $(`consent-${choice}`).addEventListener('click', (e) => { if (e.detail > 0 || !held) answer(choice); });
    }
  }

  // show opens the question for one run of the recording, or closes it with null.
  show(meeting) {
    const dialog = $('consent');
    if (!meeting) {
      if (dialog.open) dialog.close();
      this.#shown = null;
      return;
    }
    setText($('consent-text'), t(`consent.${meeting.recording}`));
    const purpose = written(meeting.purpose);
    $('consent-purpose').hidden = !purpose && !meeting.purpose_spoken;
    setText($('consent-purpose'), purpose ? t('consent.purpose', { purpose }) : t('consent.spoken'));
    $('consent-agree').hidden = Boolean(meeting.purpose_spoken);
    const talk = meeting.after_no === 'talk';
    setText($('consent-hint'), t(talk ? 'consent.hint.talk' : 'consent.hint'));
    setText($('consent-listen'), t(talk ? 'consent.talk' : 'consent.listen'));
    $('consent-listen').hidden = meeting.after_no === 'leave';
    if (dialog.open && this.#shown === meeting.run) return;
    this.#shown = meeting.run;
    if (!dialog.open) dialog.showModal();
    $('consent-title').focus();
    const buttons = dialog.querySelectorAll('button');
    for (const b of buttons) b.disabled = true;
    setTimeout(() => { for (const b of buttons) b.disabled = false; }, Consent.pause);
  }
}

// chooseLevel lets a host change the encryption, and says what that means.
export function chooseLevel(s, choose) {
  const now = s.meeting.encryption;
  let chosen = now;
  const warning = () => {
    const text = chosen === now ? '' : chosen === 'e2ee' ? t('level.warn.e2ee', s.phones) : now === 'e2ee' ? t('level.warn.less') : '';
    $('levels-warning').hidden = !text;
    setText($('levels-warning'), text);
    $('levels-yes').disabled = chosen === now;
  };
  const options = [['transport', 'shield'], ['enhanced', 'shield-check'], ['e2ee', 'shield-lock']].map(([level, sign]) => {
    const off = level === 'e2ee' && !s.supported;
    const input = el('input', { type: 'radio', name: 'level', value: level, disabled: off, onchange: () => { chosen = level; warning(); } });
    input.checked = level === now;
    return el('label', { class: `option ${level}` }, input, icon(sign),
      el('span', {}, el('b', {}, t(`level.${level}`)), el('small', {}, t(off ? 'level.unsupported' : `level.${level}.text`))));
  });
  $('levels-list').replaceChildren(...options);
  warning();
  $('levels-no').onclick = () => $('levels').close();
  $('levels-yes').onclick = () => { $('levels').close(); choose(chosen); };
  $('levels').showModal();
}

// phoneWay says how to take part by phone, or why one cannot.
function phoneWay({ meeting }) {
  if (meeting.encryption === 'e2ee') return { text: t('invite.phone.refused'), numbers: [] };
  if (meeting.phones_refused) return { text: t('invite.phone.closed'), numbers: [] };
  const numbers = meeting.numbers ?? [];
  return { text: t(numbers.length ? 'invite.phone.text' : 'invite.phone.none', { id: spaced(meeting.id) }), numbers };
}

export function showInvitation(s) {
  const { text, numbers } = phoneWay(s);
  const link = s.address;
  $('invitation-link').value = link;
  $('invitation-key').hidden = !s.link?.key;
  setText($('invitation-phone'), text);
  $('invitation-numbers').replaceChildren(...numbers.map((n) => el('li', {}, n)));
  $('copy-link').onclick = () => copy($('copy-link'), 'copy', link);
  $('copy-invitation').onclick = () => copy($('copy-invitation'), 'invite.copy', invitation(s, link, text, numbers));
  $('invitation').showModal();
  $('invitation-link').select();
  $('invitation-link').scrollLeft = 0; // it is known by its beginning
}

function invitation({ meeting }, link, phone, numbers) {
  return [
    t('invitation.head', { title: meeting.title || spaced(meeting.id) }), '',
    t('invitation.browser', { link }), t('invitation.number', { id: spaced(meeting.id) }),
    `${t('invite.phone')}: ${phone}`, ...numbers.map((n) => `  ${n}`),
    '', t('invite.pin'),
  ].join('\n');
}

// copy says on the button itself how it went.
async function copy(button, word, text) {
  const done = await navigator.clipboard?.writeText(text).then(() => true, () => false);
  const told = t(done ? 'copied' : 'copy.failed');
  setText(button.querySelector('span'), told);
  whisper(told);
  setTimeout(() => setText(button.querySelector('span'), t(word)), 3000);
}

// showSecurity explains the sign in the header, and is called again while it is
// open: what it says must stay true.
export async function showSecurity(s) {
  const sign = shield(s), why = threat(s);
  $('security').dataset.level = sign;
  setIcon($('security'), signs[sign]);
  setText($('security-title'), t(`shield.${sign}`));
  const text = sign !== 'alert' ? `security.${sign}` : `banner.${why ?? (wrongKey(s) ? 'wrongkey' : 'phone')}`;
  setText($('security-text'), t(text));
  setText($('security-phones'), t(`security.phones.${s.meeting?.phones_refused || (s.phones ? 'here' : 'may')}`));
  const key = s.meeting?.encryption === 'e2ee' && s.link?.key;
  $('security-code').hidden = !key;
  if (key) {
    const groups = await safetyCode(key, s.meeting.id);
    $('code').replaceChildren(...groups.map((g) => el('span', {}, g)));
  }
  showPrint(s);
  if (!$('security').open) $('security').showModal();
}

// showPrint shows a host the fingerprint of the server's certificate, and whether
// it is the one that this browser has found at the other end of its connections.
function showPrint(s) {
  const print = s.meeting?.fingerprint ?? '';
  $('security-print').hidden = !print;
  const bytes = print.replace(/^\S+ /, '').split(':');
  const lines = [0, 8, 16, 24].map((at) => el('span', {}, bytes.slice(at, at + 8).join(':')));
  $('print').replaceChildren(...lines);
  const here = printed(s.fingerprint, print);
  $('print-here').dataset.is = here;
  setText($('print-here'), print ? t(`print.${here}`, { print: s.fingerprint }) : '');
}

// enterKey asks for the link with the key. Whoever opens the meeting makes one.
export function enterKey(s) {
  $('key-error').hidden = true;
  $('key-link').value = '';
  $('key-new').hidden = !s.host && s.people.some((p) => p.id !== s.you && !p.waiting);
  $('key-new').onclick = () => { $('key').close(); s.makeKey(); };
  $('key-use').onclick = () => {
    const [, hash] = $('key-link').value.trim().split('#');
    if (hash && s.useLink(hash)) $('key').close();
    else $('key-error').hidden = false;
  };
  $('key').showModal();
  $('key-link').focus();
}

// closers makes every close button and every click beside a dialog close it;
// not for the consent question, which wants an answer.
export function closers() {
  for (const dialog of document.querySelectorAll('dialog')) {
    if (dialog.id === 'consent') continue;
    for (const b of dialog.querySelectorAll('.close')) b.addEventListener('click', () => dialog.close());
    dialog.addEventListener('click', (e) => { if (e.target === dialog) dialog.close(); });
  }
}
