// Finds visible elements by role and accessible name, as assistive technology would.
// arguments: role, name, options {within, exact, hidden}; returns the elements in document order.
const [role, wanted, options] = arguments;

const tidy = (text) => (text ?? '').replace(/\s+/g, ' ').trim();

function implicitRole(e) {
  const tag = e.localName;
  const type = (e.getAttribute('type') || 'text').toLowerCase();
  switch (tag) {
    case 'a': return e.hasAttribute('href') ? 'link' : '';
    case 'button': case 'summary': return 'button';
    case 'textarea': return 'textbox';
    case 'select': return e.multiple || e.size > 1 ? 'listbox' : 'combobox';
    case 'option': return 'option';
    case 'input':
      if (['button', 'submit', 'reset', 'image'].includes(type)) return 'button';
      if (type === 'checkbox') return 'checkbox';
      if (type === 'radio') return 'radio';
      if (type === 'range') return 'slider';
      if (type === 'number') return 'spinbutton';
      if (type === 'file') return 'file';
      if (type === 'hidden') return '';
      if (e.hasAttribute('list')) return 'combobox';
      return type === 'search' ? 'searchbox' : 'textbox';
    case 'h1': case 'h2': case 'h3': case 'h4': case 'h5': case 'h6': return 'heading';
    case 'dialog': return 'dialog';
    case 'table': return 'table';
    case 'tr': return 'row';
    case 'td': return 'cell';
    case 'th': return 'columnheader';
    case 'ul': case 'ol': case 'menu': return 'list';
    case 'li': return 'listitem';
    case 'nav': return 'navigation';
    case 'main': return 'main';
    case 'article': return 'article';
    case 'progress': return 'progressbar';
    case 'img': return 'img';
    case 'form': return 'form';
    case 'section': return e.hasAttribute('aria-label') || e.hasAttribute('aria-labelledby') ? 'region' : '';
    case 'aside': return 'complementary';
    case 'output': return 'status';
    default: return e.isContentEditable && !e.parentElement?.isContentEditable ? 'textbox' : '';
  }
}

const roleOf = (e) => (e.getAttribute('role') || '').split(' ')[0] || implicitRole(e);

function textOf(e) {
  if (e.nodeType === Node.TEXT_NODE) return e.nodeValue;
  if (e.nodeType !== Node.ELEMENT_NODE) return '';
  if (e.getAttribute('aria-hidden') === 'true' || e.localName === 'style' || e.localName === 'script') return '';
  if (e.getAttribute('aria-label')) return ` ${e.getAttribute('aria-label')} `;
  if (e.localName === 'img') return ` ${e.alt} `;
  if (e.localName === 'input' || e.localName === 'select' || e.localName === 'textarea') return '';
  const inline = getComputedStyle(e).display.startsWith('inline') ? '' : ' ';
  return inline + [...e.childNodes].map(textOf).join('') + inline;
}

function nameOf(e, its) {
  const by = e.getAttribute('aria-labelledby');
  if (by) return tidy(by.split(/\s+/).map((id) => document.getElementById(id)).filter(Boolean).map(textOf).join(' '));
  if (e.getAttribute('aria-label')) return tidy(e.getAttribute('aria-label'));
  if (e.labels?.length) return tidy([...e.labels].map(textOf).join(' '));
  if (e.localName === 'input' && ['button', 'submit', 'reset'].includes(e.type)) return tidy(e.value);
  if (e.localName === 'img') return tidy(e.alt);
  const fromContent = ['button', 'link', 'heading', 'option', 'menuitem', 'menuitemradio', 'menuitemcheckbox', 'tab',
    'treeitem', 'row', 'cell', 'columnheader', 'listitem', 'gridcell', 'switch', 'checkbox', 'radio', 'status',
    'alert', 'article', 'gridcell'].includes(its);
  const name = fromContent ? tidy(textOf(e)) : '';
  return name || tidy(e.getAttribute('title')) || tidy(e.getAttribute('placeholder'));
}

// A file field is often hidden behind a button that looks better; it can be filled all the same.
const seen = (e, its) => its === 'file' || options.hidden
  || (e.checkVisibility({ visibilityProperty: true, opacityProperty: false }) && !e.closest('[inert], [aria-hidden="true"]'));

const root = options.within ?? document;
// What is open on top of the page hides everything below it from a person.
const found = { exact: [], loose: [] };
for (const e of root.querySelectorAll('*')) {
  const its = roleOf(e);
  if (role !== '*' && its !== role) continue;
  if (role === '*' && !its) continue;
  if (!seen(e, its)) continue;
  const name = nameOf(e, its);
  if (wanted === '' || name === wanted) found.exact.push(e);
  else if (name.toLowerCase().includes(wanted.toLowerCase())) found.loose.push(e);
}
return found.exact.length || options.exact ? found.exact : found.loose;
