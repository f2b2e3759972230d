//! Which part of the picture is in sight, and the small picture of all of it that says so.
//!
//! Of a flow with many steps only those in sight are on the page; the small picture shows the others and goes to them.

use gloo::events::EventListener;
use leptos::ev::PointerEvent;
use leptos::html;
use leptos::prelude::*;

use super::layout::{HEIGHT, Layout, WIDTH};
use super::pan::scaled;

/// Below so many steps all of them are on the page.
pub(super) const FEW: usize = 80;
/// How far beyond the edges steps are drawn, so that scrolling shows no gap; in pixels at 100 %.
const SPARE: i32 = 700;
/// The sides of the small picture.
const MAP: (i32, i32) = (144, 80);

/// A part of the picture, in pixels at 100 %.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sight {
    pub(super) left: i32,
    pub(super) top: i32,
    pub(super) width: i32,
    pub(super) height: i32,
}

impl Sight {
    /// Whether a step at a place is in it, or near.
    pub(super) fn has(self, (x, y): (i32, i32)) -> bool {
        let near =
            |at: i32, length: i32, from: i32, span: i32| at + length >= from - SPARE && at <= from + span + SPARE;
        near(x, WIDTH, self.left, self.width) && near(y, HEIGHT, self.top, self.height)
    }
}

/// What a length on the screen is at 100 %.
fn whole(pixels: i32, zoom: i32) -> i32 {
    pixels.saturating_mul(100) / zoom.max(1)
}

/// Follows what of the picture is in sight.
pub(super) fn use_sight(view: NodeRef<html::Div>, zoom: RwSignal<i32>, placed: Memo<Layout>) -> RwSignal<Sight> {
    let sight = RwSignal::new(Sight { width: 2_000, height: 1_200, ..Sight::default() });
    let measure = move || {
        let (Some(view), Some(zoom)) = (view.try_get_untracked().flatten(), zoom.try_get_untracked()) else { return };
        let now = Sight {
            left: whole(view.scroll_left(), zoom),
            top: whole(view.scroll_top(), zoom),
            width: whole(view.client_width(), zoom),
            height: whole(view.client_height(), zoom),
        };
        sight.try_maybe_update(|sight| {
            let news = *sight != now;
            *sight = now;
            (news, ())
        });
    };
    let scrolled = StoredValue::new_local(None::<EventListener>);
    Effect::new(move |_| {
        zoom.track();
        placed.with(|placed| placed.size);
        let Some(view) = view.get() else { return };
        request_animation_frame(measure);
        scrolled.update_value(|scrolled| {
            scrolled.get_or_insert_with(|| EventListener::new(&view, "scroll", move |_| measure()));
        });
    });
    let resized = window_event_listener(leptos::ev::resize, move |_| measure());
    on_cleanup(move || {
        resized.remove();
        scrolled.try_set_value(None);
    });
    sight
}

/// The parts in which the small picture is measured.
const PARTS: i64 = 1_000_000;

/// How many parts of its length a picture of this size keeps to fit the small one.
fn shrink((width, height): (i32, i32)) -> i64 {
    let fits = |room: i32, length: i32| i64::from(room) * PARTS / i64::from(length.max(1));
    fits(MAP.0, width).min(fits(MAP.1, height)).max(1)
}

/// What a length is in the small picture, of which `by` parts are kept.
fn small(length: i32, by: i64) -> i32 {
    i32::try_from(i64::from(length) * by / PARTS).unwrap_or(i32::MAX)
}

/// The small picture, where the flow is larger than what is in sight. It is for the pointer: keys go from step to step.
#[component]
pub(super) fn MiniMap(
    view: NodeRef<html::Div>,
    zoom: RwSignal<i32>,
    placed: Memo<Layout>,
    sight: RwSignal<Sight>,
) -> impl IntoView {
    let by = Memo::new(move |_| placed.with(|placed| shrink(placed.size)));
    let needed = Memo::new(move |_| {
        let (width, height) = placed.with(|placed| placed.size);
        let sight = sight.get();
        // A little beyond the edge is found without it.
        sight.width > 0 && (width * 4 > sight.width * 5 || height * 4 > sight.height * 5)
    });
    let small = move |length: i32| small(length, by.get());
    let node = NodeRef::<html::Div>::new();
    let held = RwSignal::new(false);
    let go = move |event: &PointerEvent| {
        let (Some(map), Some(view)) = (node.get_untracked(), view.get_untracked()) else { return };
        let edges = map.get_bounding_client_rect();
        #[expect(clippy::cast_possible_truncation, reason = "pixels of a page")]
        let at = |from: f64, pixel: i32| {
            let inside = (f64::from(pixel) - from) as i64;
            i32::try_from(inside * PARTS / by.get_untracked().max(1)).unwrap_or_default()
        };
        let (x, y) = (at(edges.left(), event.client_x()), at(edges.top(), event.client_y()));
        let (sight, zoom) = (sight.get_untracked(), zoom.get_untracked());
        view.set_scroll_left(scaled(x - sight.width / 2, zoom));
        view.set_scroll_top(scaled(y - sight.height / 2, zoom));
    };
    let press = move |event: PointerEvent| {
        held.set(true);
        if let Some(map) = node.get_untracked()
            && let Err(error) = map.set_pointer_capture(event.pointer_id())
        {
            leptos::logging::debug_warn!("{error:?}");
        }
        go(&event);
    };
    view! {
        <Show when=move || needed.get()>
            <div class="mini-map floating" aria-hidden="true" node_ref=node style=format!("inline-size:{}px;block-size:{}px", MAP.0, MAP.1)
                on:pointerdown=press on:pointermove=move |event| if held.get_untracked() { go(&event) } on:pointerup=move |_| held.set(false) on:pointercancel=move |_| held.set(false)>
                <svg>
                    {move || placed.with(|placed| placed.places.iter().map(|(x, y)| view! { <rect class="step-mark" x=small(*x) y=small(*y) width=small(WIDTH).max(2) height=small(HEIGHT).max(2)></rect> }).collect_view())}
                    <rect class="sight-mark" x=move || small(sight.get().left) y=move || small(sight.get().top) width=move || small(sight.get().width) height=move || small(sight.get().height)></rect>
                </svg>
            </div>
        </Show>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_in_sight_and_near_it_are_drawn_and_others_are_not() {
        let sight = Sight { left: 10_000, top: 0, width: 1_000, height: 800 };
        assert!(sight.has((10_100, 60)) && sight.has((9_500, 60)) && sight.has((11_500, 60)));
        assert!(!sight.has((40, 60)) && !sight.has((13_000, 60)) && !sight.has((10_100, 5_000)));
    }

    #[test]
    fn the_small_picture_shows_the_whole_flow() {
        for size in [(2_000, 300), (260_000, 240), (700, 60_000)] {
            let by = shrink(size);
            assert!(small(size.0, by) <= MAP.0 && small(size.1, by) <= MAP.1, "{size:?}");
            assert!(small(size.0, by) == MAP.0 || small(size.1, by) == MAP.1 || by > 1, "{size:?}");
        }
        assert_eq!(whole(500, 50), 1_000);
    }
}
