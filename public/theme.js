// Sets the theme that was chosen before anything is drawn, so that no page flashes in the wrong one.
try {
  const theme = localStorage.getItem('tombolo.theme');
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  // Without storage nothing was chosen: the system's theme shows.
}
