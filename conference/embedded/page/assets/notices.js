// Short words that come and go, seen and heard: a note in the corner for the
// eye, a live region for the ear.

import { $, el } from './dom.js';

const shownFor = 5000, most = 3;

export function say(text, urgent = false) {
  const region = $(urgent ? 'urgent' : 'polite');
  const line = el('p', {}, text);
  region.append(line);
  while (region.children.length > 8) region.firstChild.remove();

  const note = el('p', { class: urgent ? 'note strong' : 'note' }, text);
  const notes = $('notices');
  notes.append(note);
  while (notes.children.length > most) notes.firstChild.remove();
  setTimeout(() => note.classList.add('going'), shownFor);
  setTimeout(() => note.remove(), shownFor + 400);
}
