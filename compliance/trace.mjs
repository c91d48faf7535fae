// What a scenario writes down, and how values are shown. The twin of _trace.py: both must show a value alike.

export const STATE = [
  'readable', 'readableFlowing', 'readableLength', 'readableEnded', 'readableDidRead', 'readableAborted',
  'writable', 'writableLength', 'writableNeedDrain', 'writableEnded', 'writableFinished', 'writableCorked',
  'writableAborted', 'errored', 'closed', 'destroyed',
];

export const EVENTS = ['pause', 'resume', 'end', 'pipe', 'unpipe', 'drain', 'prefinish', 'finish', 'error', 'close'];

const ESCAPES = { 10: '\\n', 13: '\\r', 9: '\\t', 34: '\\"', 92: '\\\\' };

export function quote(text) {
  let out = '"';
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (ESCAPES[code]) out += ESCAPES[code];
    else if (code >= 32 && code < 127) out += text[i];
    else if (code < 256) out += '\\x' + code.toString(16).padStart(2, '0');
    else out += '\\u' + code.toString(16).padStart(4, '0');
  }
  return out + '"';
}

function showError(error) {
  const code = error.code === undefined || error.code === '' ? '' : ` [${error.code}]`;
  return `${error.name}${code}: ${error.message}`;
}

export function show(value) {
  if (value === undefined || value === null) return 'null';
  if (typeof value === 'boolean' || typeof value === 'number') return String(value);
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'symbol') return value.toString();
  if (typeof value === 'function') return 'function';
  if (value instanceof Error) return showError(value);
  if (value instanceof Uint8Array) return 'b' + quote(Buffer.from(value).toString('latin1'));
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`;
  const prototype = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) {
    return `{${Object.entries(value).map(([key, item]) => `${key}: ${show(item)}`).join(', ')}}`;
  }
  return `[${value.constructor.name}]`;
}

function showAll(values) {
  const shown = [...values];
  while (shown.length && (shown.at(-1) === undefined || shown.at(-1) === null)) shown.pop();
  return shown.map((value) => ' ' + show(value)).join('');
}

// A trace is a function: t('label', value, ...) writes one line.
export function createTrace(write) {
  let open = true;
  const t = (label, ...values) => {
    if (open) write(label + values.map((value) => ' ' + show(value)).join(''));
  };
  t.close = () => { open = false; };

  // Call a function and write down what it returns or throws.
  t.call = (label, fn, ...args) => {
    try {
      const result = fn(...args);
      t(label, result);
      return result;
    } catch (error) {
      t(`${label} throws`, error);
    }
  };

  // A function that writes down its arguments; those missing at the end count for nothing.
  // Of unpipe, what comes second is nobody's business.
  t.callback = (label) => (...args) => {
    if (open) write(label + showAll(label.endsWith('unpipe') ? args.slice(0, 1) : args));
  };

  // Listen to the events of a stream, and to the further ones named.
  t.events = (emitter, prefix = '', ...more) => {
    for (const name of [...more, ...EVENTS]) emitter.on(name, t.callback(prefix + name));
    return emitter;
  };

  t.on = (emitter, prefix, ...names) => {
    for (const name of names) emitter.on(name, t.callback(prefix + name));
    return emitter;
  };

  // Write down every state property that the stream has.
  t.state = (stream, label = 'state') => {
    const shown = STATE.filter((name) => name in stream).map((name) => `${name}=${show(stream[name])}`);
    if (open) write(`${label} ${shown.join(' ')}`);
  };
  return t;
}
