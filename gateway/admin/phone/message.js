// SIP messages as text (RFC 3261 section 7), one in each WebSocket message
// (RFC 7118).

const COMPACT = { i: 'call-id', f: 'from', t: 'to', v: 'via', m: 'contact', c: 'content-type', l: 'content-length', k: 'supported', s: 'subject', e: 'content-encoding' };

// parse reads a message; null for what is none, as a keep-alive.
export function parse(data) {
  const end = data.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const [first, ...lines] = data.slice(0, end).replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  const message = { headers: new Map(), body: data.slice(end + 4) };
  const answer = /^SIP\/2\.0 (\d{3}) ?(.*)$/.exec(first);
  const request = /^([A-Z]+) (\S+) SIP\/2\.0$/.exec(first);
  if (answer) Object.assign(message, { status: Number(answer[1]), reason: answer[2] });
  else if (request) Object.assign(message, { method: request[1], uri: request[2] });
  else return null;
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 1) return null;
    const name = line.slice(0, colon).trim().toLowerCase();
    const key = COMPACT[name] ?? name;
    message.headers.set(key, [...(message.headers.get(key) ?? []), line.slice(colon + 1).trim()]);
  }
  return message;
}

// build writes a message. Headers are pairs; the length of the body is added.
export function build(first, headers, body = '') {
  const lines = [first, ...headers.map(([name, value]) => `${name}: ${value}`)];
  lines.push(`Content-Length: ${new TextEncoder().encode(body).length}`);
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

export const header = (message, name) => message.headers.get(name)?.[0] ?? '';

export const sequence = (message) => {
  const [number, method] = header(message, 'cseq').split(/\s+/);
  return { number: Number(number), method };
};

// tag is what names one side of a dialog in From or To.
export const tag = (value) => /;\s*tag=([^;,\s]+)/i.exec(value.replace(/"(?:[^"\\]|\\.)*"|<[^>]*>/g, ''))?.[1] ?? '';

export const address = (value) => /<([^>]*)>/.exec(value)?.[1] ?? value.split(';')[0].trim();

export const branch = (message) => /;\s*branch=([^;,\s]+)/i.exec(header(message, 'via'))?.[1] ?? '';

// listed takes a header of several values apart, at the commas between them.
export const listed = (values = []) => values.flatMap((v) => v.match(/(?:<[^>]*>|"(?:[^"\\]|\\.)*"|[^,<"])+/g) ?? []).map((v) => v.trim());

export const random = (bytes = 8) => Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (b) => b.toString(16).padStart(2, '0')).join('');
