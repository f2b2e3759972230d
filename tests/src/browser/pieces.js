// Reads what is stored of documents, or puts something else in its place; see storage.rs.
const [wanted] = arguments_;
const STORES = ['snapshots', 'chunks', 'quarantine'];
const wait = (request) => new Promise((good, bad) => {
  request.onsuccess = () => good(request.result);
  request.onerror = () => bad(request.error);
});
const found = [];
for (const { name } of await indexedDB.databases()) {
  const database = await wait(indexedDB.open(name));
  if (!database.objectStoreNames.contains('chunks')) {
    database.close();
    continue;
  }
  const transaction = database.transaction([...STORES, 'catalogue'], 'readwrite', { durability: 'strict' });
  const done = new Promise((good, bad) => {
    transaction.oncomplete = good;
    transaction.onabort = () => bad(transaction.error);
  });
  const objects = (store) => transaction.objectStore(store);
  if (wanted) {
    const mine = wanted.find((one) => one.database === name);
    if (!mine) throw new Error(`nothing is to be written into ${name}`);
    for (const store of STORES) objects(store).clear();
    for (const { store, document, name, bytes } of mine.pieces) objects(store).put(Uint8Array.from(bytes), [document, name]);
    for (const [key, row] of mine.rows) objects('catalogue').put(row, key);
  } else {
    const pieces = [];
    for (const store of STORES) {
      const [keys, values] = [await wait(objects(store).getAllKeys()), await wait(objects(store).getAll())];
      keys.forEach(([document, name], n) => pieces.push({ store, document, name, bytes: [...new Uint8Array(values[n].buffer ?? values[n])] }));
    }
    const [keys, rows] = [await wait(objects('catalogue').getAllKeys()), await wait(objects('catalogue').getAll())];
    found.push({ database: name, pieces, rows: keys.map((key, n) => [key, rows[n]]) });
  }
  await done;
  database.close();
}
return found;
