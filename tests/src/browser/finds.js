// Where texts lie in what this browser keeps for the page: every database, Cache Storage and the storages of the page.
// Bytes are read as Latin letters, so that a text is found inside them; a deflated piece is also found by its key.
const [wanted] = arguments_;
const wait = (request) => new Promise((good, bad) => {
  request.onsuccess = () => good(request.result);
  request.onerror = () => bad(request.error);
});
const latin = (bytes) => {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
};
const inflated = async (bytes) => {
  try {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
    return latin(new Uint8Array(await new Response(stream).arrayBuffer()));
  } catch {
    return '';
  }
};
const text_of = async (value) => {
  if (value instanceof Blob) return latin(new Uint8Array(await value.arrayBuffer()));
  if (value instanceof ArrayBuffer) value = new Uint8Array(value);
  if (ArrayBuffer.isView(value)) {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    // A deflated change is its checksum, kind and length, and then what was deflated.
    const deflated = bytes[8] === 2 ? await Promise.all([10, 11, 12, 13].map((at) => inflated(bytes.subarray(at)))) : [];
    return [latin(bytes), ...deflated].join('\n');
  }
  return typeof value === 'string' ? value : JSON.stringify(value, (_, part) => typeof part === 'bigint' ? `${part}` : part) ?? '';
};
const found = [];
let looked_at = 0;
const look = (place, text) => {
  looked_at += 1;
  for (const one of wanted) if (text.includes(one)) found.push(`${place} has ${one}`);
};
for (const { name } of await indexedDB.databases()) {
  const database = await wait(indexedDB.open(name));
  for (const store of database.objectStoreNames) {
    const objects = database.transaction(store).objectStore(store);
    const [keys, values] = await Promise.all([wait(objects.getAllKeys()), wait(objects.getAll())]);
    for (const [n, key] of keys.entries()) look(`${name}/${store}`, `${JSON.stringify(key)}\n${await text_of(values[n])}`);
  }
  database.close();
}
for (const [name, kept] of [['localStorage', localStorage], ['sessionStorage', sessionStorage]]) look(name, JSON.stringify({ ...kept }));
for (const name of await caches.keys()) {
  const cache = await caches.open(name);
  for (const request of await cache.keys()) {
    // What the product is made of holds nothing of anybody; what is kept beside it would be an answer of the server.
    if (/\.(wasm|js|css|svg|html|woff2|json|webmanifest|png|ico)$|\/$/.test(new URL(request.url).pathname)) continue;
    look(`${name} ${request.url}`, await (await cache.match(request)).text());
  }
}
return { found, looked_at };
