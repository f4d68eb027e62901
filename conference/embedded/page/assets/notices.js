// Short words that come and go, seen and heard: a note in the corner for the
// eye, a live region for the ear.

import { $, el } from './dom.js';

const shownFor = 5000, most = 3;

// whisper says something to those who cannot see what has happened.
export function whisper(text) { tell('polite', text); }

export function say(text, urgent = false) {
  tell(urgent ? 'urgent' : 'polite', text);
  const note = el('p', { class: urgent ? 'note strong' : 'note' }, text);
  const notes = $('notices');
  notes.append(note);
  while (notes.children.length > most) notes.firstChild.remove();
  setTimeout(() => note.classList.add('going'), shownFor);
  setTimeout(() => note.remove(), shownFor + 400);
}

function tell(id, text) {
  const region = $(id);
  region.append(el('p', {}, text));
  while (region.children.length > 8) region.firstChild.remove();
}
