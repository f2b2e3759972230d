// A new version of the page takes over when the only tab asks for it, and never under a second one.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import vm from 'node:vm';

const source = readFileSync(new URL('../../../public/sw.js', import.meta.url), 'utf8').replace('__PRECACHE__', '[]');

// The worker with so many tabs open; gives whether it took over and what it said to the tab that asked.
async function asked(tabs) {
  const listeners = {};
  const told = [];
  let took = false;
  const self = {
    addEventListener: (name, listener) => { listeners[name] = listener; },
    // Tabs that another version controls are tabs all the same.
    clients: { matchAll: async ({ type, includeUncontrolled }) => Array(type === 'window' && includeUncontrolled ? tabs : 0).fill({}) },
    skipWaiting: async () => { took = true; },
    location: { origin: 'http://localhost' },
  };
  vm.runInNewContext(source, { self, caches: {}, URL, Set });
  let done;
  const tab = { postMessage: (message) => told.push(message) };
  listeners.message({ data: 'take over', source: tab, waitUntil: (promise) => { done = promise; } });
  await done;
  return { took, told };
}

test('the only tab gets the new version', async () => {
  assert.deepEqual(await asked(1), { took: true, told: [] });
});

test('a second tab keeps the version before, and the tab that asked hears why', async () => {
  assert.deepEqual(await asked(2), { took: false, told: ['other tabs are open'] });
});
