// Where problems are in a text: by line and column, or by a JSON pointer into it.
import { StateEffect, StateField } from '@codemirror/state';
import { EditorView, Decoration } from '@codemirror/view';
import { ensureSyntaxTree } from '@codemirror/language';

const PARSING_MS = 100;
const setPlaces = StateEffect.define();

const wrongLine = Decoration.line({ class: 'cm-wrong' });
const wrongWord = Decoration.mark({ class: 'squiggle' });

export const places = StateField.define({
  create: () => Decoration.none,
  update(marks, transaction) {
    marks = marks.map(transaction.changes);
    for (const effect of transaction.effects) if (effect.is(setPlaces)) marks = drawn(transaction.state, effect.value);
    return marks;
  },
  provide: (field) => EditorView.decorations.from(field),
});

function drawn(state, positions) {
  const marks = [];
  for (const position of positions) {
    const line = state.doc.lineAt(position);
    marks.push(wrongLine.range(line.from));
    const word = state.sliceDoc(position, line.to).match(/^[\w.]+|^\S+/)?.[0].length ?? 0;
    if (word) marks.push(wrongWord.range(position, position + word));
  }
  return Decoration.set(marks, true);
}

// The position of a place, or null.
export function position(state, place) {
  if (place.line) {
    if (place.line > state.doc.lines) return state.doc.length;
    const line = state.doc.line(place.line);
    return Math.min(line.from + Math.max((place.column ?? 1) - 1, 0), line.to);
  }
  return place.pointer ? pointed(state, place.pointer) : null;
}

function pointed(state, pointer) {
  let node = ensureSyntaxTree(state, state.doc.length, PARSING_MS)?.topNode.firstChild;
  if (!node) return null;
  let here = node.from;
  for (const step of pointer.split('/').slice(1)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    node = node && below(state, node, name);
    if (!node) break;
    here = node.from;
  }
  return here;
}

function below(state, node, name) {
  if (node.name === 'Array') {
    const items = [];
    for (let child = node.firstChild; child; child = child.nextSibling) if (!'[],'.includes(child.name)) items.push(child);
    return items[Number(name)];
  }
  for (let child = node.firstChild; child; child = child.nextSibling) {
    if (child.name !== 'Property') continue;
    const key = child.firstChild;
    try {
      if (JSON.parse(state.sliceDoc(key.from, key.to)) === name) return child.lastChild;
    } catch { /* What is half typed is no key. */ }
  }
  return null;
}

// Marks the places and gives line and column of each; null where there is none.
export function mark(view, wanted) {
  // Most outputs come without a problem after one without: nothing is drawn anew then.
  if (!wanted.length && !view.state.field(places).size) return [];
  const found = wanted.map((place) => position(view.state, place));
  view.dispatch({ effects: setPlaces.of(found.filter((at) => at !== null).sort((a, b) => a - b)) });
  return found.map((at) => {
    if (at === null) return null;
    const line = view.state.doc.lineAt(at);
    return [line.number, at - line.from + 1];
  });
}
