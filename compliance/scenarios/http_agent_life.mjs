import { scripted } from '../scripts/tables.mjs';

export const scenarios = scripted('http_agent_life');
