//! Files from and to this computer.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, HtmlAnchorElement, Url};

use crate::state::App;

/// The browser reads the file after the click has returned: its address must stand until then.
const ADDRESS_STANDS_MS: u32 = 60_000;

/// A name that every computer takes for a file: what is neither letter nor digit becomes a dash.
pub(crate) fn plain_name(name: &str) -> String {
    name.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).take(60).collect()
}

/// Hands a text to the browser's downloads and says when that fails.
pub(crate) fn download_text(app: App, text: &str, name: &str) {
    let parts = js_sys::Array::of1(&text.into());
    if Blob::new_with_str_sequence(&parts).and_then(|blob| download(&blob, name)).is_err() {
        app.toasts.fail("The browser did not take the file. Try again.");
    }
}

/// Hands a file to the browser's downloads.
///
/// # Errors
///
/// Returns the browser's error when it makes no address for the file.
pub(crate) fn download(blob: &Blob, name: &str) -> Result<(), JsValue> {
    let address = Url::create_object_url_with_blob(blob)?;
    let link: HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    link.set_href(&address);
    link.set_download(name);
    link.click();
    gloo::timers::callback::Timeout::new(ADDRESS_STANDS_MS, move || {
        if let Err(error) = Url::revoke_object_url(&address) {
            leptos::logging::debug_warn!("{error:?}");
        }
    })
    .forget();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_a_name_that_every_computer_takes() {
        assert_eq!(plain_name("Shop / ÖB"), "Shop---ÖB");
        assert_eq!(plain_name(&"a".repeat(100)).len(), 60);
    }
}
