import { called } from '../calls.mjs';

export const scenarios = called('http_arguments');
