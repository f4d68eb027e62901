// What the page says: how far a call is, and why it has ended.

export const STATES = { calling: 'Calling …', ringing: 'Ringing …', talking: 'Connected' };

const REASONS = {
  closed: 'The gateway does not take calls from this browser. In its file, a trunk must hold this computer’s address in peers, and ws in transports if it lists any.',
  lost: 'The connection to the gateway is gone.',
  sound: 'The sound of the call could not be set up.',
  fault: 'The gateway has said something that this page does not understand.',
  bye: 'The other side has hung up.',
};

const STATUSES = {
  401: 'The trunk wants a user and a password. You can fill them in below.',
  403: 'The gateway refuses this call.',
  404: 'Nobody has this number.',
  407: 'The trunk wants a user and a password. You can fill them in below.',
  408: 'Nobody answers.',
  480: 'Nobody can take the call now.',
  484: 'This number is not complete.',
  486: 'It is engaged.',
  487: 'You have given up the call.',
  488: 'The trunk allows no sound that a browser speaks.',
  603: 'The call was declined.',
};

// farewell is why a call is over; bad where it should not be.
export function farewell({ status, reason, retry }, tried) {
  if (reason === 'hung up') return { text: 'You have hung up.', bad: false };
  if (reason === 'bye') return { text: REASONS.bye, bad: false };
  if (status === 487) return { text: STATUSES[487], bad: false };
  if ([401, 403, 407].includes(status) && tried) return { text: 'User or password is wrong.', bad: true };
  if (status === 503) {
    return { text: `The gateway takes no more calls now.${retry ? ` Try again in ${retry} seconds.` : ''}`, bad: true };
  }
  return { text: REASONS[reason] ?? STATUSES[status] ?? `The call was refused: ${status} ${reason}`, bad: true };
}

// microphone is why there is no microphone.
export function microphone(fault) {
  if (!navigator.mediaDevices) return 'Browsers give a page the microphone only over HTTPS, or on the computer itself.';
  if (fault.name === 'NotAllowedError') return 'The browser keeps the microphone from this page. Allow it beside the address, and call again.';
  if (fault.name === 'NotFoundError') return 'This computer has no microphone.';
  return 'The microphone cannot be opened. Another program may hold it.';
}

export const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;
