const wait = (request) => new Promise((good, bad) => {
  request.onsuccess = () => good(request.result);
  request.onerror = () => bad(request.error);
});
const counts = {};
for (const { name } of await indexedDB.databases()) {
  const database = await wait(indexedDB.open(name));
  for (const store of database.objectStoreNames) {
    counts[`${name}/${store}`] = await wait(database.transaction(store).objectStore(store).count());
  }
  database.close();
}
return counts;
