// One outgoing call of a small SIP telephone (RFC 3261 over RFC 7118). What it
// is about to do it tells by events: "state" with calling, ringing, talking or
// over, the last with the status and words of who ended it.

import { parse, build, header, sequence, tag, address, branch, listed, random } from './message.js';
import { respond } from './digest.js';

const ALLOW = 'INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE, INFO';
const PATIENCE = 32000; // timer B
const over = (status) => status >= 200;

export class Call extends EventTarget {
  #socket;
  #sound; // makes and takes descriptions
  #account;
  #here = `${random(6)}.invalid`;
  #id = random(12);
  #from;
  #to; // with the other side's tag once it is known
  #uri;
  #target;
  #route = [];
  #seq = 1;
  #invite; // the INVITE that waits for its answer
  #theirs = 0; // the CSeq of their last request
  #ack = ''; // the last one, repeated when a 200 is
  #tries = 0;
  #unsure; // an answer of ours, or an offer in a 200, that waits for an ACK
  #late;
  state = 'idle';

  constructor(url, host, number, account, sound) {
    super();
    this.#sound = sound;
    this.#account = account;
    this.#uri = `sip:${encodeURIComponent(number).replace(/%(2B|2A|23)/g, (_, c) => ({ '2B': '+', '2A': '*', 23: '%23' })[c])}@${host}`;
    this.#target = this.#uri;
    this.#from = `<sip:${encodeURIComponent(account.user || 'phone')}@${host}>;tag=${random(6)}`;
    this.#to = `<${this.#uri}>`;
    this.#tell('calling');
    this.#socket = new WebSocket(url, 'sip');
    this.#socket.onopen = () => this.#call();
    this.#socket.onmessage = ({ data }) => this.#queue(data);
    this.#socket.onclose = () => this.#end(this.state === 'calling' && !this.#invite ? { status: 0, reason: 'closed' } : { status: 0, reason: 'lost' });
  }

  // Messages are dealt with one after the other: some take a while.
  #last = Promise.resolve();
  #queue(data) {
    this.#last = this.#last.then(async () => {
      const message = parse(typeof data === 'string' ? data : await data.text());
      if (message && this.state !== 'over') await (message.method ? this.#asked(message) : this.#answered(message));
    }).catch(() => this.#hangUp({ status: 0, reason: 'fault' }));
  }

  #tell(state, detail = {}) {
    if (this.state === 'over' || this.state === state) return;
    this.state = state;
    this.dispatchEvent(new CustomEvent('state', { detail: { state, ...detail } }));
  }

  #end(why) {
    clearTimeout(this.#late);
    this.#tell('over', why);
    // What was said last is let out before the line is closed.
    if (this.#socket.readyState < WebSocket.CLOSING) this.#socket.close();
  }

  #send(first, headers, body) {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(build(first, headers, body));
  }

  #via = (name = `z9hG4bK${random()}`) => ['Via', `SIP/2.0/${this.#socket.url.startsWith('wss:') ? 'WSS' : 'WS'} ${this.#here};branch=${name}`];

  #contact = () => ['Contact', `<sip:phone@${this.#here};transport=ws>`];

  // request sends a request of ours and returns its branch.
  #request(method, number, { name, more = [], body } = {}) {
    const via = this.#via(name);
    this.#send(`${method} ${this.#target} SIP/2.0`, [via, ['Max-Forwards', '70'], ...this.#route.map((r) => ['Route', r]),
      ['From', this.#from], ['To', this.#to], ['Call-ID', this.#id], ['CSeq', `${number} ${method}`], ...more], body);
    return /branch=(.*)$/.exec(via[1])[1];
  }

  async #call(authorization) {
    let offer = this.#invite?.offer;
    try {
      offer ??= await this.#sound.offer();
    } catch {
      this.#end({ status: 0, reason: 'sound' });
      return;
    }
    if (this.state === 'over') return;
    const number = this.#seq++;
    const more = [this.#contact(), ['Allow', ALLOW], ['Content-Type', 'application/sdp']];
    if (authorization) more.push(authorization);
    this.#invite = { number, offer, rang: false, cancelled: this.#invite?.cancelled ?? false };
    this.#invite.branch = this.#request('INVITE', number, { more, body: offer });
    clearTimeout(this.#late);
    this.#late = setTimeout(() => this.#end({ status: 408, reason: 'no answer' }), PATIENCE);
  }

  async #answered(answer) {
    const { number, method } = sequence(answer);
    if (method !== 'INVITE') return;
    if (number !== this.#invite?.number || branch(answer) !== this.#invite.branch) return;
    if (!over(answer.status)) {
      this.#proceed(answer);
    } else if (answer.status < 300) {
      await this.#accepted(answer);
    } else {
      await this.#refused(answer);
    }
  }

  #proceed(answer) {
    clearTimeout(this.#late);
    this.#invite.rang = true;
    if (this.#invite.cancelled) this.#cancel();
    else if (answer.status > 100) this.#tell('ringing');
  }

  async #accepted(answer) {
    if (this.#ack) { // it was lost
      this.#socket.send(this.#ack);
      return;
    }
    clearTimeout(this.#late);
    this.#to = header(answer, 'to');
    this.#target = address(listed(answer.headers.get('contact'))[0] ?? this.#uri);
    this.#route = listed(answer.headers.get('record-route')).reverse();
    this.#acknowledge(this.#invite.number);
    if (this.#invite.cancelled) {
      this.#hangUp({ status: 487, reason: 'given up' });
      return;
    }
    try {
      await this.#sound.take(answer.body, 'answer');
    } catch {
      this.#hangUp({ status: 0, reason: 'sound' });
      return;
    }
    this.#tell('talking');
  }

  #acknowledge(number) {
    this.#ack = build(`ACK ${this.#target} SIP/2.0`, [this.#via(), ['Max-Forwards', '70'], ...this.#route.map((r) => ['Route', r]),
      ['From', this.#from], ['To', this.#to], ['Call-ID', this.#id], ['CSeq', `${number} ACK`]]);
    this.#socket.send(this.#ack);
  }

  async #refused(answer) {
    const { number, branch: name } = this.#invite;
    // The ACK of a refusal belongs to its INVITE.
    this.#send(`ACK ${this.#target} SIP/2.0`, [this.#via(name), ['Max-Forwards', '70'],
      ['From', this.#from], ['To', header(answer, 'to')], ['Call-ID', this.#id], ['CSeq', `${number} ACK`]]);
    const [asks, answers] = answer.status === 407 ? ['proxy-authenticate', 'Proxy-Authorization'] : ['www-authenticate', 'Authorization'];
    const challenges = answer.headers.get(asks) ?? [];
    const again = [401, 407].includes(answer.status) && this.#account.user && this.#tries++ < 1;
    const credentials = again && !this.#invite.cancelled && await respond(challenges, { ...this.#account, method: 'INVITE', uri: this.#uri });
    if (credentials) await this.#call([answers, credentials]);
    else this.#end({ status: answer.status, reason: answer.reason, retry: Number.parseInt(header(answer, 'retry-after'), 10) || 0 });
  }

  async #asked(request) {
    const { number } = sequence(request);
    const ours = header(request, 'call-id') === this.#id && tag(header(request, 'to')) === tag(this.#from) && tag(header(request, 'from')) === tag(this.#to);
    if (request.method === 'ACK') {
      if (ours && this.#unsure && request.body) await this.#sound.take(request.body, 'answer');
      this.#unsure = false;
    } else if (!ours && request.method !== 'OPTIONS') {
      this.#reply(request, request.method === 'INVITE' && !tag(header(request, 'to')) ? '486 Busy Here' : '481 Call/Transaction Does Not Exist');
    } else if (ours && number < this.#theirs) {
      this.#reply(request, '500 Server Internal Error');
    } else {
      if (ours) this.#theirs = number;
      await this.#obey(request);
    }
  }

  async #obey(request) {
    switch (request.method) {
      case 'OPTIONS':
      case 'INFO':
        this.#reply(request, '200 OK', [['Allow', ALLOW], ['Accept', 'application/sdp']]);
        return;
      case 'BYE':
        this.#reply(request, '200 OK');
        this.#end({ status: 200, reason: 'bye' });
        return;
      case 'INVITE':
      case 'UPDATE':
        await this.#change(request);
        return;
      default:
        this.#reply(request, '405 Method Not Allowed', [['Allow', ALLOW]]);
    }
  }

  // change answers a new description of the sound, or makes one where asked.
  async #change(request) {
    const plain = request.method === 'UPDATE' && !request.body; // to see whether we are there
    try {
      const body = plain ? '' : request.body ? await this.#sound.take(request.body, 'offer') : await this.#sound.offer();
      this.#unsure = !plain && !request.body;
      this.#reply(request, '200 OK', [this.#contact(), ['Allow', ALLOW], ...(body ? [['Content-Type', 'application/sdp']] : [])], body);
    } catch {
      this.#reply(request, '488 Not Acceptable Here');
    }
  }

  #reply(request, status, more = [], body = '') {
    const to = header(request, 'to');
    this.#send(`SIP/2.0 ${status}`, [...listed(request.headers.get('via')).map((v) => ['Via', v]),
      ...listed(request.headers.get('record-route')).map((v) => ['Record-Route', v]),
      ['From', header(request, 'from')], ['To', tag(to) ? to : `${to};tag=${random(6)}`],
      ['Call-ID', header(request, 'call-id')], ['CSeq', header(request, 'cseq')], ...more], body);
  }

  // The target of a CANCEL is that of its INVITE, and so is its branch.
  #cancel() {
    this.#request('CANCEL', this.#invite.number, { name: this.#invite.branch });
    clearTimeout(this.#late);
    this.#late = setTimeout(() => this.#end({ status: 487, reason: 'given up' }), PATIENCE);
  }

  #hangUp(why) {
    if (this.#ack) this.#request('BYE', this.#seq++);
    this.#end(why);
  }

  hangUp() {
    if (this.state === 'talking') {
      this.#hangUp({ status: 200, reason: 'hung up' });
    } else if (this.#invite && !this.#invite.cancelled) {
      this.#invite.cancelled = true;
      if (this.#invite.rang) this.#cancel(); // else once we know that it has arrived
    } else if (!this.#invite) {
      this.#end({ status: 487, reason: 'given up' });
    }
  }

  // info sends a key by signalling.
  info(key) {
    this.#request('INFO', this.#seq++, { more: [['Content-Type', 'application/dtmf-relay']], body: `Signal=${key}\r\nDuration=160\r\n` });
  }
}
