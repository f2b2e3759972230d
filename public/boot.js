// Starts the page's program. What does not start is said in a sentence: the page would stay blank otherwise.

try {
  const { default: init } = await import('/assets/app.js');
  await init({ module_or_path: '/assets/app_bg.wasm' });
} catch (error) {
  console.error(error);
  say('Tombolo did not start', typeof WebAssembly === 'undefined'
    ? 'This browser does not run WebAssembly, which Tombolo needs. Open it in a current browser.'
    : `Its program could not be loaded (${error?.message ?? error}). Check the connection and reload the page; what is saved on this device is not lost.`);
}

function say(title, sentence) {
  const box = document.createElement('main');
  box.className = 'empty';
  box.setAttribute('role', 'alert');
  const head = document.createElement('h2');
  head.textContent = title;
  const text = document.createElement('p');
  text.textContent = sentence;
  const again = document.createElement('button');
  again.className = 'button';
  again.textContent = 'Reload';
  again.addEventListener('click', () => location.reload());
  box.append(head, text, again);
  document.body.replaceChildren(box);
}
