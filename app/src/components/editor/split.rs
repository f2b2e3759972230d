//! What is between two panels: a line that is dragged, or moved with the arrow keys.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;

/// What neither panel goes below, in percent.
const LEAST: f64 = 12.0;
const STEP: f64 = 2.0;

/// Splits what the elements before and after it have. `share` is that of the first one, in percent.
#[component]
pub(crate) fn Splitter(
    #[prop(into)] label: String,
    class: &'static str,
    #[prop(into)] share: Signal<f64>,
    on_share: Callback<f64>,
    /// It stands between left and right.
    #[prop(into)]
    upright: Signal<bool>,
) -> impl IntoView {
    let node = NodeRef::<html::Div>::new();
    let held = RwSignal::new(false);
    let set = move |to: f64| on_share.run(to.clamp(LEAST, 100.0 - LEAST).round());
    let down = move |event: ev::PointerEvent| {
        event.prevent_default();
        if let Some(line) = node.get_untracked()
            && line.set_pointer_capture(event.pointer_id()).is_ok()
        {
            held.set(true);
        }
    };
    let moved = move |event: ev::PointerEvent| {
        if let (true, Some(line)) = (held.get_untracked(), node.get_untracked()) {
            let place = if upright.get_untracked() { event.client_x() } else { event.client_y() };
            if let Some(to) = shared(&line, upright.get_untracked(), f64::from(place)) {
                set(to);
            }
        }
    };
    let key = move |event: ev::KeyboardEvent| {
        let to = match event.key().as_str() {
            "ArrowLeft" | "ArrowUp" => share.get_untracked() - STEP,
            "ArrowRight" | "ArrowDown" => share.get_untracked() + STEP,
            "Home" => LEAST,
            "End" => 100.0 - LEAST,
            _ => return,
        };
        event.prevent_default();
        set(to);
    };
    let class = move || format!("splitter {class} {}", if upright.get() { "columns" } else { "rows" });
    view! {
        <div class=class role="separator" tabindex="0" node_ref=node aria-label=label
            aria-orientation=move || if upright.get() { "vertical" } else { "horizontal" }
            aria-valuenow=move || share.get().to_string() aria-valuemin=LEAST.to_string() aria-valuemax=(100.0 - LEAST).to_string()
            on:pointerdown=down on:pointermove=moved on:pointerup=move |_| held.set(false) on:pointercancel=move |_| held.set(false)
            on:keydown=key></div>
    }
}

/// Where a place is between the start of the panel before and the end of what comes after, in percent. Behind the first
/// line that is both of the other panels, wherever they are.
fn shared(line: &web_sys::Element, upright: bool, place: f64) -> Option<f64> {
    let before = line.previous_element_sibling()?.get_bounding_client_rect();
    let after = if line.class_list().contains("first") { line.parent_element() } else { line.next_element_sibling() };
    let after = after?.get_bounding_client_rect();
    let (start, end) = if upright { (before.left(), after.right()) } else { (before.top(), after.bottom()) };
    (end > start).then(|| (place - start) / (end - start) * 100.0)
}
