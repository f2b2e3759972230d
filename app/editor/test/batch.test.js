// What must hold for everybody who types: nothing written is lost, doubled or moved, and nothing deleted comes back.
//
// Every inserted character is its own, so that one that is lost, doubled or back is noticed wherever it stands.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { ChangeSet, Text } from '@codemirror/state';
import { Batches, changesOf, splicesOf } from '../src/batch.js';

const START = 'hello brave new world';
const ROUNDS = Number(process.env.ROUNDS ?? 2000);

// Mulberry32: the same seed, the same sequence.
const random = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
};

// The document that all type in. `later` says which of two batches at one place comes first: the one that lands later,
// as the screens expect it, or the one that landed before.
class Document {
  constructor(text, later) { this.text = Text.of(text.split('\n')); this.landed = []; this.later = later; }
  // Takes splices made when `seen` batches had landed; gives them as they are in the present text.
  land(splices, seen, length) {
    let changes = changesOf(splices, length);
    for (const before of this.landed.slice(seen)) changes = changes.map(before, this.later);
    changes = changesOf(splicesOf(changes), changes.length);
    this.landed.push(changes);
    this.text = changes.apply(this.text);
  }
}

class Peer {
  constructor(document) {
    this.document = document;
    this.screen = document.text;
    this.batches = new Batches(document.text);
    this.seen = 0;
    this.flying = null;
  }
  type(change) {
    const changes = ChangeSet.of(change, this.screen.length);
    this.batches.type(changes);
    this.screen = changes.apply(this.screen);
  }
  show(changes) { if (changes) this.screen = changes.apply(this.screen); }
  flush() {
    const splices = this.batches.next();
    if (!splices) return;
    const length = this.document.landed.slice(0, this.seen).reduce((at, one) => at + one.newLength - one.length, START.length);
    this.flying = { splices, seen: this.seen, length };
  }
  // What landed since is heard of, batch by batch.
  hear() {
    for (; this.seen < this.document.landed.length; this.seen += 1) {
      this.show(this.batches.take(splicesOf(this.document.landed[this.seen])));
    }
  }
  // The batch that flies lands, after everything before it was heard of.
  land() {
    if (!this.flying) return;
    this.hear();
    const { splices, seen, length } = this.flying;
    this.flying = null;
    this.document.land(splices, seen, length);
    this.seen = this.document.landed.length;
    this.show(this.batches.settled(this.document.text.toString()));
    this.flush();
  }
}

// Characters from a plane of their own, none of them twice.
const fresh = () => {
  let next = 0x4e00;
  return () => String.fromCharCode((next += 1));
};

const typeSomething = (peer, chance, letter, known) => {
  const text = peer.screen.toString();
  // Often at the same few places, so that peers meet.
  const at = chance() < 0.4 ? Math.min(6, text.length) : Math.floor(chance() * (text.length + 1));
  if (chance() < 0.55) {
    const insert = letter() + (chance() < 0.2 ? letter() : '');
    [...insert].forEach((one) => known.written.add(one));
    peer.type({ from: at, insert });
    return;
  }
  const to = Math.min(text.length, at + 1 + Math.floor(chance() * 3));
  [...text.slice(at, to)].forEach((one) => known.deleted.add(one));
  if (to > at) peer.type({ from: at, to });
};

const run = (seed, people, later) => {
  const chance = random(seed);
  const letter = fresh();
  const document = new Document(START, later);
  const peers = Array.from({ length: people }, () => new Peer(document));
  const known = { written: new Set(), deleted: new Set() };
  const pick = () => peers[Math.floor(chance() * people)];
  for (let step = 0; step < 40; step += 1) {
    typeSomething(pick(), chance, letter, known);
    if (chance() < 0.6) pick().flush();
    if (chance() < 0.3) pick().hear();
    if (chance() < 0.4) {
      const peer = pick();
      const before = peer.screen.toString();
      peer.land();
      if (people === 1) assert.equal(peer.screen.toString(), before, `seed ${seed}: the screen changed by itself`);
    }
  }
  for (let round = 0; round < 4; round += 1) peers.forEach((peer) => { peer.flush(); peer.land(); });
  peers.forEach((peer) => peer.hear());
  const end = document.text.toString();
  peers.forEach((peer) => assert.equal(peer.screen.toString(), end, `seed ${seed}: a screen shows something else`));
  for (const one of known.written) {
    const count = end.split(one).length - 1;
    if (known.deleted.has(one)) {
      if (later) assert.equal(count, 0, `seed ${seed}: ${one} was deleted and is back`);
    } else {
      assert.equal(count, 1, `seed ${seed}: ${one} was written once and is there ${count} times`);
    }
  }
};

const seeds = (name) => {
  const first = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9));
  console.log(`${name}: ${ROUNDS} rounds from SEED=${first}`);
  return Array.from({ length: ROUNDS }, (_, round) => first + round);
};

test('who types alone sees the screen change by nothing but their keys', () => {
  for (const seed of seeds('alone')) run(seed, 1, true);
});

test('two who type at the same places lose nothing and nothing they deleted comes back', () => {
  for (const seed of seeds('two')) run(seed, 2, true);
});

test('a document that orders simultaneous text otherwise is followed without losing or doubling any', () => {
  for (const seed of seeds('otherwise')) run(seed, 2, false);
});

test('a character typed and taken back while a batch flies stays gone', () => {
  const batches = new Batches(Text.of(['ab']));
  batches.type(ChangeSet.of({ from: 2, insert: 'x' }, 2));
  assert.deepEqual(batches.next(), [{ at: 2, delete: 0, insert: 'x' }]);
  batches.type(ChangeSet.of({ from: 2, to: 3 }, 3));
  assert.equal(batches.next(), null, 'one batch flies at a time');
  assert.equal(batches.settled('abx'), null);
  assert.deepEqual(batches.next(), [{ at: 2, delete: 1, insert: '' }]);
});

test('a text that was set back takes the batch that flies and keeps what was typed since', () => {
  const batches = new Batches(Text.of(['one two']));
  batches.type(ChangeSet.of({ from: 7, insert: ' three' }, 7));
  batches.next();
  batches.type(ChangeSet.of({ from: 0, insert: '> ' }, 13));
  const changes = batches.reset('one');
  assert.equal(changes.apply(Text.of(['> one two three'])).toString(), '> one');
  assert.equal(batches.next(), null, 'the answer to the batch is still to come');
  assert.equal(batches.settled('one'), null);
  assert.deepEqual(batches.next(), [{ at: 0, delete: 0, insert: '> ' }]);
});

test('line ends of the document count as they are', () => {
  const batches = new Batches(Text.of(['a']));
  const changes = batches.take([{ at: 1, delete: 0, insert: '\r\nb' }]);
  assert.equal(changes.newLength, 4);
  assert.equal(batches.settled('a\r\nb'), null);
});
