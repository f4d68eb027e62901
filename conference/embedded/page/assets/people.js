// Who is here, who speaks, who waits at the door.

import { $, el, icon, keyed, setIcon, setText } from './dom.js';
import { microphone } from './rules.js';
import { t } from './words.js';

export function showPeople(s, act) {
  const here = s.people.filter((p) => !p.waiting);
  const parts = [t('people', here.length)];
  if (s.phones) parts.push(t('people.phones', s.phones));
  setText($('people-title'), parts.join(' · '));
  keyed($('people'), order(here, s.you), (p) => makePerson(p, act), (e, p) => updatePerson(e, p, s));
  $('alone').hidden = here.length !== 1;
  setText($('alone'), t('alone'));

  const waiting = s.host ? s.people.filter((p) => p.waiting) : [];
  $('door').hidden = waiting.length === 0;
  setText($('door-title'), t('door', waiting.length));
  $('admit-all').hidden = waiting.length < 2;
  keyed($('door-list'), waiting, (p) => makeWaiting(p, act), (e, p) => setText(e.querySelector('.name'), p.name));
}

// order puts oneself first, then raised hands; all others stay where they came.
function order(people, you) {
  const rank = (p) => p.id === you ? 0 : p.hand ? 1 : 2;
  return people.map((p, i) => [rank(p), i, p]).sort((a, b) => a[0] - b[0] || a[1] - b[1]).map(([, , p]) => p);
}

// leg says of a telephone how far its line is encrypted: never to the end.
function leg(p) { return `${t('tag.phone')} · ${t(p.secure ? 'tag.leg.secure' : 'tag.leg.plain')}`; }

function avatar(p) {
  const a = el('div', { class: `avatar hue-${hue(p.id)}`, 'aria-hidden': 'true' });
  a.append(p.phone ? icon('phone') : initials(p.name));
  return a;
}

function initials(name) {
  const words = name.trim().split(/\s+/);
  const letters = [words[0], words.length > 1 ? words.at(-1) : ''].map((w) => [...w][0] ?? '');
  return letters.join('').toUpperCase();
}

function hue(id) { return [...id].reduce((n, c) => (n * 31 + c.codePointAt(0)) % 8, 0); }

function makePerson(p, act) {
  const e = el('li', { class: 'person' }, avatar(p),
    el('div', { class: 'body' }, el('span', { class: 'name' }), el('span', { class: 'tags' }), el('span', { class: 'sr state' })),
    el('span', { class: 'mark hand', hidden: true }, icon('hand')),
    el('span', { class: 'mark mic' }, icon('mic')));
  e.append(el('button', {
    type: 'button', class: 'bare-button more', 'aria-haspopup': 'menu', 'aria-label': t('person.actions', { name: p.name }),
    onclick: (event) => openMenu(event.currentTarget, p.id, act),
  }, icon('more')));
  return e;
}

function updatePerson(e, p, s) {
  const mine = p.id === s.you, muted = mine ? !microphone(s).open : p.muted;
  const speaking = s.speaking.has(p.id) && !muted;
  e.dataset.person = p.id;
  e.classList.toggle('speaking', speaking);
  e.classList.toggle('phone', p.phone);
  e.classList.toggle('mine', mine);
  e.classList.toggle('muted', muted);
  setText(e.querySelector('.name'), mine ? `${p.name} (${t('you')})` : p.name);
  const tags = [];
  if (p.host) tags.push(['lead', t('tag.host')]);
  if (p.phone) tags.push(['leg', leg(p)]);
  const recorded = s.meeting.recording !== 'off' && p.recorded;
  const asked = s.meeting.consent === 'required';
  if (asked && recorded === 'agreed' && s.host) tags.push(['yes', t('tag.agreed')]);
  if (recorded === 'declined') tags.push(['rec', t(s.meeting.after_no === 'talk' ? 'tag.unrecorded' : 'tag.declined')]);
  if (asked && recorded === 'unanswered') tags.push(['rec', t('tag.unanswered')]);
  keyed(e.querySelector('.tags'), tags.map(([id, text]) => ({ id, text })),
    ({ id }) => el('span', { class: `tag ${id}` }), (tag, { text }) => setText(tag, text));
  e.querySelector('.more').hidden = !s.host || mine;
  e.querySelector('.hand').hidden = !p.hand;
  setIcon(e.querySelector('.mic'), muted ? 'mic-off' : 'mic');
  const states = [t(muted ? 'tag.muted' : 'tag.open'), speaking && t('tag.speaking'), p.hand && t('tag.hand')];
  setText(e.querySelector('.state'), states.filter(Boolean).join(', '));
}

function makeWaiting(p, act) {
  const button = (action, name, kind) => el('button', {
    type: 'button', class: kind, 'aria-label': t(`door.${action}.name`, { name: p.name }), onclick: () => act(action, p.id),
  }, t(`door.${action}`));
  return el('li', {}, avatar(p),
    el('div', { class: 'body' }, el('span', { class: 'name' }), p.phone ? el('span', { class: 'tag leg' }, leg(p)) : null),
    button('decline', p.name, 'small'), button('admit', p.name, 'small main'));
}

// openMenu shows what a host can do with one person, next to the button.
function openMenu(button, person, act) {
  const menu = $('menu');
  const item = (action, word, kind) => el('button', {
    type: 'button', role: 'menuitem', class: kind,
    onclick: () => { menu.hidePopover(); act(action, person); },
  }, t(word));
  menu.replaceChildren(item('mute', 'person.mute'), item('ask_to_speak', 'person.ask'), item('remove', 'person.remove', 'danger'));
  menu.showPopover();
  const at = button.getBoundingClientRect(), size = menu.getBoundingClientRect();
  const below = at.bottom + size.height + 8 < innerHeight;
  menu.style.left = `${Math.max(8, Math.min(at.right - size.width, innerWidth - size.width - 8))}px`;
  menu.style.top = `${below ? at.bottom + 4 : Math.max(8, at.top - size.height - 4)}px`;
  menu.firstElementChild.focus();
  menu.onkeydown = (e) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (!step) return;
    e.preventDefault();
    const items = [...menu.children];
    items.at((items.indexOf(document.activeElement) + step) % items.length).focus();
  };
  menu.ontoggle = (e) => { if (e.newState === 'closed' && (menu.contains(document.activeElement) || document.activeElement === document.body)) button.focus(); };
}
