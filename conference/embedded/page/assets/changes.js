// What is worth telling when one state of the meeting follows another. Pure.

const recording = {
  prepared: 'say.record.prepared', on: 'say.record.on', paused: 'say.record.paused', off: 'say.record.off',
};

// changes lists {id, values, urgent} in the order to be told. Urgent are those
// that bear on what a person may want to say.
export function changes(before, now, you) {
  if (!before || !now) return [];
  return [...meeting(before.meeting, now.meeting), ...people(before.people, now.people, you)];
}

function meeting(a, b) {
  const told = [];
  if (a.encryption !== b.encryption) told.push({ id: 'say.level', level: b.encryption, urgent: true });
  if (a.recording !== b.recording && recording[b.recording]) {
    const resumed = a.recording === 'paused' && b.recording === 'on';
    told.push({ id: resumed ? 'say.record.resumed' : recording[b.recording], urgent: true });
  }
  if (a.locked !== b.locked) told.push({ id: b.locked ? 'say.locked' : 'say.unlocked' });
  return told;
}

function people(a, b, you) {
  const was = new Map(a.map((p) => [p.id, p])), is = new Map(b.map((p) => [p.id, p]));
  const told = [];
  const tell = (id, p) => told.push({ id, values: { name: p.name } });
  for (const p of b) {
    const old = was.get(p.id);
    if (p.id === you) continue;
    if (p.waiting && !old) tell('say.door', p);
    if (!p.waiting && (!old || old.waiting)) tell('say.came', p);
    if (p.hand && old && !old.hand) tell('say.hand', p);
  }
  for (const p of a) if (p.id !== you && !p.waiting && !is.has(p.id)) tell('say.went', p);
  return told;
}
