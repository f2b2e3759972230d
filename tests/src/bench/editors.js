// Measured in a page of the product: from a key in the input of an editor to the frame that shows what came of it.

/** The code editor with a label. */
function area(label) {
  const content = [...document.querySelectorAll('.cm-content')].find((one) => one.getAttribute('aria-label') === label);
  return content?.cmTile?.view ?? content?.cmView?.view ?? content?.cmView?.rootView?.view ?? null;
}

/** Hears when the worker has answered. */
function listen() {
  if (window.answered) return;
  const known = new WeakSet();
  const post = Worker.prototype.postMessage;
  window.answered = { now: () => {} };
  Worker.prototype.postMessage = function (...message) {
    if (!known.has(this)) {
      known.add(this);
      this.addEventListener('message', ({ data }) => { if (typeof data === 'string' && data.startsWith('{"done"')) window.answered.now(); });
    }
    return post.apply(this, message);
  };
}

/** An input of about so many bytes, made of more of what is there; null where there is none so large. */
function grown(text, size) {
  if (text.length >= size) return text;
  const line = { sku: 'hp-2040', quantity: 12, name: 'Harbour & Pine' };
  let value;
  try { value = JSON.parse(text); } catch { value = undefined; }
  const many = (list) => Array.from({ length: Math.ceil(size / (JSON.stringify(list).length / list.length)) }, (_, at) => list[at % list.length]);
  if (Array.isArray(value) && value.length) return JSON.stringify(many(value));
  if (value?.data?.orders) return JSON.stringify({ ...value, data: { ...value.data, orders: many(value.data.orders) } });
  if (Array.isArray(value?.rows) && value.rows.length) return JSON.stringify({ ...value, rows: many(value.rows) });
  if (Array.isArray(value?.data) && value.data.length) return JSON.stringify({ ...value, data: many(value.data) });
  if (value && typeof value === 'object') return JSON.stringify({ ...value, more: many([line]) });
  const block = text.match(/<order [\s\S]*?<\/order>/)?.[0];
  if (block) return text.replace(block, block.repeat(Math.ceil(size / block.length)));
  const lines = text.trimEnd().split('\n');
  const last = `${lines[lines.length - 1]}\n`;
  return lines.length > 1 && !text.startsWith('ISA') ? `${lines.join('\n')}\n${last.repeat(Math.ceil(size / last.length))}` : size <= 1000 ? text : null;
}

/** A worker that was stopped never answers: then there is no figure, and the measuring goes on. */
const LONGEST_MS = 20_000;
/** Whoever drives the browser waits for a minute. */
const ALL_MS = 30_000;

/** Milliseconds of each key, and the keys that were not answered; null where the input cannot be as large. */
async function keys(label, size, rounds) {
  listen();
  const view = area(label);
  if (!view) return null;
  const heard = () => new Promise((resolve) => {
    const late = setTimeout(() => resolve(false), LONGEST_MS);
    window.answered.now = () => requestAnimationFrame(() => setTimeout(() => { clearTimeout(late); resolve(true); }));
  });
  window.first ??= {};
  const own = (window.first[`${location.pathname} ${label}`] ??= view.state.doc.toString());
  const text = grown(own, size);
  if (text === null) return null;
  let done = heard();
  view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: `${text} ` } });
  if (!await done) return { times: [], bytes: text.length, unanswered: 1 };
  const times = [];
  const started = performance.now();
  for (let round = 0; round < rounds && performance.now() - started < ALL_MS; round++) {
    done = heard();
    const begin = performance.now();
    const end = view.state.doc.length;
    view.dispatch({ changes: round % 2 ? { from: end, insert: ' ' } : { from: end - 1, to: end } });
    if (!await done) return { times, bytes: text.length, unanswered: 1 };
    times.push(performance.now() - begin);
  }
  return { times, bytes: text.length, unanswered: 0 };
}

/** The same work by handlebars.js in a page that does nothing else: the template compiled, the input read, rendered. */
function peer(Handlebars, template, text, sizes, rounds) {
  for (const name of ['replace', 'dateFormat', 'capitalizeAll', 'toFixed', 'uppercase', 'add']) Handlebars.registerHelper(name, (...all) => String(all[0]));
  Handlebars.registerHelper('compare', function (_a, _o, _b, options) { return options.fn(this); });
  return sizes.map((size) => {
    const input = grown(text, size);
    return Array.from({ length: rounds }, () => {
      const begin = performance.now();
      Handlebars.compile(template)(JSON.parse(input));
      return performance.now() - begin;
    });
  });
}
