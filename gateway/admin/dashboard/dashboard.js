// The operator's dashboard. It reads one stream of snapshots and draws what has
// changed; it sends nothing but what a button says.
import { calls, decisions, figures, guessing, meetings, trunks, tick } from "./draw.js";

const $ = (id) => document.getElementById(id);
const store = { // a browser may forbid storage: then the token lasts until reload
  get: () => { try { return sessionStorage.getItem("token") || ""; } catch { return ""; } },
  set: (t) => { try { t ? sessionStorage.setItem("token", t) : sessionStorage.removeItem("token"); } catch { /* not kept */ } },
};

let token = "";
let stream = null;
let shown = null;

function state(tone, text) {
  $("state").dataset.tone = tone;
  if ($("state").textContent !== text) $("state").textContent = text;
}

function gate(message = "") {
  stream?.abort();
  stream = null;
  token = "";
  store.set("");
  $("wrong").textContent = message;
  $("board").hidden = true;
  $("gate").hidden = false;
  $("forget").hidden = true;
  $("about").textContent = "";
  state("idle", "not connected");
  $("token").focus();
}

function note(text) {
  const p = document.createElement("p");
  p.textContent = text;
  $("notes").append(p);
  setTimeout(() => p.remove(), 6000);
}

function confirmed(text, yes) {
  const dialog = $("ask");
  $("ask-text").textContent = text;
  $("ask-yes").textContent = yes;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((done) => dialog.addEventListener("close", () => done(dialog.returnValue === "yes"), { once: true }));
}

async function control(id, what, question, yes) {
  if (question && !await confirmed(question, yes)) return;
  try {
    const answer = await fetch(`/api/v1/meetings/${encodeURIComponent(id)}`, {
      method: "POST", headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" }, body: JSON.stringify(what),
    });
    if (answer.status === 401) return gate("The token is no longer right.");
    if (!answer.ok) note((await answer.json()).error);
  } catch {
    note("The gateway cannot be reached.");
  }
}

function drained(d) {
  if (!d.draining) return "ready";
  if (d.told) return "draining: callers are told";
  return `draining: no new calls, callers are told at ${new Date(d.deadline).toLocaleTimeString([], { timeStyle: "short" })}`;
}

function draw(now) {
  shown = now;
  state(now.drain.draining ? "warn" : "good", drained(now.drain));
  const started = new Date(now.started);
  $("about").textContent = `${now.version ? now.version + " · " : ""}since ${started.toLocaleString([], { dateStyle: "medium", timeStyle: "short" })}`;
  document.title = now.calls.length ? `(${now.calls.length}) Einwahl` : "Einwahl";
  figures(now);
  calls(now.calls);
  meetings(now.meetings, now.guessing.locked, control);
  guessing(now.guessing);
  decisions(now.admissions);
  trunks(now.trunks);
}

// merge puts what is new into what was known.
function merge({ meetings_changed: changed = [], meetings_gone: gone = [], ...news }) {
  const now = { ...shown, ...news };
  if (!changed.length && !gone.length) return now;
  const meetings = new Map(now.meetings.map((m) => [m.id, m]));
  for (const id of gone) meetings.delete(id);
  for (const m of changed) meetings.set(m.id, m);
  return { ...now, meetings: [...meetings.values()] };
}

// read follows the stream until it ends. EventSource cannot carry a token in a
// header, and a token in an address ends up in logs.
async function read(signal) {
  const answer = await fetch("/api/v1/events", { headers: { Authorization: `Bearer ${token}` }, signal });
  if (answer.status === 401) return gate("That is not the token of this gateway.");
  if (!answer.ok) throw new Error(answer.statusText);
  store.set(token);
  $("gate").hidden = true;
  $("board").hidden = false;
  $("forget").hidden = false;
  const lines = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await lines.read();
    if (done) return;
    rest += value;
    const events = rest.split("\n\n");
    rest = events.pop();
    for (const event of events) {
      const data = event.split("\n").find((line) => line.startsWith("data: "));
      if (!data) continue;
      try {
        draw(merge(JSON.parse(data.slice(6))));
      } catch (fault) { // a fault of this page is not one of the gateway
        console.error(fault);
        state("warn", "this page has a fault");
      }
    }
  }
}

async function follow() {
  stream?.abort();
  const mine = stream = new AbortController();
  for (let wait = 500; stream === mine; wait = Math.min(wait * 2, 8000)) {
    try {
      await read(mine.signal);
      wait = 500;
    } catch { /* the gateway is away; look again */ }
    if (stream !== mine) return;
    state("bad", "gateway not reachable");
    await new Promise((done) => setTimeout(done, wait));
  }
}

$("sign-in").addEventListener("submit", (e) => {
  e.preventDefault();
  token = $("token").value.trim();
  $("token").value = "";
  $("wrong").textContent = "";
  follow();
});
$("forget").addEventListener("click", () => gate());
setInterval(() => { if (shown) tick(shown); }, 1000);

// A link printed at the start carries the token behind #, which is never sent.
const carried = new URLSearchParams(location.hash.slice(1)).get("token");
if (carried) history.replaceState(null, "", location.pathname);
token = carried || store.get();
if (token) follow(); else gate();
