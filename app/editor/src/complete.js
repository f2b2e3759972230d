// What may stand between the braces of a template: helpers with their help and an example, and fields of the input.
import { hoverTooltip } from '@codemirror/view';

const MOST_FIELDS = 500;
const MOST_DEPTH = 8;

let helpers = new Map();
export function setHelpers(list) { helpers = new Map(list.map((helper) => [helper.name, helper])); }

// Whether a position is between braces: what stands before it opens some that nothing closed.
export function isInside(before) { return before.lastIndexOf('{{') > before.lastIndexOf('}}'); }

// The fields of an input as a template writes them, with what is in them.
export function fields(text) { return fieldsOf(read(text)); }

function read(text) {
  try { return JSON.parse(text); } catch { return undefined; }
}

function fieldsOf(value) {
  const found = [];
  const walk = (here, path, depth) => {
    if (depth > MOST_DEPTH || typeof here !== 'object' || here === null) return;
    for (const [key, below] of Object.entries(here)) {
      if (found.length >= MOST_FIELDS) return;
      const name = Array.isArray(here) || !/^[A-Za-z_$][\w$]*$/.test(key) ? `[${key}]` : key;
      const whole = path ? `${path}.${name}` : name;
      found.push({ path: whole, shows: shown(below) });
      // The elements of a list have the same fields.
      if (!Array.isArray(below)) walk(below, whole, depth + 1);
      else if (below.length) walk(below.slice(0, 1), whole, depth + 1);
    }
  };
  walk(value, '', 0);
  return found;
}

function shown(value) {
  if (Array.isArray(value)) return `${value.length} in a list`;
  if (value && typeof value === 'object') return 'object';
  const text = JSON.stringify(value) ?? '';
  return text.length > 24 ? `${text.slice(0, 23)}…` : text;
}

// The help of a helper, for completion and for hovering.
function help(helper) {
  const box = document.createElement('div');
  box.className = 'helper-help';
  const line = (tag, text, className) => {
    const element = box.appendChild(document.createElement(tag));
    element.textContent = text;
    if (className) element.className = className;
  };
  line('code', `${helper.group === 'block' ? '#' : ''}${helper.name} ${helper.arguments}`.trim());
  line('p', helper.help);
  line('code', helper.example, 'example');
  line('p', helper.prints === '' ? 'gives an empty text' : `gives ${helper.prints}`, 'prints');
  return box;
}

const TAG = /\{\{~?\s*(?:([#/])\s*([\w-]+)([^}]*)|(else)\b[^}]*)\}\}/g;

// The blocks that are open at the end of a text, outermost first: their names, and what those that go into something go into.
export function openBlocks(before) {
  const open = [];
  for (const [, kind, name, rest, otherwise] of before.matchAll(TAG)) {
    if (kind === '#') open.push({ name, into: name === 'each' || name === 'with' ? rest.trim().split(/\s+/)[0] : '' });
    else if (kind === '/') {
      const at = open.findLastIndex((block) => block.name === name);
      if (at >= 0) open.length = at;
    }
    // What follows is about what was there before the block.
    else if (otherwise && open.length) open.at(-1).into = '';
  }
  return open;
}

// What a path means where these values are around it, the innermost last.
function found(around, path) {
  let at = around.length - 1;
  while (path.startsWith('../')) { path = path.slice(3); at -= 1; }
  let value = around[Math.max(at, 0)];
  for (const name of path.split(/[./]|(?=\[)/).filter((name) => name !== '' && name !== 'this')) {
    value = name === '@root' ? around[0] : value?.[name.replace(/^\[|\]$/g, '')];
  }
  return value;
}

// The values that a template is in at the end of a text, from the whole input inwards.
export function aroundAt(before, root) {
  const around = [root];
  for (const { name, into } of openBlocks(before)) {
    if (!into) continue;
    const value = found(around, into);
    around.push(name === 'each' && value && typeof value === 'object' ? Object.values(value)[0] : value);
  }
  return around;
}

const DATA = ['@root', '@index', '@key', '@first', '@last'];

// The fields that can be written there: those of what is there itself, of what is around it, and of the whole input.
function fieldsAround(around) {
  const under = (start, value) => fieldsOf(value).map((field) => ({ ...field, path: `${start}${field.path}` }));
  if (around.length === 1) return fieldsOf(around[0]);
  const data = DATA.map((path) => ({ path, shows: '' }));
  return [...fieldsOf(around.at(-1)), { path: 'this', shows: shown(around.at(-1)) }, ...under('../', around.at(-2)), ...under('@root.', around[0]), ...data];
}

// Completion between braces; `input` gives the text of the input.
export function completion(input) {
  let known = { text: null, value: undefined };
  return (context) => {
    const before = context.state.sliceDoc(Math.max(0, context.pos - 4000), context.pos);
    if (!isInside(before)) return null;
    const word = context.matchBefore(/(?:\.\.\/)*[@\w.$[\]]*/);
    const first = context.state.sliceDoc(Math.max(0, word.from - 1), word.from);
    if (word.from === word.to && !context.explicit && !'{#(/ '.includes(first)) return null;
    const all = context.state.sliceDoc(0, word.from);
    const open = openBlocks(all);
    if (/\{\{~?\/$/.test(all)) return { from: word.from, options: open.slice(-1).map(({ name }) => ({ label: name, type: 'keyword', detail: 'ends the block' })) };
    const text = input();
    if (known.text !== text) known = { text, value: read(text) };
    const block = first === '#';
    const options = [...helpers.values()].filter((helper) => (helper.group === 'block') === block)
      .map((helper) => ({ label: helper.name, type: 'function', detail: helper.group, info: () => help(helper) }));
    if (!block) {
      if (open.length) options.push({ label: 'else', type: 'keyword', detail: 'otherwise' });
      options.push(...fieldsAround(aroundAt(all, known.value)).map(({ path, shows }) => ({ label: path, type: 'variable', detail: shows, boost: /^[[@.]/.test(path) ? -1 : 1 })));
    }
    return { from: word.from, options, validFor: /^(?:\.\.\/)*[@\w.$[\]]*$/ };
  };
}

export const hover = hoverTooltip((view, pos) => {
  const line = view.state.doc.lineAt(pos);
  const within = /[\w]+/g;
  for (let match; (match = within.exec(line.text));) {
    const [from, to] = [line.from + match.index, line.from + match.index + match[0].length];
    if (from > pos || to < pos) continue;
    const helper = helpers.get(match[0]);
    if (!helper || !isInside(view.state.sliceDoc(Math.max(0, from - 4000), from))) return null;
    return { pos: from, end: to, above: true, create: () => ({ dom: help(helper) }) };
  }
  return null;
});
