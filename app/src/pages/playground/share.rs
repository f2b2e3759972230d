//! A link that holds everything in an editor.
//!
//! It stands in the fragment of the address, which browsers keep to themselves: no server is sent it.

use js_sys::{Function, Promise, Reflect};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::components::editor::{Saved, module};

const MARK: &str = "#s=";
/// Longer links are cut off by what they are pasted into, and by browsers.
const MOST_LETTERS: usize = 500_000;

/// Why there is no link, or nothing in one.
pub(super) enum ShareError {
    /// The content is too long for a link.
    TooLong,
    /// What a link holds cannot be read.
    Broken,
}

async fn call(function: &str, text: &str) -> Result<String, JsValue> {
    let function: Function = Reflect::get(&module().await?, &function.into())?.dyn_into()?;
    let done: Promise = function.call1(&JsValue::NULL, &text.into())?.dyn_into()?;
    JsFuture::from(done).await?.as_string().ok_or(JsValue::NULL)
}

/// The link of an editor with its content.
pub(super) async fn link(slug: &str, saved: &Saved) -> Result<String, ShareError> {
    let text = serde_json::to_string(saved).map_err(|_| ShareError::Broken)?;
    let packed = call("pack", &text).await.map_err(|_| ShareError::Broken)?;
    if packed.len() > MOST_LETTERS {
        return Err(ShareError::TooLong);
    }
    let origin = window().location().origin().map_err(|_| ShareError::Broken)?;
    Ok(format!("{origin}/playground/{slug}{MARK}{packed}"))
}

/// A link of this page without where it is.
pub(super) fn within(link: &str) -> &str {
    link.find("/playground/").and_then(|at| link.get(at..)).unwrap_or("/playground")
}

/// What the address of the page holds for an editor, still packed.
pub(super) fn packed(slug: &str) -> Option<String> {
    let location = window().location();
    if location.pathname().ok()?.strip_prefix("/playground/") != Some(slug) {
        return None;
    }
    let hash = location.hash().ok()?;
    hash.strip_prefix(MARK).map(ToOwned::to_owned)
}

/// What a link holds.
pub(super) async fn unpack(packed: &str) -> Result<Saved, ShareError> {
    let text = call("unpack", packed).await.map_err(|_| ShareError::Broken)?;
    serde_json::from_str(&text).map_err(|_| ShareError::Broken)
}

/// Takes the content out of the address: what is in the editor is not that of the link any more.
pub(super) fn leave(slug: &str) {
    let gone = window()
        .history()
        .and_then(|history| history.replace_state_with_url(&JsValue::NULL, "", Some(&format!("/playground/{slug}"))));
    if let Err(error) = gone {
        leptos::logging::warn!("the link stays in the address: {error:?}");
    }
}
