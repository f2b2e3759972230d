// Starts a worker that answers evaluations; it says "ready" itself. The program is that of runs, under the page's own
// policy: it reaches no other address.
import init from '/assets/run.js';

globalThis.purpose = 'evaluate';
await init({ module_or_path: '/assets/run_bg.wasm' });
