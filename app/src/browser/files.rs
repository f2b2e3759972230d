//! Files from and to this computer.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, HtmlAnchorElement, Url};

/// The browser reads the file after the click has returned: its address must stand until then.
const ADDRESS_STANDS_MS: u32 = 60_000;

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
