import { scripted } from '../script.mjs';

export const scenarios = scripted('http_pitfalls');
