// The way in: name, PIN, and a microphone that one can try before anybody hears.

import { $, el, setText } from './dom.js';
import { t } from './words.js';

export class JoinForm {
  #mic;
  #heard = false;
  #onJoin;
  meetingNeeded;

  constructor({ id, mic, demand, onJoin }) {
    this.#mic = mic;
    this.#onJoin = onJoin;
    this.meetingNeeded = !id;
    // Without a meeting the page asks for its number first, and for nothing else.
    $('field-meeting').hidden = Boolean(id);
    for (const field of ['name', 'pin', 'mic']) $(`field-${field}`).hidden = !id;
    setText($('join-number'), id ? t('join.number', { id: spaced(id) }) : '');
    $('join-demand').hidden = !demand;
    $('mic-meter').setAttribute('aria-label', t('mic.meter'));
    $('mic-device').setAttribute('aria-label', t('mic.device'));
    $('join-form').addEventListener('submit', (e) => { e.preventDefault(); this.#submit(); });
    $('mic-test').addEventListener('click', () => this.test());
    $('mic-device').addEventListener('change', () => this.test());
    $('original-sound').addEventListener('change', () => (mic.track || mic.opening) && this.test());
    $('name').addEventListener('input', () => this.#nameError(false));
    navigator.permissions?.query({ name: 'microphone' })
      .then((p) => p.state === 'granted' && this.test(), () => {});
  }

  // test opens the microphone and shows what it hears.
  async test() {
    this.#heard = false;
    await this.open();
    this.#choice();
  }

  async open() {
    const device = $('mic-device').value || undefined;
    const ok = await this.#mic.open({ device, original: $('original-sound').checked });
    this.showMic();
    return ok;
  }

  showMic() {
    const { track, error } = this.#mic;
    // One takes the other's place, so that nothing moves under a pointer.
    $('mic-test').hidden = Boolean(track);
    $('mic-device').hidden = !track;
    $('mic-state').classList.toggle('bad', Boolean(error));
    setText($('mic-state'), t(error ? `mic.${error}` : !track ? 'mic.untested' : this.#heard ? 'mic.heard' : 'mic.good'));
    setText($('mic-test').querySelector('span'), t(error ? 'mic.retry' : 'mic.test'));
  }

  async #choice() {
    const list = await this.#mic.devices().catch(() => []);
    $('mic-device').replaceChildren(...list.map((d, i) => el('option', {
      value: d.deviceId, selected: d.deviceId === this.#mic.device,
    }, d.label || `${t('mic.title')} ${i + 1}`)));
  }

  // meter is called for every picture while the form is seen.
  meter() {
    if (!this.#mic.track) return;
    const level = this.#mic.level();
    $('mic-meter').firstElementChild.style.transform = `scaleX(${level.toFixed(3)})`;
    $('mic-meter').setAttribute('aria-valuenow', String(Math.round(level * 100)));
    if (level > 0.4 && !this.#heard) {
      this.#heard = true;
      this.showMic();
    }
  }

  #nameError(shown) {
    $('name-error').hidden = !shown;
    $('name').toggleAttribute('aria-invalid', shown);
  }

  #submit() {
    const name = $('name').value.trim();
    if (this.meetingNeeded) {
      const meeting = $('meeting').value.replace(/[\s-]/g, '');
      if (!meeting) return this.error(t('join.meeting.missing'), 'meeting');
      location.pathname = `${location.pathname.replace(/\/*$/, '/')}${encodeURIComponent(meeting)}`;
      return undefined;
    }
    this.#nameError(!name);
    if (!name) return $('name').focus();
    return this.#onJoin({ name, pin: $('pin').value.trim(), muted: $('join-muted').checked });
  }

  // error shows what went wrong and puts the cursor where it can be mended.
  error(text, field) {
    $('join-error').hidden = !text;
    setText($('join-error'), text);
    if (text && field) $(field).focus();
  }

  busy(on) {
    $('enter').disabled = on;
    setText($('enter'), t(on ? 'join.busy' : 'join.enter'));
  }
}

// spaced groups the digits of a meeting number for reading.
export function spaced(id) {
  return /^\d{7,}$/.test(id) ? id.replace(/(\d{3})(?=\d)/g, '$1\u202f') : id;
}
