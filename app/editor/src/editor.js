// The code editor: CodeMirror on a text that others type in too; batch.js decides what is sent and what is shown.
//
// It may be taken off the page while a batch flies. What was typed since is sent when the answer comes.
import { EditorState, StateEffect, StateField, Annotation, Transaction } from '@codemirror/state';
import { EditorView, Decoration, WidgetType, keymap, lineNumbers, drawSelection, highlightActiveLine } from '@codemirror/view';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { bracketMatching, indentOnInput, syntaxHighlighting } from '@codemirror/language';
import { javascript } from '@codemirror/lang-javascript';
import { Batches } from './batch.js';
import { colours, look } from './look.js';

export { plain, helpers } from './plain.js';
export { pack, unpack } from './share.js';

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

export function create(parent, text, label, readOnly, send, moved) {
  let timer = 0;
  let gone = false;
  let batches;

  const flush = () => {
    const splices = batches.next();
    if (splices) send(JSON.stringify(splices));
  };

  const listen = EditorView.updateListener.of((update) => {
    for (const transaction of update.transactions) {
      if (!transaction.docChanged || transaction.annotation(fromElsewhere)) continue;
      batches.type(transaction.changes);
      if (!timer) timer = requestAnimationFrame(() => { timer = 0; flush(); });
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
        javascript(), syntaxHighlighting(colours), look, people, listen,
        keymap.of([...defaultKeymap, ...historyKeymap, indentWithTab]),
        EditorState.readOnly.of(readOnly),
        EditorView.contentAttributes.of({ tabindex: '0', 'aria-label': label }),
      ],
    }),
  });

  batches = new Batches(view.state.doc);

  const show = (changes) => {
    if (!changes || gone) return;
    view.dispatch({ changes, annotations: [fromElsewhere.of(true), Transaction.addToHistory.of(false)] });
  };

  // A page that is left runs no more animation frames.
  window.addEventListener('pagehide', flush);

  return {
    // Splices that others made, in order.
    remote(json) { show(batches.take(JSON.parse(json))); },
    // The batch on its way was answered, and the document says `now`.
    settled(now) {
      show(batches.settled(now));
      flush();
    },
    // The document was set back to `now`, without the batch on its way.
    reset(now) { show(batches.reset(now)); },
    people(json) { view.dispatch({ effects: setPeople.of(JSON.parse(json)) }); },
    focus() { view.focus(); },
    // Puts the cursor at a line and column, both from 1, and shows it.
    goto(json) {
      const { line, column } = JSON.parse(json);
      const at = view.state.doc.line(Math.min(Math.max(line, 1), view.state.doc.lines));
      const anchor = Math.min(at.from + Math.max(column - 1, 0), at.to);
      view.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: 'center' }) });
      view.focus();
    },
    destroy() {
      gone = true;
      cancelAnimationFrame(timer);
      window.removeEventListener('pagehide', flush);
      flush();
      view.destroy();
    },
  };
}
