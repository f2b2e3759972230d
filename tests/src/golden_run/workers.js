// Runs jobs, each in a run worker of its own, as the store worker does; gives what each of them said, in their order.
// A frame is a JSON string; with a file, an array that begins with it. Bytes travel in hexadecimal digits.
const [jobs, atOnce] = arguments_;

async function digits(blob) {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function run(job) {
  return new Promise((done, fail) => {
    const worker = new Worker('/workers/run.js', { type: 'module' });
    const said = { row: null, errors: [], files: [] };
    worker.onerror = (event) => fail(new Error(event.message || 'the worker could not be loaded'));
    worker.onmessage = (event) => {
      const [text, file] = Array.isArray(event.data) ? event.data : [event.data];
      const frame = JSON.parse(text);
      if (frame === 'ready') {
        worker.postMessage([job.frame, ...job.files.map((content) => new Blob([content]))]);
      } else if (frame.error) {
        said.errors.push(frame.error.error);
      } else if (frame.file) {
        said.files.push(digits(file).then((content) => [frame.file.step, frame.file.name, content]));
      } else if (frame.row) {
        said.row = frame.row.row;
        if (said.row.endedMs !== null) {
          Promise.all(said.files).then((files) => {
            worker.terminate();
            done({ ...said, files });
          }, fail);
        }
      }
    };
  });
}

const results = [];
let next = 0;
async function work() {
  while (next < jobs.length) {
    const at = next;
    next += 1;
    results[at] = await run(jobs[at]);
  }
}
await Promise.all(Array.from({ length: atOnce }, work));
return results;
