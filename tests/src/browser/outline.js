// What can be read and used on the page, for the message of a failing test.
const lines = [];
for (const e of document.querySelectorAll('a, button, input, textarea, select, h1, h2, h3, h4, [role], dialog, label')) {
  if (!e.checkVisibility({ visibilityProperty: true }) && e.type !== 'file') continue;
  const role = e.getAttribute('role') || e.localName;
  const name = (e.getAttribute('aria-label') || e.innerText || e.getAttribute('placeholder') || '').replace(/\s+/g, ' ').trim();
  const value = 'value' in e && e.localName !== 'button' ? ` = ${String(e.value).slice(0, 60)}` : '';
  lines.push(`${role} "${name.slice(0, 90)}"${value}${e.disabled ? ' (disabled)' : ''}`);
}
const text = (document.body?.innerText ?? '').replace(/\s*\n\s*/g, ' | ').slice(0, 3000);
return `${location.href}\n${[...new Set(lines)].slice(0, 120).join('\n')}\n--- all text\n${text}`;
