// Playing a script. The twin of _play.py.

import events from 'node:events';
import { rounds } from '../peers.mjs';
import { BEGIN, LAST_ROUNDS, accept, clear, connect } from './sides.mjs';
import { Stage } from './stage.mjs';
import { valueOf } from './values.mjs';
import { perform } from './verbs.mjs';

// Play a script, wait until nothing more happens, and clear the stage.
export async function play(t, script) {
  const stage = new Stage(t, script, perform);
  events.captureRejections = script.captures ?? false;
  const uncaught = () => stage.count('uncaught'); // it is the worker that writes it down
  process.on('uncaughtException', uncaught);
  await BEGIN[stage.side](stage);
  for (const step of script.steps) await take(stage, ...step);
  await rounds(LAST_ROUNDS[stage.side]);
  events.captureRejections = false;
  stage.over = true;
  await clear(stage);
  process.off('uncaughtException', uncaught);
}

// A step of those that may wait.
async function take(stage, verb, ...args) {
  if (verb === 'until') await stage.until(args[0]);
  else if (verb === 'rounds') await rounds(args[0]);
  else if (verb === 'accept') await accept(stage);
  else if (verb === 'connect') await connect(stage);
  else if (verb.startsWith('peer')) await tellPeer(stage, verb, args);
  else perform(stage, [[verb, ...args]]);
}

async function tellPeer(stage, verb, args) {
  const [name, method] = verb.split('.');
  if (method === 'text') stage.write(verb, stage.things[name].text);
  else await stage.things[name][method](...args.map((arg) => valueOf(stage, arg)));
  await rounds(1); // what was under way on our side is done before the next step
}
