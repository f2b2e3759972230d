//! The lines of a mapping that are in sight, between two gaps that keep the place of the others.

use gloo::events::EventListener;
use leptos::ev::DragEvent;
use leptos::html;
use leptos::prelude::*;
use tombolo_model::Intent;

use super::row::{FIELD, Line, dragged_row};
use super::rows::MapRow;
use super::{Editing, focus};
use crate::pages::resources::{Part, part};

/// What a line is taken for before one is there to be measured.
const USUAL_HEIGHT: f64 = 41.0;

/// How far a list is scrolled, how high it is, and how high a line is; in pixels.
type Seen = RwSignal<(f64, f64, f64)>;

/// Follows which of the lines are in sight.
fn use_part(all: Memo<Vec<MapRow>>, frame: NodeRef<html::Div>) -> (Memo<Part>, Seen) {
    let seen = RwSignal::new((0.0_f64, 900.0_f64, USUAL_HEIGHT));
    let measure = move || {
        let Some(frame) = frame.try_get_untracked().flatten() else { return };
        let line = frame.query_selector(".map-row[draggable]").ok().flatten();
        let height = line.map(|line| line.get_bounding_client_rect().height()).filter(|height| *height > 1.0);
        let now = (f64::from(frame.scroll_top()), f64::from(frame.client_height()), height.unwrap_or(USUAL_HEIGHT));
        seen.try_maybe_update(|seen| {
            let news = *seen != now;
            *seen = now;
            (news, ())
        });
    };
    let scrolled = StoredValue::new_local(None::<EventListener>);
    Effect::new(move |_| {
        all.with(Vec::len);
        let Some(frame) = frame.get() else { return };
        request_animation_frame(measure);
        scrolled.update_value(|scrolled| {
            scrolled.get_or_insert_with(|| EventListener::new(&frame, "scroll", move |_| measure()));
        });
    });
    let resized = window_event_listener(leptos::ev::resize, move |_| measure());
    on_cleanup(move || {
        resized.remove();
        scrolled.try_set_value(None);
    });
    let window = Memo::new(move |_| {
        let (above, view, height) = seen.get();
        part(all.with(Vec::len), height, above, view)
    });
    (window, seen)
}

/// The scrolled list.
#[component]
pub(super) fn Rows(editing: Editing) -> impl IntoView {
    let Editing { doc, all, .. } = editing;
    let frame = NodeRef::<html::Div>::new();
    let (window, seen) = use_part(all, frame);
    // A row that was asked for comes into sight once it is there.
    Effect::new(move |_| {
        let Some(wanted) = editing.seek.get() else { return };
        let Some(at) = all.with(|all| all.iter().position(|one| one.is(&wanted))) else { return };
        editing.seek.set(None);
        let Some(frame) = frame.get_untracked() else { return };
        let (above, view, height) = seen.get_untracked();
        #[expect(clippy::cast_precision_loss, reason = "no mapping has 2⁵³ rows")]
        let top = at as f64 * height;
        if top < above || top + 2.0 * height > above + view {
            #[expect(clippy::cast_possible_truncation, reason = "pixels of a page")]
            frame.set_scroll_top((top - view / 2.0).max(0.0) as i32);
        }
    });
    // The rows are read before the part of them, which follows them: the other way round a row that only moved is missed.
    let lines = move || {
        all.track();
        focus::keep();
        let part = window.get();
        all.with(|all| all.get(part.from..part.to.min(all.len())).map(<[_]>::to_vec).unwrap_or_default())
    };
    #[expect(clippy::cast_precision_loss, reason = "no mapping has 2⁵³ rows")]
    let gap = move |before: bool| {
        let count = all.with(Vec::len);
        let part = window.get();
        let rows = if before { part.from } else { count.saturating_sub(part.to) };
        format!("{}px", rows as f64 * part.height)
    };
    // Dropped on the head, a row becomes the first of its list.
    let on_drop = move |event: DragEvent| {
        event.prevent_default();
        let dragged = dragged_row(&event);
        let list = all.with_untracked(|all| all.iter().find(|one| one.row == dragged).map(|one| one.list.clone()));
        if let Some(list) = list {
            doc.edit(vec![Intent::MoveRow { list, row: dragged, after: None }]);
        }
    };
    // Dropped below the rows, a field of the source becomes a new one.
    let on_field = move |event: DragEvent| {
        if let Some(field) = dragged_row(&event).strip_prefix(FIELD).filter(|_| !event.default_prevented()) {
            event.prevent_default();
            editing.map_path(field);
        }
    };
    view! {
        <div class="map-scroll" node_ref=frame on:dragover=|event| event.prevent_default() on:drop=on_field>
            <div class="mapping" role="treegrid" aria-label="Mapping" aria-rowcount=move || (all.with(Vec::len) + 1).to_string()>
                <div class="map-row map-head" role="row" on:dragover=|event| event.prevent_default() on:drop=on_drop><span role="columnheader">"Source"</span><span role="columnheader">"Destination"</span><span role="columnheader">"Type"</span><span></span></div>
                <div class="map-gap" role="presentation" style:height=move || gap(true)></div>
                <For each=lines key=|row| row.key() let:row><Line editing=editing row=row/></For>
                <div class="map-gap" role="presentation" style:height=move || gap(false)></div>
            </div>
        </div>
    }
}
