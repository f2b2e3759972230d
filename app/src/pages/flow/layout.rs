//! Where the nodes of a flow stand and how the edges between them run. Coordinates are pixels at 100 %.

use super::steps::{Step, StepKind};

/// A node's width.
pub(super) const WIDTH: i32 = 208;
/// A node's height.
pub(super) const HEIGHT: i32 = 84;
/// From one node to the next beside it.
pub(super) const GAP: i32 = 52;
/// From the top of one node to that of the next below it.
pub(super) const LINE: i32 = 120;
const LEFT: i32 = 40;
const TOP: i32 = 60;
/// Less than at the left, so that two destinations and the place of a third fit a window of 1280.
const RIGHT: i32 = 16;
/// Room for "Add source", and below it for the zoom that floats there.
const BOTTOM: i32 = 130;
const BEND: i32 = 12;

/// A placed flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    /// The left upper corner of each step.
    pub(super) places: Vec<(i32, i32)>,
    /// Where "Add source" stands.
    pub(super) add_source: (i32, i32),
    /// Where "Add destination" stands.
    pub(super) add_destination: (i32, i32),
    /// The paths of the edges, as SVG has them.
    pub(super) edges: Vec<String>,
    /// The edge to where the next step would stand; none while there is nothing before it.
    pub(super) waiting: Option<String>,
    /// How wide and high all of it is.
    pub(super) size: (i32, i32),
}

/// Places the steps: sources in a column, what follows in a row beside their middle.
pub(super) fn layout(steps: &[Step]) -> Layout {
    let sources = steps.iter().filter(|step| step.kind == StepKind::Source).count();
    let column = i32::try_from(sources).unwrap_or(i32::MAX / LINE / 2);
    let middle = TOP + (column.max(1) - 1) * LINE / 2;
    let mut places = Vec::with_capacity(steps.len());
    let (mut sources_at, mut x) = (TOP, LEFT + WIDTH + GAP);
    for step in steps {
        if step.kind == StepKind::Source {
            places.push((LEFT, sources_at));
            sources_at += LINE;
        } else {
            places.push((x, middle));
            x += WIDTH + GAP;
        }
    }
    let mut edges = Vec::new();
    let (first, later) = places.split_at(sources);
    let enter = |place: &(i32, i32)| (place.0, place.1 + HEIGHT / 2);
    let leave = |place: &(i32, i32)| (place.0 + WIDTH, place.1 + HEIGHT / 2);
    if let Some(next) = later.first() {
        edges.extend(first.iter().map(|source| path(leave(source), enter(next))));
    }
    edges.extend(later.windows(2).map(|pair| path(leave(&pair[0]), enter(&pair[1]))));
    let waiting = places.last().map(|last| path(leave(last), (x, middle + HEIGHT / 2)));
    let height = sources_at.max(middle + HEIGHT) + BOTTOM;
    Layout {
        places,
        add_source: (LEFT, sources_at),
        add_destination: (x, middle),
        edges,
        waiting,
        size: (x + WIDTH + RIGHT, height),
    }
}

/// Leaves to the right, enters from the left, goes straight and turns with a radius of twelve.
fn path((x, y): (i32, i32), (to_x, to_y): (i32, i32)) -> String {
    if y == to_y {
        return format!("M{x} {y}H{to_x}");
    }
    let turn = to_x - GAP / 2;
    let bend = BEND.min((to_y - y).abs() / 2);
    let down = (to_y - y).signum();
    format!(
        "M{x} {y}H{}Q{turn} {y} {turn} {}V{}Q{turn} {to_y} {} {to_y}H{to_x}",
        turn - bend,
        y + bend * down,
        to_y - bend * down,
        turn + bend
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::flow::steps::{PROCESSORS, SOURCES};

    fn step(kind: StepKind, row: &str) -> Step {
        let list = if kind == StepKind::Source { SOURCES } else { PROCESSORS };
        Step { list, row: row.into(), kind, resource: None }
    }

    #[test]
    fn no_two_nodes_overlap_and_all_are_on_the_canvas() {
        let mut all: Vec<Step> = (0..5).map(|n| step(StepKind::Source, &n.to_string())).collect();
        all.extend((5..12).map(|n| step(StepKind::Import, &n.to_string())));
        let made = layout(&all);
        for (at, left) in made.places.iter().enumerate() {
            assert!(left.0 + WIDTH <= made.size.0 && left.1 + HEIGHT <= made.size.1);
            for right in &made.places[at + 1..] {
                assert!((left.0 - right.0).abs() >= WIDTH || (left.1 - right.1).abs() >= HEIGHT, "{left:?} {right:?}");
            }
        }
        assert_eq!(made.edges.len(), 5 + 6);
        assert!(made.waiting.is_some());
        assert_eq!(layout(&[]).waiting, None);
    }

    #[test]
    fn a_flow_of_two_destinations_needs_no_scrolling_on_a_usual_screen() {
        let all = [step(StepKind::Source, "a"), step(StepKind::Import, "b"), step(StepKind::Import, "c")];
        assert!(layout(&all).size.0 <= 1280 - 233, "beside the navigation there is no more");
    }

    #[test]
    fn an_edge_between_neighbours_is_straight() {
        let made = layout(&[step(StepKind::Source, "a"), step(StepKind::Import, "b")]);
        assert_eq!(made.edges, [format!("M{} 102H{}", LEFT + WIDTH, LEFT + WIDTH + GAP)]);
    }
}
