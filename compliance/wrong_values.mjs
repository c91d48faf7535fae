// Values of every kind, for arguments that want one kind. The twin of _wrong_values.py.

import { EventEmitter } from 'node:events';

const LIST = [
  undefined, true, 5, -1, 1.5, NaN, 2 ** 53, '', 'x', 'a string of more than 28 characters', {}, [], ['x'], Buffer.from('b'),
  () => {}, Symbol('s'), new EventEmitter(),
];

export const LABELS = [
  'nothing', 'true', '5', '-1', '1.5', 'NaN', '2 ** 53', 'an empty string', 'x', 'a string', 'an object', 'an array',
  'an array of x', 'bytes', 'a function', 'a symbol', 'an emitter',
];

export const VALUES = Object.fromEntries(LABELS.map((label, index) => [label, LIST[index]]));
