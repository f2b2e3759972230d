//! The flow as a picture. Where things stand is decided in `layout`; what is on a node, in `node`.

use leptos::prelude::*;

use super::Builder;
use super::layout::layout;
use super::node::Node;
use super::wizard::Side;
use crate::components::Icon;
use crate::words;

/// The picture.
#[component]
pub(super) fn Canvas() -> impl IntoView {
    let builder = expect_context::<Builder>();
    let placed = Memo::new(move |_| builder.steps.with(|steps| layout(steps)));
    let zoom = RwSignal::new(100_i32);
    let step_zoom = move |by: i32| zoom.update(|zoom| *zoom = (*zoom + by).clamp(25, 200));
    let at = |(x, y): (i32, i32)| format!("left:{x}px;top:{y}px");
    let count = move || builder.steps.with(Vec::len);
    let describe = move || {
        format!(
            "Flow of {}. Arrow keys go from step to step, Enter opens one, Delete removes it, Alt and arrows move it.",
            words::count(count(), "step")
        )
    };
    let going = Memo::new(move |_| builder.app.is_running(builder.doc.id));
    let edge = move || if going.get() { "edge live moving" } else { "edge" };
    view! {
        <section class="canvas wide-only" role="application" aria-label=describe>
            <div class="sheet-area" style:transform=move || format!("scale({})", f64::from(zoom.get()) / 100.0)
                style:width=move || format!("{}px", placed.with(|placed| placed.size.0)) style:height=move || format!("{}px", placed.with(|placed| placed.size.1))>
                <svg class="edges" aria-hidden="true">
                    {move || placed.with(|placed| placed.edges.iter().map(|path| view! { <path class=edge d=path.clone()></path> }).collect_view())}
                    {move || placed.with(|placed| placed.waiting.clone()).map(|path| view! { <path class="edge idle" d=path></path> })}
                </svg>
                <For each=move || builder.steps.get() key=|step| step.row.clone() let:step><Node step=step placed=placed/></For>
                <button class="button add-step" style=move || at(placed.with(|placed| placed.add_source)) prop:disabled=move || !builder.doc.writable.get()
                    on:click=move |_| builder.adding.set(Some(Side::Source))><Icon name="plus"/>"Add source"</button>
                <button class="button add-step" style=move || at(placed.with(|placed| placed.add_destination)) prop:disabled=move || !builder.doc.writable.get()
                    on:click=move |_| builder.adding.set(Some(Side::Destination))><Icon name="plus"/>"Add destination"</button>
            </div>
            <div class="floating zoom">
                <button class="icon-button small" aria-label="Zoom out" on:click=move |_| step_zoom(-25)><Icon name="minus"/></button>
                <span class="num">{move || format!("{} %", zoom.get())}</span>
                <button class="icon-button small" aria-label="Zoom in" on:click=move |_| step_zoom(25)><Icon name="plus"/></button>
                <button class="icon-button small" aria-label="Full size" on:click=move |_| zoom.set(100)><Icon name="maximize"/></button>
            </div>
        </section>
    }
}
