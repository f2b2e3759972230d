//! Where the nodes of a flow stand and how the edges between them run. Coordinates are pixels at 100 %.

mod branched;

use std::collections::HashMap;

use tombolo_model::RowId;

use super::steps::{Router, Step, StepKind};
use branched::Branched;

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

/// A branching is as wide and as high as this.
pub(super) const ROUTER: i32 = 44;

/// A placed flow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Layout {
    /// The left upper corner of each step.
    pub(super) places: Vec<(i32, i32)>,
    /// The place of each step among them.
    at: HashMap<RowId, usize>,
    /// The left upper corner of each branching; none of one that only passes records on.
    pub(super) routers: Vec<Option<(i32, i32)>>,
    /// The branches: where the name stands, and where a step is added at the end.
    pub(super) branches: Vec<PlacedBranch>,
    /// Where "Add source" stands.
    pub(super) add_source: (i32, i32),
    /// Where "Add destination" stands; with branchings each branch has a place of its own.
    pub(super) add_destination: Option<(i32, i32)>,
    /// The edges between what is there.
    pub(super) edges: Vec<Edge>,
    /// The edges to where the next step would stand; none while there is nothing before it.
    pub(super) waiting: Vec<String>,
    /// How wide and high all of it is.
    pub(super) size: (i32, i32),
}

impl Layout {
    /// The left upper corner of a step.
    pub(super) fn of(&self, row: &str) -> Option<(i32, i32)> {
        self.places.get(*self.at.get(row)?).copied()
    }
}

/// A way that records take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edge {
    /// Its path, as SVG has it.
    pub(super) path: String,
    /// The place among the steps of the one that it leaves; none where it leaves a branching.
    pub(super) from: Option<usize>,
    /// The place of the one that it leads to; none where that is a branching.
    pub(super) to: Option<usize>,
}

impl Edge {
    fn new(path: String, from: Option<usize>, to: Option<usize>) -> Self {
        Self { path, from, to }
    }
}

/// Where a branch is named and where it grows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PlacedBranch {
    pub(super) list: String,
    pub(super) router: RowId,
    pub(super) name: String,
    /// The middle of its name; none of the one branch of a branching that only passes records on.
    pub(super) label: Option<(i32, i32)>,
    pub(super) filtered: bool,
    /// The middle of the button at its end.
    pub(super) end: (i32, i32),
}

/// Places the steps: sources in a column, what follows in a row beside their middle, each branch in a row of its own.
pub(super) fn layout(steps: &[Step], routers: &[Router]) -> Layout {
    let placed = if routers.is_empty() { in_a_row(steps) } else { Branched::new(steps, routers).place() };
    let at = steps.iter().enumerate().map(|(at, step)| (step.row.clone(), at)).collect();
    Layout { at, ..placed }
}

fn in_a_row(steps: &[Step]) -> Layout {
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
    let edge = |from: usize, to: usize| Edge::new(path(leave(places[from]), enter(places[to])), Some(from), Some(to));
    if !later.is_empty() {
        edges.extend((0..first.len()).map(|source| edge(source, sources)));
    }
    edges.extend((sources + 1..places.len()).map(|to| edge(to - 1, to)));
    let waiting = places.last().map(|last| path(leave(*last), (x, middle + HEIGHT / 2)));
    let height = sources_at.max(middle + HEIGHT) + BOTTOM;
    Layout {
        places,
        add_source: (LEFT, sources_at),
        add_destination: Some((x, middle)),
        edges,
        waiting: waiting.into_iter().collect(),
        size: (x + WIDTH + RIGHT, height),
        ..Layout::default()
    }
}

fn enter(place: (i32, i32)) -> (i32, i32) {
    (place.0, place.1 + HEIGHT / 2)
}

fn leave(place: (i32, i32)) -> (i32, i32) {
    (place.0 + WIDTH, place.1 + HEIGHT / 2)
}

/// Leaves to the right, enters from the left, goes straight and turns with a radius of twelve.
fn path((x, y): (i32, i32), (to_x, to_y): (i32, i32)) -> String {
    if y == to_y {
        return format!("M{x} {y}H{to_x}");
    }
    turned((x, y), (to_x, to_y), to_x - GAP / 2)
}

fn turned((x, y): (i32, i32), (to_x, to_y): (i32, i32), turn: i32) -> String {
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
    use super::super::steps::{PROCESSORS, SOURCES};
    use super::*;

    fn step(kind: StepKind, row: &str) -> Step {
        let list = if kind == StepKind::Source { SOURCES } else { PROCESSORS };
        Step { list: list.into(), row: row.into(), kind, resource: None }
    }

    #[test]
    fn no_two_nodes_overlap_and_all_are_on_the_canvas() {
        let mut all: Vec<Step> = (0..5).map(|n| step(StepKind::Source, &n.to_string())).collect();
        all.extend((5..12).map(|n| step(StepKind::Import, &n.to_string())));
        let made = layout(&all, &[]);
        for (at, left) in made.places.iter().enumerate() {
            assert!(left.0 + WIDTH <= made.size.0 && left.1 + HEIGHT <= made.size.1);
            for right in &made.places[at + 1..] {
                assert!((left.0 - right.0).abs() >= WIDTH || (left.1 - right.1).abs() >= HEIGHT, "{left:?} {right:?}");
            }
        }
        assert_eq!(made.edges.len(), 5 + 6);
        assert_eq!(made.waiting.len(), 1);
        assert!(layout(&[], &[]).waiting.is_empty());
    }

    #[test]
    fn a_flow_of_two_destinations_needs_no_scrolling_on_a_usual_screen() {
        let all = [step(StepKind::Source, "a"), step(StepKind::Import, "b"), step(StepKind::Import, "c")];
        assert!(layout(&all, &[]).size.0 <= 1280 - 233, "beside the navigation there is no more");
    }

    #[test]
    fn an_edge_between_neighbours_is_straight() {
        let made = layout(&[step(StepKind::Source, "a"), step(StepKind::Import, "b")], &[]);
        let path = format!("M{} 102H{}", LEFT + WIDTH, LEFT + WIDTH + GAP);
        assert_eq!(made.edges, [Edge::new(path, Some(0), Some(1))]);
    }
}
