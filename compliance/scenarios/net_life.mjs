import { scripted } from '../scripts/tables.mjs';

export const scenarios = scripted('net_life');
