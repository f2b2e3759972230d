// An editor of one person's text: the playground's rules, input and output.
//
// `changed` hears the text soon, and of a long one only when the typing rests: handing it over copies it.
import { EditorState, Prec, Compartment } from '@codemirror/state';
import { EditorView, keymap, lineNumbers, drawSelection, highlightActiveLine, tooltips } from '@codemirror/view';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { bracketMatching, foldGutter, foldKeymap, indentOnInput, syntaxHighlighting } from '@codemirror/language';
import { openSearchPanel, search, searchKeymap } from '@codemirror/search';
import { autocompletion, completionKeymap } from '@codemirror/autocomplete';
import { difference } from './batch.js';
import { changed as changedLines, replaced } from './changed.js';
import { completion, hover, setHelpers } from './complete.js';
import { isTemplate, language } from './languages.js';
import { colours, look } from './look.js';
import { mark, places } from './places.js';

// A short text is handed over at once, a longer one when the key that changed it is painted, a very long one when the typing
// rests.
const SHORT = 20_000;
const LONG = 300_000;
const PAINT_MS = 16;
const REST_MS = 250;
const pause = (length) => (length > LONG ? REST_MS : length > SHORT ? PAINT_MS : 0);

// A text whose lines all end with two characters is handed over with them again: one key must not change every line.
const lineEnd = (text) => (text.includes('\r\n') && !/(^|[^\r])\n/.test(text) ? '\r\n' : '\n');

export function helpers(json) { setHelpers(JSON.parse(json)); }

export function plain(parent, settings, changed, run) {
  const { text, label, id, language: name, readOnly } = JSON.parse(settings);
  let timer = 0;
  let input = '';
  let setting = false;
  let end = lineEnd(text);
  const spoken = new Compartment();

  // Putting the text together takes as long as it is: that is done once for each text.
  let told = { doc: null, end: '', text: '' };
  const whole = () => {
    const { doc } = view.state;
    if (told.doc !== doc || told.end !== end) told = { doc, end, text: end === '\n' ? doc.toString() : doc.sliceString(0, doc.length, end) };
    return told.text;
  };
  const flush = () => {
    if (!timer) return;
    clearTimeout(timer);
    timer = 0;
    changed(whole());
  };
  const listen = EditorView.updateListener.of((update) => {
    if (!update.docChanged || setting) return;
    clearTimeout(timer);
    timer = setTimeout(flush, pause(update.state.doc.length));
  });
  const speaks = (which) => [
    language(which),
    isTemplate(which) && !readOnly ? [autocompletion({ override: [completion(() => input)], icons: false }), hover] : [],
  ];

  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        Prec.highest(keymap.of([{ key: 'Mod-Enter', run: () => { flush(); run(); return true; } }])),
        lineNumbers(), foldGutter(), history(), drawSelection(), highlightActiveLine(), bracketMatching(), indentOnInput(),
        search({ top: true }), tooltips({ position: 'fixed' }),
        syntaxHighlighting(colours), look, places, listen, spoken.of(speaks(name)),
        // Tab indents code; elsewhere it goes on to the next panel. Escape, then Tab, always does.
        keymap.of([...completionKeymap, ...searchKeymap, ...foldKeymap, ...defaultKeymap, ...historyKeymap, ...(name === 'javascript' ? [indentWithTab] : [])]),
        EditorState.readOnly.of(readOnly), readOnly ? changedLines : [],
        EditorView.contentAttributes.of({ id, tabindex: '0', 'aria-label': label, ...(readOnly ? { 'aria-readonly': 'true' } : {}) }),
        EditorView.domEventHandlers({ blur: () => { flush(); } }),
      ],
    }),
  });
  window.addEventListener('pagehide', flush);

  return {
    // Another text in the place of this one. It can be taken back, but nobody is told: whoever sets it knows it.
    set(now) {
      if (now === whole()) return;
      end = lineEnd(now);
      setting = true;
      // What stays the same stays as it is read, coloured and folded.
      view.dispatch(replaced(difference(view.state.doc.toString(), now.replace(/\r\n?/g, '\n'))));
      setting = false;
    },
    speak(which) { view.dispatch({ effects: spoken.reconfigure(speaks(which)) }); },
    // The input, whose fields are offered.
    context(now) { input = now; },
    // Marks places, and gives the line and column of each as JSON.
    mark(json) { return JSON.stringify(mark(view, JSON.parse(json))); },
    goto(line, column) {
      const at = view.state.doc.line(Math.min(Math.max(line, 1), view.state.doc.lines));
      const anchor = Math.min(at.from + Math.max(column - 1, 0), at.to);
      view.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: 'center' }) });
      view.focus();
    },
    find() { openSearchPanel(view); },
    destroy() {
      flush();
      window.removeEventListener('pagehide', flush);
      view.destroy();
    },
  };
}
