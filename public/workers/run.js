// Starts the worker that runs one flow; it says "ready" itself.
import init from '/assets/run.js';

await init({ module_or_path: '/assets/run_bg.wasm' });
