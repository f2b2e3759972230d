// Keeps the page and its modules, so that it opens without the server.
//
// A version is kept whole: all of its files come from one cache. A new version takes over when no tab is open any more,
// or when the only one that is open asks for it. Addresses of the server's own routes are never answered here.

const VERSION = '__VERSION__';
const FILES = __PRECACHE__;
const CACHE = `tombolo-${VERSION}`;
const KNOWN = new Set(FILES);

self.addEventListener('install', (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(CACHE);
    // Asks the server for each file even when the browser holds a copy of its own: versions must not mix.
    await cache.addAll(FILES.map((file) => new Request(file, { cache: 'no-cache' })));
  })());
});

self.addEventListener('activate', (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith('tombolo-') && name !== CACHE) await caches.delete(name);
    }
    await self.clients.claim();
  })());
});

self.addEventListener('message', (event) => {
  if (event.data === 'take over') event.waitUntil(takeOver(event.source));
});

// Under a second tab the version would change while it is in use: the page that asked is told instead.
async function takeOver(asking) {
  const tabs = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  if (tabs.length <= 1) await self.skipWaiting();
  else asking?.postMessage('other tabs are open');
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== 'GET' || address.origin !== self.location.origin) return;
  if (request.mode === 'navigate') {
    if (!isRoute(address.pathname)) event.respondWith(kept('/', request));
  } else if (KNOWN.has(address.pathname)) {
    event.respondWith(kept(address.pathname, request));
  }
});

const isRoute = (path) => path.startsWith('/api/') || path === '/sync' || path === '/healthz';

async function kept(path, request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(path)) ?? fetch(request);
}
