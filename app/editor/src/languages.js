// The languages of the editors. Templates are handlebars around whatever they make: XML, SQL, an address, a text.
import { StreamLanguage } from '@codemirror/language';
import { javascript } from '@codemirror/lang-javascript';
import { json } from '@codemirror/lang-json';

const SQL = new Set(('add all alter and as asc begin between by case conflict create delete desc distinct do drop duplicate else end exists from full group having if in inner insert into is join key left like limit merge ' +
  'not null offset on or order outer primary returning right select set table then top union update using values when where with').split(' '));

// A dialect: its texts, the names that stand between marks, and its comments.
const sql = (text, name, comment) => (stream) => {
  if (stream.match(comment) || stream.match(/^\/\*.*?(\*\/|$)/)) return 'comment';
  if (stream.match(text)) return 'string';
  if (stream.match(name)) return 'propertyName';
  if (stream.match(/^\d+(\.\d+)?/)) return 'number';
  const word = stream.match(/^\w+/);
  if (word) return SQL.has(word[0].toLowerCase()) ? 'keyword' : null;
  stream.next();
  return null;
};

// What stands outside of the braces. Each takes at least one character.
const outside = {
  xml(stream) {
    if (stream.match(/^<!--.*?(-->|$)/)) return 'comment';
    if (stream.match(/^<[?/]?[\w:.-]+|^[?/]?>/)) return 'tagName';
    stream.next();
    return null;
  },
  sql: sql(/^'[^'{]*'?/, /^"[^"{]*"?/, /^--.*/),
  sqlBackquotes: sql(/^'(\\.|[^'\\{])*'?|^"(\\.|[^"\\{])*"?/, /^`[^`{]*`?/, /^(--|#).*/),
  sqlBrackets: sql(/^'[^'{]*'?/, /^"[^"{]*"?|^\[[^\]{]*\]?/, /^--.*/),
  graphql(stream) {
    if (stream.match(/^#.*/)) return 'comment';
    if (stream.match(/^"[^"{]*"?/)) return 'string';
    if (stream.match(/^-?\d+(\.\d+)?/)) return 'number';
    if (stream.match(/^[$@]\w+/)) return 'tagName';
    const word = stream.match(/^\w+/);
    if (word) return /^(query|mutation|subscription|fragment|on|true|false|null)$/.test(word[0]) ? 'keyword' : 'propertyName';
    stream.next();
    return null;
  },
  json(stream) {
    if (stream.match(/^"[^"{]*"?(?=\s*:)/)) return 'propertyName';
    if (stream.match(/^"[^"{]*"?/)) return 'string';
    if (stream.match(/^-?\d+(\.\d+)?/)) return 'number';
    stream.next();
    return null;
  },
};

function inside(stream, state) {
  if (stream.match(/^~?\}\}\}?\}?/)) { state.inside = false; return 'meta'; }
  if (stream.match(/^"[^"]*"?|^'[^']*'?/)) { state.first = false; return 'string'; }
  if (stream.match(/^-?\d+(\.\d+)?(?![\w.])/)) { state.first = false; return 'number'; }
  if (stream.match(/^[#/^]/)) { state.block = true; return 'meta'; }
  if (stream.match(/^[&>]/)) return 'meta';
  if (stream.match('(')) { state.first = true; state.block = false; return null; }
  if (stream.match(/^[@\w.[\]$-]+/)) {
    // A name alone is a field; with something behind it, or in a block, it calls a helper.
    const called = state.first && (state.block || !stream.match(/^\s*(~?\}|\))/, false));
    state.first = false;
    return called ? 'keyword' : 'propertyName';
  }
  stream.next();
  return null;
}

const template = (around) => StreamLanguage.define({
  startState: () => ({ inside: false, first: false, block: false, comment: null }),
  token(stream, state) {
    if (state.comment) {
      if (stream.skipTo(state.comment)) { stream.match(state.comment); state.comment = null; } else stream.skipToEnd();
      return 'comment';
    }
    if (state.inside) return inside(stream, state);
    if (stream.match('{{!--')) { state.comment = '--}}'; return 'comment'; }
    if (stream.match('{{!')) { state.comment = '}}'; return 'comment'; }
    if (stream.match(/^\{\{\{?\{?~?/)) { Object.assign(state, { inside: true, first: true, block: false }); return 'meta'; }
    return around(stream);
  },
});

const plainText = () => [];
const LANGUAGES = {
  javascript, json,
  template: () => template(outside.xml),
  xml: () => template(outside.xml),
  sql: () => template(outside.sql),
  sqlBackquotes: () => template(outside.sqlBackquotes),
  sqlBrackets: () => template(outside.sqlBrackets),
  graphql: () => template(outside.graphql),
  jsonTemplate: () => template(outside.json),
  text: plainText,
};

// Those whose braces call helpers.
const TEMPLATES = new Set(['template', 'xml', 'sql', 'sqlBackquotes', 'sqlBrackets', 'graphql', 'jsonTemplate']);

export const language = (name) => (LANGUAGES[name] ?? plainText)();
export const isTemplate = (name) => TEMPLATES.has(name);
