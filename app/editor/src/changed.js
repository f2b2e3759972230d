// Which lines of an output are other ones than before. It shows a whole other text, not one whose lines all changed.
import { StateEffect, StateField } from '@codemirror/state';
import { Decoration, EditorView } from '@codemirror/view';

const MOST_LINES = 200;
const setChanged = StateEffect.define();
const otherLine = Decoration.line({ class: 'cm-changed' });

export const changed = StateField.define({
  create: () => Decoration.none,
  update(marks, transaction) {
    for (const effect of transaction.effects) if (effect.is(setChanged)) return drawn(transaction.newDoc, effect.value);
    return marks.map(transaction.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

// `to` is the end of what was put in.
function drawn(doc, { from, to }) {
  if (from === 0 && to === doc.length) return Decoration.none;
  const [first, last] = [doc.lineAt(from).number, doc.lineAt(Math.max(from, to - 1)).number];
  if (last - first >= MOST_LINES) return Decoration.none;
  return Decoration.set(Array.from({ length: last - first + 1 }, (_, at) => otherLine.range(doc.line(first + at).from)));
}

// One text in the place of another: the stretch in which they differ, as a transaction.
export function replaced({ at, delete: gone, insert }) {
  return { changes: { from: at, to: at + gone, insert }, effects: setChanged.of({ from: at, to: at + insert.length }) };
}
