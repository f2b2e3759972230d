// What may stand between the braces of a template: helpers with their help and an example, and fields of the input.
import { hoverTooltip } from '@codemirror/view';

const MOST_FIELDS = 500;
const MOST_DEPTH = 8;

let helpers = new Map();
export function setHelpers(list) { helpers = new Map(list.map((helper) => [helper.name, helper])); }

// Whether a position is between braces: what stands before it opens some that nothing closed.
export function isInside(before) { return before.lastIndexOf('{{') > before.lastIndexOf('}}'); }

// The fields of an input as a template writes them, with what is in them.
export function fields(text) {
  let value;
  try { value = JSON.parse(text); } catch { return []; }
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

// Completion between braces; `input` gives the text of the input.
export function completion(input) {
  let known = { text: null, fields: [] };
  return (context) => {
    const before = context.state.sliceDoc(Math.max(0, context.pos - 4000), context.pos);
    if (!isInside(before)) return null;
    const word = context.matchBefore(/[@\w.$[\]]*/);
    const first = context.state.sliceDoc(Math.max(0, word.from - 1), word.from);
    if (word.from === word.to && !context.explicit && !'{#( '.includes(first)) return null;
    const text = input();
    if (known.text !== text) known = { text, fields: fields(text) };
    const block = first === '#';
    const options = [...helpers.values()].filter((helper) => (helper.group === 'block') === block)
      .map((helper) => ({ label: helper.name, type: 'function', detail: helper.group, info: () => help(helper) }));
    if (!block) options.push(...known.fields.map(({ path, shows }) => ({ label: path, type: 'variable', detail: shows, boost: path.startsWith('[') ? -1 : 1 })));
    return { from: word.from, options, validFor: /^[@\w.$[\]]*$/ };
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
