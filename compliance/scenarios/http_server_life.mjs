import { scripted } from '../script.mjs';

export const scenarios = scripted('http_server_life');
