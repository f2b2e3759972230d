// What was typed on its way into a text that others type in too. Pure: knows no screen and sends nothing.
//
// One batch is on its way at a time. What comes from elsewhere meanwhile is mapped over that batch and over what was
// typed since, so that nothing typed moves but by what was written before it.
//
// Invariant: `base` is the text with the batch that flies and without what was typed since. That is the text that the
// document is expected to say once the batch is in it; whatever it says instead was written elsewhere.
import { ChangeSet, Text } from '@codemirror/state';

export const splicesOf = (changes) => {
  const splices = [];
  changes.iterChanges((fromA, toA, fromB, toB, inserted) => {
    splices.push({ at: fromB, delete: toA - fromA, insert: inserted.toString() });
  });
  return splices;
};

// Splices, each made in the text that the one before left, as changes of a text of this length.
export const changesOf = (splices, length) => splices.reduce((all, { at, delete: gone, insert }) => {
  // Line ends are kept as they are: the document counts every character.
  const change = { from: at, to: at + gone, insert: Text.of(insert.split('\n')) };
  return all.compose(ChangeSet.of(change, all.newLength));
}, ChangeSet.empty(length));

// The one stretch in which two texts differ, as a splice.
export const difference = (have, want) => {
  const both = Math.min(have.length, want.length);
  let start = 0;
  while (start < both && have[start] === want[start]) start += 1;
  let end = 0;
  while (end < both - start && have[have.length - 1 - end] === want[want.length - 1 - end]) end += 1;
  return { at: start, delete: have.length - end - start, insert: want.slice(start, want.length - end) };
};

export class Batches {
  #base;
  #flying = null;
  #typed = null;

  // `text` is what the document and the screen both say.
  constructor(text) { this.#base = text; }

  // The person at this screen changed its text.
  type(changes) { this.#typed = this.#typed ? this.#typed.compose(changes) : changes; }

  // The next batch as splices, once nothing flies any more; it flies from now on. Nothing when there is none.
  next() {
    if (this.#flying || !this.#typed) return null;
    const batch = this.#typed;
    this.#typed = null;
    if (batch.empty) return null;
    this.#base = batch.apply(this.#base);
    const splices = splicesOf(batch);
    // As the document hears of it: whether something goes before or behind what it replaces decides what others'
    // text at that place comes before.
    this.#flying = changesOf(splices, batch.length);
    return splices;
  }

  // Splices that others made, in order, in the text without the batch that flies; gives what the screen must change.
  take(splices) {
    let remote = changesOf(splices, this.#flying ? this.#flying.length : this.#base.length);
    if (this.#flying) {
      const over = remote.map(this.#flying);
      this.#flying = this.#flying.map(remote, true);
      remote = over;
    }
    this.#base = remote.apply(this.#base);
    if (this.#typed) {
      const over = remote.map(this.#typed);
      this.#typed = this.#typed.map(remote, true);
      remote = over;
    }
    return remote;
  }

  // The batch was answered, and the document says `text`, with it or without; gives what the screen must change.
  settled(text) {
    this.#flying = null;
    const have = this.#base.toString();
    return have === text ? null : this.take([difference(have, text)]);
  }

  // The document says `text` all of a sudden, and a batch that flies is not in it. Its answer is still waited for.
  reset(text) {
    const waits = this.#flying !== null;
    const change = this.settled(text);
    if (waits) this.#flying = ChangeSet.empty(this.#base.length);
    return change;
  }
}
