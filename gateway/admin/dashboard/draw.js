// How the snapshot looks. Everything that comes from outside is put in as text.

const $ = (id) => document.getElementById(id);
const plural = (n, one, many) => `${n} ${n === 1 ? one : many}`;

function el(tag, props = {}, ...children) {
  const e = document.createElement(tag);
  for (const [k, v] of Object.entries(props)) {
    if (k === "data") Object.assign(e.dataset, v);
    else if (v !== undefined) e[k] = v;
  }
  e.append(...children.filter((c) => c !== null && c !== undefined && c !== false));
  return e;
}

const pill = (tone, text, title) => el("span", { className: "pill bare", data: { tone }, textContent: text, title });

// fill draws a place anew only when its facts have changed, and keeps the
// keyboard's focus where it was.
const drawn = new Map();
function fill(place, facts, children) {
  const key = JSON.stringify(facts);
  if (drawn.get(place) === key) return;
  drawn.set(place, key);
  const focus = place.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  place.replaceChildren(...children());
  if (focus) place.querySelector(`[data-key="${CSS.escape(focus)}"]`)?.focus();
}

function lasted(since) {
  const s = Math.max(0, Math.floor((Date.now() - new Date(since)) / 1000));
  const two = (n) => String(n).padStart(2, "0");
  return s < 3600 ? `${Math.floor(s / 60)}:${two(s % 60)}` : `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

const trend = [];
const keep = 240; // one sample each 2.5 s: ten minutes
let sampled = 0;

export function figures(now) {
  const inside = now.meetings.flatMap((m) => m.people).filter((p) => !p.waiting);
  const set = (id, n) => {
    $(id).textContent = n.toLocaleString();
    $(id).classList.toggle("none", n === 0); // a red nought looks like an alarm
  };
  set("f-calls", now.calls.length);
  set("f-phones", inside.filter((p) => p.phone).length);
  set("f-people", inside.length);
  set("f-admitted", now.totals.admitted);
  set("f-refused", now.totals.refused);
}

// tick is called each second: what grows with time alone.
export function tick(now) {
  for (const cell of document.querySelectorAll("[data-since]")) cell.textContent = lasted(cell.dataset.since);
  if (Date.now() - sampled < 2500) return;
  sampled = Date.now();
  trend.push(now.calls.length);
  if (trend.length > keep) trend.shift();
  const top = Math.max(4, ...trend);
  const points = trend.map((n, i) => `${((i + keep - trend.length) * 240 / (keep - 1)).toFixed(1)},${(46 - n / top * 40).toFixed(1)}`);
  const [area, line] = $("trend").children;
  line.setAttribute("d", "M" + points.join("L"));
  area.setAttribute("d", `M${points[0].split(",")[0]},48L${points.join("L")}L240,48Z`);
}

const phases = {
  answering: ["idle", "being answered"], foreseeing: ["idle", "being looked up"], excusing: ["bad", "being refused"], choosing: ["warn", "choosing a language"], greeting: ["warn", "being greeted"],
  numbering: ["warn", "keying a meeting"], finding: ["warn", "being looked up"], pinning: ["warn", "keying a PIN"],
  proving: ["warn", "being looked up"], delaying: ["warn", "pausing after a wrong entry"], visiting: ["warn", "at the door"], informing: ["warn", "hearing the privacy notice"],
  consenting: ["warn", "asked to be connected at all"],
  holding: ["warn", "waiting"], asking: ["brand", "asked for consent"], noticing: ["brand", "told of the recording"],
  testifying: ["brand", "answer being recorded"], opening: ["good", "coming in"], talking: ["good", "in the meeting"],
  leaving: ["bad", "hearing why not"], ended: ["idle", "ended"],
};

// sounds rates a call's sound as operators speak of it.
function sounds(s) {
  if (!s?.r_factor) return null;
  const r = Math.round(s.r_factor);
  return r >= 80 ? ["good", `good ${r}`] : r >= 70 ? ["warn", `fair ${r}`] : ["bad", `poor ${r}`];
}

const percent = (share) => share < .0005 ? "none" : `${(100 * share).toFixed(1)} %`;

// told is why a call sounds as it does.
function told(s) {
  if (!s?.r_factor) return "nothing has come from this telephone yet";
  return [
    `lost on the way: ${percent(s.lost)}`, `too late: ${percent(s.discarded)}`, `made up: ${percent(s.concealed)}`,
    `buffer: ${Math.round(s.delay_ms / 20) * 20} ms`,
    s.level_dbov && `voice: ${s.level_dbov} dBov`, s.noise_dbov && `between words: ${s.noise_dbov} dBov`, s.they_lost > 0 && `they lose: ${percent(s.they_lost)}`,
    s.their_r_factor && `they rate us: ${Math.round(s.their_r_factor)}`,
  ].filter(Boolean).join("\n");
}

export function calls(all) {
  $("n-calls").textContent = all.length || "";
  $("no-calls").hidden = all.length > 0;
  $("calls").hidden = all.length === 0;
  const shown = ({ packets_in, packets_out, lost, sound, ...rest }) => ({ ...rest, sound: sounds(sound), told: told(sound) });
  fill($("calls").tBodies[0], all.map(shown), () => all.map((c) => el("tr", { title: `call ${c.id}` },
    el("td", { textContent: c.caller || "unknown" }),
    el("td", { textContent: `${c.number} · ${c.trunk}` }),
    el("td", {}, c.held ? pill("idle", "on hold") : pill(...(phases[c.phase] ?? ["idle", c.phase]))),
    el("td", { textContent: c.meeting || "–" }),
    el("td", { title: c.secure ? "signalling and sound are encrypted" : "signalling or sound is not encrypted" },
      el("span", { className: "quiet", textContent: [c.codec, c.language, c.secure ? "encrypted" : "clear"].filter(Boolean).join(" · ") })),
    el("td", { title: told(c.sound) }, c.sound?.r_factor ? pill(...sounds(c.sound)) : "–"),
    el("td", { className: "num", data: { since: c.since }, textContent: lasted(c.since) }))));
}

const levels = {
  none: ["warn", "not encrypted"], transport: ["brand", "transport encryption"],
  enhanced: ["good", "enhanced encryption"], e2ee: ["bad", "end-to-end encrypted"], unknown: ["bad", "encryption unknown"],
};
const recordings = { on: ["bad", "● recording"], paused: ["warn", "❚❚ recording paused"], prepared: ["warn", "recording begins"], unknown: ["bad", "recording unknown"] };

function person(m, p, control) {
  const act = (name, what, question) => el("button", {
    textContent: name, data: { key: `${m.id}/${p.id}/${name}` }, onclick: () => control(m.id, what, question, name),
  });
  const marks = [p.host && "host", p.hand && "hand raised", p.waiting && "waiting", p.recorded === "declined" && "not recorded"].filter(Boolean).join(" · ");
  const dot = p.waiting ? "wait" : p.speaking ? "speaking" : p.muted ? "" : "open";
  return el("li", { className: p.waiting ? "waiting" : "" },
    el("span", { className: `dot ${dot}`, title: p.waiting ? "waiting" : p.muted ? "microphone off" : "microphone on" }),
    el("span", { className: "who", textContent: (p.phone ? "☎ " : "") + p.name }),
    el("span", { className: "marks", textContent: marks }),
    el("span", { className: "acts" }, ...(p.waiting
      ? [act("Admit", { admit: p.id }), act("Decline", { decline: p.id })]
      : [p.muted ? act("Ask to speak", { ask_to_speak: p.id }) : act("Mute", { mute: p.id }), act("Remove", { remove: p.id }, `Remove ${p.name} from “${m.title}”?`)])));
}

function tools(m, control) {
  const act = (name, what, question) => el("button", {
    textContent: name, data: { key: `${m.id}/${name}` }, className: question ? "danger" : "", onclick: () => control(m.id, what, question, name),
  });
  const phones = m.people.filter((p) => p.phone).length;
  const record = { off: [act("Record", { recording: "start" })], paused: [act("Resume", { recording: "resume" }), act("Stop recording", { recording: "stop" })] }[m.recording]
    ?? [act("Pause", { recording: "pause" }), act("Stop recording", { recording: "stop" })];
  return el("div", { className: "tools" },
    m.locked ? act("Unlock", { lock: false }) : act("Lock", { lock: true }),
    ...(m.encryption === "e2ee" ? [] : record),
    m.people.length > 1 && act("Mute all", { mute_all: true }),
    m.encryption === "e2ee"
      ? act("Leave end-to-end", { encryption: "transport" })
      : act("End-to-end", { encryption: "e2ee" }, `Encrypt “${m.title}” end to end? ${phones ? plural(phones, "telephone", "telephones") + " will be told and put out." : "Telephones will be refused."}`),
    m.people.length > 0 && act("End", { end: true }, `End “${m.title}” for ${plural(m.people.length, "person", "people")}?`));
}

const cards = new Map();

export function meetings(all, locks, control) {
  const hidden = new Map(locks.filter((l) => l.scope === "meeting").map((l) => [l.name, l.until]));
  $("n-meetings").textContent = all.length || "";
  const order = [...all].sort((a, b) => (b.people.length > 0) - (a.people.length > 0)); // those in use first
  const place = $("meetings");
  const there = new Set(all.map((m) => m.id));
  for (const [id, card] of cards) {
    if (!there.has(id)) { card.remove(); cards.delete(id); }
  }
  order.forEach((m, i) => {
    let card = cards.get(m.id);
    if (!card) cards.set(m.id, card = el("article", { className: "card meeting" }));
    if (place.children[i] !== card) place.insertBefore(card, place.children[i] ?? null);
    fill(card, [m, hidden.get(m.id)], () => [
      el("div", { className: "head" }, el("h3", { textContent: m.title || m.id }), el("span", { className: "id", textContent: m.id })),
      el("div", { className: "badges" },
        pill(...(levels[m.encryption] ?? levels.unknown)),
        recordings[m.recording] && pill(...recordings[m.recording]),
        m.locked && pill("warn", "locked"), m.lobby && pill("idle", "waiting room"), m.no_phones && pill("bad", "no telephones"),
        hidden.has(m.id) && pill("bad", `hidden from telephones until ${clock(hidden.get(m.id))}`, "Too many wrong PINs came by telephone (limits.guessing)"),
        m.capacity > 0 && pill("idle", `${m.people.length} of ${m.capacity}`)),
      m.people.length ? el("ul", { className: "people" }, ...m.people.map((p) => person(m, p, control))) : el("p", { className: "empty", textContent: "Nobody is here." }),
      tools(m, control),
    ]);
  });
}

const verdicts = { admit: ["good", "✓", "admitted"], wait: ["warn", "…", "waiting"], ask_consent: ["brand", "?", "asked for consent"], refuse: ["bad", "✕", "refused"] };
const reasons = {
  open: "nothing stands against it", e2ee: "end-to-end encrypted", unknown: "encryption unknown", policy: "not admitted at this encryption level",
  locked: "meeting locked", full: "meeting full", phone: "no telephones here", insecure: "call not encrypted", registered: "not on the guest list",
  no_host: "waits for the host", lobby: "waits to be let in", recording_unknown: "recording unknown", unrecorded: "talks, is not recorded", listening: "listens, is not recorded", consent: "consent to the recording",
  notice: "told of the recording", ended: "meeting over", removed: "removed by a host", declined: "turned away by a host", not_proven: "no right PIN",
  e2ee_number: "number for end-to-end encryption", region: "not in an admitted region", anonymous: "no number shown", unattested: "number not attested",
  pin: "PIN too weak", hours: "out of hours", not_started: "meeting has not begun", host_absent: "no host there", recording_declined: "no to the recording",
};
let newest = "";

export function decisions(all) {
  $("no-decisions").hidden = all.length > 0;
  const before = newest;
  newest = all[0]?.time ?? "";
  fill($("decisions"), all, () => all.map((d) => {
    const [tone, mark, word] = verdicts[d.decision] ?? ["idle", "·", d.decision];
    const time = new Date(d.time);
    return el("li", { className: before && d.time > before ? "new" : "", data: { tone } },
      el("span", { className: "mark", textContent: mark, ariaHidden: "true" }),
      el("span", { textContent: d.meeting ? `${word} · ${d.meeting}` : word }),
      el("time", { dateTime: d.time, textContent: time.toLocaleTimeString() }),
      el("span", { className: "why", textContent: [reasons[d.reason] ?? d.reason, d.meeting && !["e2ee", "unknown"].includes(d.reason) && (levels[d.encryption] ?? levels.unknown)[1]].filter(Boolean).join(" · ") }));
  }));
}

const clock = (time) => new Date(time).toLocaleTimeString([], { timeStyle: "short" });
const scopes = { caller: "a caller", number: "number", meeting: "meeting" };

export function guessing(g) {
  $("guessing").hidden = g.locked.length === 0;
  fill($("locks"), g, () => g.locked.map((l) => el("li", { data: { tone: "bad" } },
    el("span", { className: "mark", textContent: "✕", ariaHidden: "true" }),
    el("span", { textContent: l.scope === "caller" ? scopes.caller : `${scopes[l.scope] ?? l.scope} ${l.name}` }),
    el("time", { dateTime: l.until, textContent: `until ${clock(l.until)}` }),
    el("span", { className: "why", textContent: "too many wrong numbers and PINs" }))));
}

const states = { registered: "good", reachable: "good", failed: "bad", unreachable: "bad" };

// An account with a registrar, or a peer that is asked whether it is there.
function stateOf(name, s) {
  const tone = states[s.state] ?? "idle";
  return el("li", { data: { tone } },
    el("span", { className: "mark", textContent: { good: "✓", bad: "✕" }[tone] ?? "…", ariaHidden: "true" }),
    el("span", { textContent: `${name} · ${s.state}` }),
    el("time", { dateTime: s.since, textContent: `since ${clock(s.since)}` }),
    s.error && el("span", { className: "why", textContent: s.error }));
}

export function trunks(all) {
  fill($("trunks"), all, () => all.map((t) => {
    const level = el("span");
    level.style.width = `${t.max_calls ? Math.min(100, 100 * t.calls / t.max_calls) : 0}%`;
    return el("div", { className: "trunk" },
      el("div", { className: "head" }, el("span", { textContent: t.name }), el("span", { textContent: t.max_calls ? `${t.calls} of ${t.max_calls}` : t.calls })),
      el("div", { className: "meter" }, level),
      t.peers.length > 0 && el("p", { className: "quiet", textContent: t.peers.join(", ") }),
      el("p", { className: "quiet", textContent: [t.codecs.join(", "), t.srtp && `SRTP ${t.srtp}`, t.refused ? `${t.refused.toLocaleString()} refused` : ""].filter(Boolean).join(" · ") }),
      el("ol", { className: "decisions" }, ...t.registrations.map((r) => stateOf(`${r.user} at ${r.server.replace(/^sips?:/, "")}`, r)), ...t.reachable.map((p) => stateOf(p.address.replace(/^sips?:/, ""), p))));
  }));
}
