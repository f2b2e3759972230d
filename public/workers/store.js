// Starts the worker that keeps the documents of this device; it says "ready" once its database is open.
import init from '/assets/store.js';

await init({ module_or_path: '/assets/store_bg.wasm' });
