// How every editor looks.
import { EditorView } from '@codemirror/view';
import { HighlightStyle } from '@codemirror/language';
import { tags } from '@lezer/highlight';

export const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.bool, tags.null], color: 'var(--code-word)' },
  { tag: [tags.string, tags.regexp], color: 'var(--code-string)' },
  { tag: tags.number, color: 'var(--code-number)' },
  { tag: tags.comment, color: 'var(--code-comment)' },
  { tag: [tags.propertyName, tags.definition(tags.variableName)], color: 'var(--code-key)' },
  { tag: [tags.tagName, tags.meta], color: 'var(--code-tag)' },
]);

// Colours come from the page's tokens, which follow its theme; a rule of the page's style sheet would lose to
// CodeMirror's own.
export const look = EditorView.theme({
  '&': { height: '100%', color: 'var(--text)', backgroundColor: 'var(--field)', fontSize: 'var(--text-sm)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--font-code)', lineHeight: 'var(--leading-code)' },
  '.cm-content': { caretColor: 'var(--text)' },
  '.cm-cursor, .cm-dropCursor': { borderLeftColor: 'var(--text)' },
  '.cm-gutters': { backgroundColor: 'var(--surface)', color: 'var(--faint)', borderRight: '1px solid var(--hairline)' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'var(--hover)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'color-mix(in oklab, var(--accent) 24%, transparent)' },
  '& .cm-matchingBracket, &.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--pressed)', outline: '1px solid var(--line)' },
  '& .cm-nonmatchingBracket, &.cm-focused .cm-nonmatchingBracket': { backgroundColor: 'var(--danger-soft)' },
  '.cm-foldPlaceholder': { backgroundColor: 'var(--neutral-soft)', border: '1px solid var(--line)', color: 'var(--muted)', padding: '0 4px' },
  '.cm-tooltip': { border: '0', borderRadius: 'var(--radius-md)', backgroundColor: 'var(--overlay)', color: 'var(--text)', boxShadow: '0 0 0 1px var(--line), var(--shadow-3)' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--font-code)', fontSize: 'var(--text-xs)', maxHeight: '260px', borderRadius: 'inherit' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { display: 'flex', gap: '12px', alignItems: 'baseline', padding: '4px 10px', lineHeight: 'var(--leading)' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]': { backgroundColor: 'var(--accent-soft)', color: 'var(--text)' },
  '.cm-completionMatchedText': { textDecoration: 'none', color: 'var(--accent-text)', fontWeight: 'var(--weight-strong)' },
  '.cm-completionDetail': { marginLeft: 'auto', color: 'var(--muted)', fontStyle: 'normal', fontFamily: 'var(--font-text)' },
  '.cm-tooltip.cm-completionInfo': { padding: '0', marginInline: '4px' },
  '.cm-panels': { backgroundColor: 'var(--surface)', color: 'var(--text)' },
  '.cm-panels.cm-panels-top': { borderBottom: '1px solid var(--hairline)' },
  '.cm-panel.cm-search': { padding: '6px 28px 6px 8px', fontSize: 'var(--text-xs)', display: 'flex', flexWrap: 'wrap', gap: '6px', alignItems: 'center' },
  '.cm-panel.cm-search br': { display: 'none' },
  '.cm-panel.cm-search label': { display: 'inline-flex', alignItems: 'center', gap: '4px', fontSize: 'inherit' },
  '.cm-panel.cm-search input, .cm-panel.cm-search button, .cm-panel.cm-search label': { margin: '0' },
  '.cm-textfield': { fontSize: 'inherit', fontFamily: 'var(--font-text)', height: 'var(--control-sm)', padding: '0 8px', border: '1px solid var(--control-line)', borderRadius: 'var(--radius-xs)', backgroundColor: 'var(--field)', color: 'var(--text)' },
  '.cm-button': { fontSize: 'inherit', height: 'var(--control-sm)', padding: '0 8px', backgroundImage: 'none', backgroundColor: 'var(--control-fill)', border: '1px solid var(--line)', borderRadius: 'var(--radius-xs)', color: 'var(--text)' },
  '.cm-panel.cm-search [name=close]': { color: 'var(--muted)', fontSize: '16px', right: '8px', top: '6px' },
  '.cm-searchMatch': { backgroundColor: 'var(--warning-soft)' },
  '.cm-searchMatch.cm-searchMatch-selected': { backgroundColor: 'color-mix(in oklab, var(--accent) 30%, transparent)' },
});
