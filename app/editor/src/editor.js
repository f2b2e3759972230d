// The code editor: CodeMirror, and what keeps it in step with a text that others type in too.
//
// One batch of changes is on its way at a time. What comes from elsewhere meanwhile is mapped over that batch and
// over what was typed since, so that no cursor moves but by what was written before it.
import { EditorState, ChangeSet, StateEffect, StateField, Annotation, Transaction } from '@codemirror/state';
import { EditorView, Decoration, WidgetType, keymap, lineNumbers, drawSelection, highlightActiveLine } from '@codemirror/view';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { bracketMatching, indentOnInput, syntaxHighlighting, HighlightStyle } from '@codemirror/language';
import { javascript } from '@codemirror/lang-javascript';
import { tags } from '@lezer/highlight';

const fromElsewhere = Annotation.define();
const setPeople = StateEffect.define();

class Cursor extends WidgetType {
  constructor(name, color) { super(); this.name = name; this.color = color; }
  eq(other) { return other.name === this.name && other.color === this.color; }
  toDOM() {
    const caret = document.createElement('span');
    caret.className = `remote-caret p${this.color}`;
    const flag = caret.appendChild(document.createElement('span'));
    flag.className = 'flag';
    flag.textContent = this.name;
    return caret;
  }
  ignoreEvent() { return true; }
}

const people = StateField.define({
  create: () => Decoration.none,
  update(marks, transaction) {
    marks = marks.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (!effect.is(setPeople)) continue;
      const length = transaction.newDoc.length;
      marks = Decoration.set(effect.value.map((person) => Decoration.widget({
        widget: new Cursor(person.name, person.color), side: 1,
      }).range(Math.min(person.head, length))), true);
    }
    return marks;
  },
  provide: (field) => EditorView.decorations.from(field),
});

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.bool, tags.null], color: 'var(--code-word)' },
  { tag: [tags.string, tags.regexp], color: 'var(--code-string)' },
  { tag: tags.number, color: 'var(--code-number)' },
  { tag: tags.comment, color: 'var(--code-comment)' },
  { tag: [tags.propertyName, tags.definition(tags.variableName)], color: 'var(--code-key)' },
]);

const splicesOf = (changes) => {
  const splices = [];
  changes.iterChanges((fromA, toA, fromB, toB, inserted) => {
    splices.push({ at: fromB, delete: toA - fromA, insert: inserted.toString() });
  });
  return splices;
};

// The one stretch in which two texts differ.
const difference = (have, want) => {
  let start = 0;
  while (start < have.length && start < want.length && have[start] === want[start]) start += 1;
  let end = 0;
  while (end < have.length - start && end < want.length - start && have[have.length - 1 - end] === want[want.length - 1 - end]) end += 1;
  return { from: start, to: have.length - end, insert: want.slice(start, want.length - end) };
};

export function create(parent, text, label, readOnly, send, moved) {
  let flying = null;
  let typed = null;
  let timer = 0;

  const flush = () => {
    if (flying || !typed || typed.empty) return;
    flying = typed;
    typed = null;
    send(JSON.stringify(splicesOf(flying)));
  };

  const listen = EditorView.updateListener.of((update) => {
    for (const transaction of update.transactions) {
      if (!transaction.docChanged || transaction.annotation(fromElsewhere)) continue;
      typed = typed ? typed.compose(transaction.changes) : transaction.changes;
    }
    if (typed && !timer) {
      timer = requestAnimationFrame(() => { timer = 0; flush(); });
    }
    if (update.selectionSet || update.focusChanged) {
      const { anchor, head } = update.state.selection.main;
      moved(update.view.hasFocus, anchor, head);
    }
  });

  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        // The document's own line ends are kept: positions count every character of the text.
        EditorState.lineSeparator.of('\n'),
        lineNumbers(), history(), drawSelection(), highlightActiveLine(), bracketMatching(), indentOnInput(),
        javascript(), syntaxHighlighting(colours), people, listen,
        keymap.of([...defaultKeymap, ...historyKeymap, indentWithTab]),
        EditorState.readOnly.of(readOnly),
        EditorView.contentAttributes.of({ 'aria-label': label }),
      ],
    }),
  });

  const apply = (changes) => view.dispatch({ changes, annotations: [fromElsewhere.of(true), Transaction.addToHistory.of(false)] });

  // A change made elsewhere, over the text without what flies and what was typed since.
  const take = (change, length) => {
    let remote = ChangeSet.of(change, length);
    if (flying) {
      const next = remote.map(flying);
      flying = flying.map(remote, true);
      remote = next;
    }
    if (typed) {
      const next = remote.map(typed);
      typed = typed.map(remote, true);
      remote = next;
    }
    apply(remote);
  };

  // How long the text is without what flies and what was typed since.
  const settledLength = () => (flying ? flying.length : typed ? typed.length : view.state.doc.length);

  return {
    // Splices that others made, in order.
    remote(json) {
      for (const splice of JSON.parse(json)) {
        take({ from: splice.at, to: splice.at + splice.delete, insert: splice.insert }, settledLength());
      }
    },
    // The batch on its way is in the document, which now says `now`.
    settled(now) {
      flying = null;
      const before = typed ? typed.invert(view.state.doc).apply(view.state.doc).toString() : view.state.doc.toString();
      if (before !== now) take(difference(before, now), settledLength());
      flush();
    },
    // The batch could not be stored: it stays in the editor and goes with what is typed next.
    failed() {
      if (flying) typed = typed ? flying.compose(typed) : flying;
      flying = null;
    },
    people(json) { view.dispatch({ effects: setPeople.of(JSON.parse(json)) }); },
    retry() { flush(); },
    focus() { view.focus(); },
    destroy() { cancelAnimationFrame(timer); flush(); view.destroy(); },
  };
}
