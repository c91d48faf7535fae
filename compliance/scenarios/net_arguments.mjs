import { called } from '../calls.mjs';

export const scenarios = called('net_arguments');
