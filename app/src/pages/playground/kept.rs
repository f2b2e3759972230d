//! What stays on this device: the content of each editor, and how somebody likes to work.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use web_sys::Storage;

use crate::components::editor::{Bench, Layout, Saved};

const BENCH: &str = "tombolo.playground";
const CONTENT: &str = "tombolo.playground.";

/// How somebody likes to work, and which editor was open last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct KeptBench {
    pub(super) layout: String,
    pub(super) shares: [(f64, f64); 3],
    pub(super) auto: bool,
    pub(super) last: String,
}

impl Default for KeptBench {
    fn default() -> Self {
        Self { layout: "hybrid".to_owned(), shares: Bench::SHARES, auto: true, last: String::new() }
    }
}

fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

fn read(key: &str) -> Option<String> {
    storage()?.get_item(key).ok().flatten()
}

/// How this person likes to work in all editors, wherever they are: read, and kept when it changes. `open` is the editor of
/// the playground that is open, where it is one.
pub(in crate::pages) fn bench_of(open: impl Fn() -> Option<String> + 'static) -> Bench {
    let before = bench();
    let layout = Layout::ALL.into_iter().find(|layout| layout.key() == before.layout).unwrap_or(Layout::Hybrid);
    let here =
        Bench { layout: RwSignal::new(layout), shares: RwSignal::new(before.shares), auto: RwSignal::new(before.auto) };
    Effect::new(move |_| {
        keep_bench(&KeptBench {
            layout: here.layout.get().key().to_owned(),
            shares: here.shares.get(),
            auto: here.auto.get(),
            last: open().unwrap_or_else(|| bench().last),
        });
    });
    here
}

/// As it was left, or as it is for somebody who was never here.
pub(super) fn bench() -> KeptBench {
    let kept: KeptBench = read(BENCH).and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let share = |share: f64| if share.is_finite() { share.clamp(12.0, 88.0) } else { 50.0 };
    KeptBench { shares: kept.shares.map(|(first, second)| (share(first), share(second))), ..kept }
}

/// Keeps it; without storage it lasts until the page is left.
fn keep_bench(bench: &KeptBench) {
    let text = serde_json::to_string(bench).unwrap_or_default();
    if let Some(Err(error)) = storage().map(|storage| storage.set_item(BENCH, &text)) {
        leptos::logging::warn!("the layout is not kept: {error:?}");
    }
}

/// The content that an editor was left with.
pub(super) fn content(slug: &str) -> Option<Saved> {
    serde_json::from_str(&read(&format!("{CONTENT}{slug}"))?).ok()
}

/// Keeps the content of an editor; false when the browser has no room for it.
pub(super) fn keep(slug: &str, saved: &Saved) -> bool {
    let text = serde_json::to_string(saved).unwrap_or_default();
    storage().is_some_and(|storage| storage.set_item(&format!("{CONTENT}{slug}"), &text).is_ok())
}

/// Forgets the content of an editor.
pub(super) fn forget(slug: &str) {
    if let Some(Err(error)) = storage().map(|storage| storage.remove_item(&format!("{CONTENT}{slug}"))) {
        leptos::logging::warn!("the content is not forgotten: {error:?}");
    }
}
