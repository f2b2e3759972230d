//! How far the canvas is scrolled and zoomed, so that a step can be seen beside its form. Plain functions.

/// The least and the most zoom, in percent.
const ZOOM: (i32, i32) = (25, 200);
/// Below this, in percent, a step shows its name only.
const FAR: i32 = 60;
/// One press of a zoom button.
const NOTCH: i32 = 25;

/// From where to where something goes along one axis, in pixels.
pub(super) type Span = (i32, i32);

/// Where a view of `length` that begins at `now` must begin to show `wanted`, or at least `needed` when that is too
/// long for it. What can be seen already moves nothing.
pub(super) fn into_view(now: i32, length: i32, wanted: Span, needed: Span) -> i32 {
    let (from, to) = if wanted.1 - wanted.0 <= length { wanted } else { needed };
    if from < now || to - from > length {
        from.max(0)
    } else if to > now + length {
        to - length
    } else {
        now
    }
}

/// A length at 100 % as it is at a zoom.
pub(super) fn scaled(length: i32, zoom: i32) -> i32 {
    length * zoom / 100
}

/// The next notch of the zoom.
pub(super) fn step_zoom(zoom: i32, closer: bool) -> i32 {
    let notch = if closer { zoom / NOTCH + 1 } else { (zoom - 1) / NOTCH };
    (notch * NOTCH).clamp(ZOOM.0, ZOOM.1)
}

/// Whether so little can be read that only the names of the steps are shown.
pub(super) fn is_far(zoom: i32) -> bool {
    zoom < FAR
}

/// The zoom at which all of it is seen; never closer than full size.
pub(super) fn fit(size: (i32, i32), view: (i32, i32)) -> i32 {
    let share = |view: i32, size: i32| view.saturating_mul(100) / size.max(1);
    share(view.0, size.0).min(share(view.1, size.1)).clamp(ZOOM.0, 100)
}

/// Below this, in percent, a flow is scrolled rather than made smaller for a form beside it: it is to be read.
const LEAST_BESIDE: i32 = 75;

/// The zoom at which all of a flow stands in a view that a form has made narrower; nothing when it stands there already,
/// or would be too small to read.
pub(super) fn beside(length: i32, view: i32, zoom: i32) -> Option<i32> {
    let all = fit((length, 1), (view, 1));
    (scaled(length, zoom) > view && all >= LEAST_BESIDE).then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flow_beside_a_form_gets_a_little_smaller_or_is_scrolled() {
        // A source, a destination and the place of another: 784 long, and 696 are left beside a form in a window of 1280.
        assert_eq!(beside(784, 696, 100), Some(88));
        assert_eq!(beside(784, 696, 75), None, "all of it is seen");
        assert_eq!(beside(1044, 696, 100), None, "nobody could read it");
        assert!(scaled(784, 88) <= 696);
    }

    #[test]
    fn a_step_behind_the_form_comes_into_view_with_what_follows_it() {
        // 700 are left of the canvas; the step begins at 560, and "Add destination" ends at 1,048.
        assert_eq!(into_view(0, 700, (540, 1048), (540, 788)), 348);
        assert_eq!(into_view(348, 700, (20, 508), (20, 268)), 20, "back to the first");
        assert_eq!(into_view(20, 700, (20, 508), (20, 268)), 20, "it is seen");
        assert_eq!(into_view(0, 400, (540, 1048), (540, 788)), 388, "there is room for the step alone");
        assert_eq!(into_view(0, 100, (540, 1048), (540, 788)), 540, "not even for that: it begins at the edge");
    }

    #[test]
    fn the_zoom_goes_by_notches_and_stays_within_its_ends() {
        assert_eq!((step_zoom(100, true), step_zoom(100, false)), (125, 75));
        assert_eq!((step_zoom(87, true), step_zoom(87, false)), (100, 75));
        assert_eq!((step_zoom(200, true), step_zoom(25, false)), (200, 25));
    }

    #[test]
    fn a_flow_that_is_too_large_is_made_to_fit_and_a_small_one_is_not_blown_up() {
        assert_eq!(fit((2000, 300), (1000, 600)), 50);
        assert_eq!(fit((500, 1200), (1000, 600)), 50);
        assert_eq!(fit((500, 300), (1000, 600)), 100);
        assert_eq!(fit((90_000, 300), (1000, 600)), 25);
    }
}
