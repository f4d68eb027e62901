// The page: what is shown and what is clicked.

import { Call } from './sip.js';
import { Sound } from './sound.js';
import { STATES, farewell, microphone, clock } from './words.js';

const $ = (id) => document.getElementById(id);
const TONES = { calling: 'warn', ringing: 'warn', talking: 'good' };

let call = null;
let sound = null;
let ticking = 0;
let busy = false;

function show(state, text, tone) {
  $('state').textContent = text;
  $('state').dataset.tone = tone;
  const going = state !== 'over';
  $('call').hidden = going;
  $('end').hidden = !going;
  $('mute').hidden = state !== 'talking';
  $('time').hidden = state !== 'talking';
  $('number').readOnly = going;
}

function say(text, bad = true) {
  $('wrong').textContent = text;
  $('wrong').classList.toggle('calm', !bad);
}

async function begin() {
  if (busy) return;
  busy = true;
  say('');
  $('keyed').textContent = '';
  show('calling', 'Microphone …', 'warn');
  sound = new Sound($('speaker'));
  const opening = sound;
  try {
    await opening.open($('original-sound').checked);
  } catch (fault) {
    if (sound === opening) end({ text: microphone(fault), bad: true });
    return;
  }
  if (sound !== opening) return opening.close(); // hung up meanwhile
  const account = { user: $('user').value.trim(), password: $('password').value };
  const url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/phone/sip`;
  call = new Call(url, location.hostname, $('number').value.trim(), account, sound);
  show('calling', STATES.calling, TONES.calling);
  call.addEventListener('state', ({ detail }) => {
    if (detail.state === 'over') {
      if ([401, 407].includes(detail.status)) $('more').open = true;
      end(farewell(detail, Boolean(account.user)));
      return;
    }
    show(detail.state, STATES[detail.state], TONES[detail.state]);
    if (detail.state !== 'talking') return;
    tick();
    $('print').textContent = sound.fingerprint;
    $('certificate').hidden = false;
  });
}

function tick() {
  const began = Date.now();
  const draw = () => { $('time').textContent = clock((Date.now() - began) / 1000); };
  draw();
  ticking = setInterval(draw, 500);
}

function end({ text, bad }) {
  clearInterval(ticking);
  sound?.close();
  [call, sound, busy] = [null, null, false];
  mute(false);
  show('over', 'Ready', 'idle');
  $('certificate').hidden = true;
  say(text, bad);
  if (document.activeElement === document.body) $('call').focus();
}

function hangUp() {
  if (call) call.hangUp();
  else if (sound) end({ text: '', bad: false });
}

function mute(yes) {
  $('mute').setAttribute('aria-pressed', String(yes));
  $('mute').textContent = yes ? 'Muted' : 'Mute';
  if (sound && call) sound.muted = yes;
}

// press is a key of the keypad: in a call it is sent, before it is dialled.
function press(key) {
  if (call?.state === 'talking') {
    if (!sound.press(key)) call.info(key);
    $('keyed').textContent += key;
  } else if (!busy) {
    $('number').value += key;
  }
  const button = document.querySelector(`[data-key="${key}"]`);
  button.classList.add('down');
  setTimeout(() => button.classList.remove('down'), 150);
}

$('phone').addEventListener('submit', (event) => {
  event.preventDefault();
  begin();
});
$('end').addEventListener('click', hangUp);
$('mute').addEventListener('click', () => mute($('mute').getAttribute('aria-pressed') !== 'true'));
$('keys').addEventListener('click', (event) => {
  const button = event.target.closest('[data-key]');
  if (button) press(button.dataset.key);
});
document.addEventListener('keydown', (event) => {
  const typing = event.target instanceof HTMLInputElement && !event.target.readOnly && event.target.type !== 'checkbox';
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || typing) return;
  if (/^[0-9*#]$/.test(event.key)) press(event.key);
});
addEventListener('pagehide', () => {
  call?.hangUp();
  sound?.close();
});
show('over', 'Ready', 'idle');
