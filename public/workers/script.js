// Starts a worker that calls the scripts of a run; it says "ready" itself. It may load nothing: whoever starts it sends
// the compiled module, and the memory through which it is answered while it waits.
import init from '/assets/script.js';

onmessage = async ({ data: [module, mailbox] }) => {
  onmessage = null;
  globalThis.mailbox = mailbox;
  try {
    await init({ module_or_path: module });
  } catch (error) {
    postMessage(JSON.stringify({ broke: { reason: String(error) } }));
  }
};
