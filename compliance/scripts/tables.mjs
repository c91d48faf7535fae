// The scenarios that a table is made into. The twin of _tables.py.

import { readFileSync } from 'node:fs';
import { play } from './play.mjs';

export function scripted(table) {
  const content = JSON.parse(readFileSync(new URL(`../scenarios/${table}.json`, import.meta.url), 'utf8'));
  const scenarios = {};
  for (const [name, script] of Object.entries(content.scripts ?? {})) scenarios[name] = (t) => play(t, script);
  for (const [group, product] of Object.entries(content.products ?? {})) {
    for (const [name, script] of scriptsOf(product)) scenarios[`${group}_${name}`] = (t) => play(t, script);
  }
  for (const { kinds, before = [], phases, acts, after } of content.tables ?? []) {
    const chosen = picked(content.acts, acts);
    for (const [kind, make] of Object.entries(kinds)) {
      for (const [phase, steps] of Object.entries(picked(content.phases, phases))) {
        const script = { side: 'hand', make, steps: [...before, ...steps, ['act'], ['state'], ...after] };
        scenarios[`${kind}_${phase}`] = (t) => playAll(t, script, chosen);
      }
    }
  }
  return scenarios;
}

function* scriptsOf({ phases, acts, ...common }) {
  for (const [phase, script] of Object.entries(phases)) {
    for (const [act, steps] of Object.entries(acts)) {
      yield [`${phase}_${act}`, withAct({ ...common, ...script }, steps)];
    }
  }
}

const picked = (steps, names) => Object.fromEntries(names.map((name) => [name, steps[name]]));

async function playAll(t, script, acts) {
  for (const [act, steps] of Object.entries(acts)) {
    t(`--- ${act}`);
    await play(t, withAct(script, steps));
  }
}

// A script in which each step ["act"] is replaced by the steps of the act.
function withAct(value, steps) {
  if (Array.isArray(value)) {
    return value.flatMap((item) => (Array.isArray(item) && item[0] === 'act' ? steps : [withAct(item, steps)]));
  }
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withAct(item, steps)]));
}
