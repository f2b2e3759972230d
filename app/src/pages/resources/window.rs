//! Of a long table only the rows in sight are on the page, between two that keep the place of the others.

use gloo::events::EventListener;
use leptos::html;
use leptos::prelude::*;
use web_sys::Element;

/// What a row is taken for before one is there to be measured.
const USUAL_HEIGHT: f64 = 44.0;
/// Rows beyond the edges, so that scrolling shows no gap.
const SPARE: usize = 16;
/// The first row moves in steps of so many: not each pixel draws the table anew.
const STEP: usize = 8;

/// The part of a table that is in sight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Part {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) height: f64,
}

/// Which of `count` rows of a height are in sight where `above` pixels of them are scrolled away.
pub(crate) fn part(count: usize, height: f64, above: f64, view: f64) -> Part {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative, and no table has 2³² rows"
    )]
    let rows = |pixels: f64| (pixels.max(0.0) / height.max(1.0)) as usize;
    let first = rows(above).saturating_sub(SPARE) / STEP * STEP;
    let last = (rows(above + view.max(0.0)) + SPARE).div_ceil(STEP) * STEP;
    Part { from: first.min(count), to: last.min(count), height }
}

/// What the table scrolls in.
fn frame_of(body: &Element) -> Option<Element> {
    body.closest(".table-wrap").ok().flatten()
}

/// Follows what of the table is in sight.
pub(crate) fn use_window(count: Signal<usize>, body: NodeRef<html::Tbody>) -> Memo<Part> {
    let seen = RwSignal::new((0.0_f64, 900.0_f64, USUAL_HEIGHT));
    let measure = move || {
        let Some(body) = body.try_get_untracked().flatten() else { return };
        let Some(frame) = frame_of(&body) else { return };
        let above = frame.get_bounding_client_rect().top() - body.get_bounding_client_rect().top();
        let row = body.query_selector("tr[data-row]").ok().flatten();
        let height = row.map(|row| row.get_bounding_client_rect().height()).filter(|height| *height > 1.0);
        let now = (above, f64::from(frame.client_height()), height.unwrap_or(USUAL_HEIGHT));
        seen.try_maybe_update(|seen| {
            let news = *seen != now;
            *seen = now;
            (news, ())
        });
    };
    let scrolled = StoredValue::new_local(None::<EventListener>);
    Effect::new(move |_| {
        count.track();
        let Some(body) = body.get() else { return };
        request_animation_frame(measure);
        // The body is made anew when the list was empty meanwhile, and its frame with it.
        scrolled.set_value(frame_of(&body).map(|frame| EventListener::new(&frame, "scroll", move |_| measure())));
    });
    let resized = window_event_listener(leptos::ev::resize, move |_| measure());
    on_cleanup(move || {
        resized.remove();
        scrolled.try_set_value(None);
    });
    Memo::new(move |_| {
        let (above, view, height) = seen.get();
        part(count.get(), height, above, view)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_rows_in_sight_and_a_few_beside_them_are_drawn() {
        let top = part(10_000, 44.0, -200.0, 900.0);
        assert_eq!((top.from, top.to), (0, 32));
        let middle = part(10_000, 44.0, 44.0 * 5_000.0, 900.0);
        assert!(middle.from <= 5_000 - SPARE && middle.from > 4_970 && middle.to >= 5_020 + SPARE && middle.to < 5_060);
        assert_eq!(part(3, 44.0, 0.0, 900.0).to, 3);
        assert_eq!(part(0, 44.0, 9_999.0, 900.0), Part { from: 0, to: 0, height: 44.0 });
    }
}
