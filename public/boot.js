// Starts the page's program. The theme comes first, so that no page flashes in the wrong one.
import init from '/assets/app.js';

const theme = localStorage.getItem('tombolo.theme');
if (theme) document.documentElement.dataset.theme = theme;
await init({ module_or_path: '/assets/app_bg.wasm' });
