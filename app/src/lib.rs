//! The Tombolo screen: shows documents and sends intents.
//!
//! The document is the truth and the screen is its projection: components read signals that the store
//! worker feeds and send calls to it; nothing here changes a resource by itself. No Automerge, no parsers and
//! no engine are linked, so that the first visit stays small.

#![expect(unreachable_pub, reason = "the component macro makes the properties of every component public")]

mod app;
mod browser;
mod components;
mod pages;
mod state;
mod words;

/// Mounts the app into the page.
pub fn start() {
    console_error_panic_hook::set_once();
    leptos::mount::mount_to_body(app::App);
}
