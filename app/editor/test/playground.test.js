// What is offered between braces, and the links that hold an editor.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { deflateRawSync } from 'node:zlib';
import { aroundAt, fields, isInside, openBlocks } from '../src/complete.js';
import { pack, unpack } from '../src/share.js';
import { language } from '../src/languages.js';
import { difference } from '../src/batch.js';
import { changed, replaced } from '../src/changed.js';
import { EditorState } from '@codemirror/state';
import { classHighlighter, highlightTree } from '@lezer/highlight';

test('fields are written as a template writes them', () => {
  const paths = fields('{"record":{"a b":1,"lines":[{"sku":"x"},{"sku":"y"}]}}').map(({ path }) => path);
  assert.deepEqual(paths, ['record', 'record.[a b]', 'record.lines', 'record.lines.[0]', 'record.lines.[0].sku']);
});

test('an input that is no json has no fields, and a huge one few', () => {
  assert.deepEqual(fields('{"a":'), []);
  assert.ok(fields(JSON.stringify(Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`f${n}`, n])))).length <= 500);
});

test('a template knows which blocks are open and what it is in there', () => {
  const root = { record: { order: { lines: [{ sku: 'x', parts: { a: { n: 1 } } }] } } };
  const inside = '{{#each record.order.lines}}{{#if sku}}';
  assert.deepEqual(openBlocks(inside).map(({ name }) => name), ['each', 'if']);
  assert.equal(aroundAt(inside, root).at(-1).sku, 'x');
  assert.equal(aroundAt(`${inside}{{/if}}{{#each parts}}`, root).at(-1).n, 1);
  assert.equal(aroundAt('{{#with record}}{{#each order.lines}}{{#with ../order}}', root).at(-1).lines.length, 1);
  assert.equal(aroundAt('{{#each record.order.lines}}{{#with @root.record}}', root).at(-1).order.lines.length, 1);
  assert.equal(aroundAt(`${inside}{{/if}}{{/each}}`, root).length, 1);
  assert.equal(aroundAt('{{#each record.order.lines}}{{else}}', root).length, 1);
  assert.equal(aroundAt('{{#each nothing.at.all}}', root).at(-1), undefined);
  assert.deepEqual(openBlocks('{{/each}}'), []);
});

test('completion is for what stands between braces', () => {
  assert.ok(isInside('a {{upp'));
  assert.ok(!isInside('a {{x}} upp'));
  assert.ok(!isInside('plain'));
});

test('a link gives back what was put into it', async () => {
  const text = JSON.stringify({ rules: 'é{{x}}\n'.repeat(1000), input: '{}' });
  const packed = await pack(text);
  assert.match(packed, /^[\w-]+$/);
  assert.ok(packed.length < 300);
  assert.equal(await unpack(packed), text);
});

test('a link that is broken or would become huge is refused', async () => {
  await assert.rejects(unpack('%%%'));
  await assert.rejects(unpack('AAAA'));
  const bomb = deflateRawSync(Buffer.alloc(64 * 1024 * 1024)).toString('base64url');
  await assert.rejects(unpack(bomb), /too much/);
});

const spoken = (name, text) => {
  const found = {};
  highlightTree(language(name).parser.parse(text), classHighlighter, (from, to, classes) => { (found[classes.replace('tok-', '')] ??= []).push(text.slice(from, to)); });
  return found;
};

test('a statement is coloured as its dialect reads it', () => {
  assert.deepEqual(spoken('sqlBrackets', 'select [a b] from "t"').propertyName, ['[a b]', '"t"']);
  const mysql = spoken('sqlBackquotes', "select `a b`, 'it\\'s' # {{x}}");
  assert.deepEqual([mysql.propertyName, mysql.string, mysql.comment], [['`a b`'], ["'it\\'s'"], ['# {{x}}']]);
  const standard = spoken('sql', "select a[1] from \"t\" where b = 'x' -- why");
  assert.deepEqual([standard.propertyName, standard.string, standard.number], [['"t"'], ["'x'"], ['1']]);
});

// The numbers of the lines that are marked when one text takes the place of another.
function marked(before, after) {
  const state = EditorState.create({ doc: before, extensions: [changed] });
  const now = state.update(replaced(difference(before, after))).state;
  assert.equal(now.doc.toString(), after);
  const lines = [];
  now.field(changed).between(0, now.doc.length, (from) => { lines.push(now.doc.lineAt(from).number); });
  return lines;
}

test('the lines of an output that changed are marked, and no line of another text', () => {
  assert.deepEqual(marked('{\n  "a": 1,\n  "b": 2\n}', '{\n  "a": 1,\n  "b": 3\n}'), [3]);
  assert.deepEqual(marked('[\n1\n]', '[\n1\n2\n3\n]'), [3, 4]);
  assert.deepEqual(marked('{"a":1}', '<b>2</b>'), []);
  assert.deepEqual(marked('', 'all of it'), []);
  const long = Array.from({ length: 400 }, (_, n) => `line ${n}`);
  assert.deepEqual(marked(`a\n${long.join('\n')}`, `a\n${long.map((line) => `${line}x`).join('\n')}`), []);
});
