// The few things every view does with elements. Text always goes in as text.

export const $ = (id) => document.getElementById(id);

export function el(tag, props = {}, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === 'class') e.className = value;
    else if (name.startsWith('on')) e.addEventListener(name.slice(2), value);
    else e.setAttribute(name, value === true ? '' : value);
  }
  e.append(...children.filter((c) => c !== null && c !== undefined));
  return e;
}

const svg = 'http://www.w3.org/2000/svg';
const sprite = new URL('icons.svg', import.meta.url).href;

export function icon(name) {
  const s = document.createElementNS(svg, 'svg');
  s.setAttribute('class', 'icon');
  s.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(svg, 'use');
  use.setAttribute('href', `${sprite}#${name}`);
  s.append(use);
  return s;
}

// setIcon changes the icon of a button that has one.
export function setIcon(button, name) {
  const use = button.querySelector('use'), href = `${sprite}#${name}`;
  if (use && use.getAttribute('href') !== href) use.setAttribute('href', href);
}

// setText writes only what has changed, so that screen readers stay quiet.
export function setText(e, text) {
  if (e.textContent !== text) e.textContent = text;
}

// keyed brings the children of list in line with items: existing elements stay,
// and with them focus and open menus.
export function keyed(list, items, make, update) {
  const old = new Map([...list.children].map((c) => [c.dataset.key, c]));
  let before = list.firstElementChild;
  for (const item of items) {
    let e = old.get(item.id);
    old.delete(item.id);
    if (!e) {
      e = make(item);
      e.dataset.key = item.id;
    }
    update(e, item);
    if (e === before) before = before.nextElementSibling;
    else list.insertBefore(e, before);
  }
  for (const e of old.values()) e.remove();
}
