//! Where the nodes of a flow with branchings stand.

use super::super::steps::{Branch, PROCESSORS, Router, SOURCES, Step};
use super::{
    BEND, BOTTOM, Edge, GAP, HEIGHT, LEFT, LINE, Layout, PlacedBranch, RIGHT, ROUTER, TOP, WIDTH, leave, path, turned,
};

/// Room between a branching and the first step of a branch, for the branch's name.
const BRANCH: i32 = 148;

/// Places a flow with branchings. A branching stands behind the longest way to it, and beside the middle of its
/// branches; one that several lead to stands where the first of them does.
pub(super) struct Branched<'a> {
    steps: &'a [Step],
    routers: &'a [Router],
    /// The left edge of each branching.
    xs: Vec<i32>,
    /// The middle line of each branching.
    ys: Vec<i32>,
    /// The middle line of each branch.
    lanes: Vec<Vec<i32>>,
    seen: Vec<bool>,
    /// The next free lane.
    lane: i32,
}

impl<'a> Branched<'a> {
    pub(super) fn new(steps: &'a [Step], routers: &'a [Router]) -> Self {
        let lanes = routers.iter().map(|router| vec![0; router.branches.len()]).collect();
        let mut made = Self {
            steps,
            routers,
            xs: vec![LEFT + WIDTH + GAP; routers.len()],
            ys: vec![0; routers.len()],
            lanes,
            seen: vec![false; routers.len()],
            lane: 0,
        };
        made.find_columns();
        for at in 0..routers.len() {
            made.find_lanes(at);
        }
        made
    }

    fn next(&self, branch: &Branch) -> Option<usize> {
        let next = branch.next.as_ref()?;
        self.routers.iter().position(|router| router.id == *next)
    }

    fn of_list(&self, list: &str) -> impl Iterator<Item = usize> {
        self.steps.iter().enumerate().filter(move |(_, step)| step.list == list).map(|(at, _)| at)
    }

    /// Where the first step of a branch begins.
    fn begin(&self, at: usize) -> i32 {
        self.xs[at] + if self.routers[at].passes { 0 } else { ROUTER + BRANCH }
    }

    /// Where the next step of a branch would begin.
    fn end(&self, at: usize, branch: &Branch) -> i32 {
        let count = i32::try_from(self.of_list(&branch.list).count()).unwrap_or(1_000);
        self.begin(at) + count * (WIDTH + GAP)
    }

    /// As often as there are branchings: a way that leads in circles ends then too.
    fn find_columns(&mut self) {
        for _ in 0..self.routers.len().min(200) {
            let mut moved = false;
            for at in 0..self.routers.len() {
                for branch in &self.routers[at].branches {
                    let Some(to) = self.next(branch).filter(|to| *to != at) else { continue };
                    // Room for the button that adds a step before it.
                    let x = self.end(at, branch) + GAP / 2;
                    if x > self.xs[to] {
                        self.xs[to] = x;
                        moved = true;
                    }
                }
            }
            if !moved {
                return;
            }
        }
    }

    /// Gives each branch a line of its own, and those behind it theirs. Returns the middle line of the branching.
    fn find_lanes(&mut self, at: usize) -> i32 {
        if self.seen[at] {
            return self.ys[at];
        }
        self.seen[at] = true;
        for number in 0..self.routers[at].branches.len() {
            let to = self.next(&self.routers[at].branches[number]).filter(|to| !self.seen[*to]);
            self.lanes[at][number] = match to {
                Some(to) => self.find_lanes(to),
                None => {
                    self.lane += 1;
                    TOP + HEIGHT / 2 + (self.lane - 1) * LINE
                }
            };
        }
        let lanes = &self.lanes[at];
        self.ys[at] = match (lanes.first(), lanes.last()) {
            (Some(first), Some(last)) => i32::midpoint(*first, *last),
            _ => {
                self.lane += 1;
                TOP + HEIGHT / 2 + (self.lane - 1) * LINE
            }
        };
        self.ys[at]
    }

    pub(super) fn place(self) -> Layout {
        let mut made = Layout { places: vec![(0, 0); self.steps.len()], ..Layout::default() };
        let sources: Vec<usize> = self.of_list(SOURCES).collect();
        let count = i32::try_from(sources.len()).unwrap_or(1_000);
        let top = (self.ys[0] - HEIGHT / 2 - (count - 1).max(0) * LINE / 2).max(TOP);
        for (number, at) in (0_i32..).zip(&sources) {
            made.places[*at] = (LEFT, top + number * LINE);
        }
        made.add_source = (LEFT, top + count * LINE);
        // Steps in a row beside branchings are a fault that the flow tells of; they are kept in sight.
        let bottom = TOP + self.lane * LINE;
        for (number, at) in (0_i32..).zip(self.of_list(PROCESSORS).collect::<Vec<_>>()) {
            made.places[at] = (LEFT + (number + 1) * (WIDTH + GAP), bottom);
        }
        for at in 0..self.routers.len() {
            self.place_router(at, &mut made);
        }
        let into = self.entry(0);
        let leads = self.first_of(0);
        let entering = sources.iter().map(|at| Edge::new(path(leave(made.places[*at]), into), Some(*at), leads));
        let entering: Vec<_> = entering.collect();
        made.edges.extend(entering);
        let ends = made.branches.iter().map(|branch| branch.end.0 + GAP);
        let right = made.places.iter().map(|place| place.0 + WIDTH).chain(ends).max().unwrap_or_default();
        let low = made.places.iter().map(|place| place.1 + HEIGHT).max().unwrap_or_default();
        made.size = (right + RIGHT + GAP, low.max(made.add_source.1).max(bottom) + BOTTOM);
        made
    }

    /// The first step of a branching that only passes records on.
    fn first_of(&self, at: usize) -> Option<usize> {
        let router = &self.routers[at];
        router.branches.first().filter(|_| router.passes).and_then(|branch| self.of_list(&branch.list).next())
    }

    /// Where an edge to a branching ends: at itself, or at the first step of one that only passes records on.
    fn entry(&self, at: usize) -> (i32, i32) {
        let x = if self.routers[at].passes
            && self.routers[at].branches.first().is_some_and(|branch| self.of_list(&branch.list).next().is_none())
        {
            self.xs[at] + GAP / 2
        } else {
            self.xs[at]
        };
        (x, self.ys[at])
    }

    fn place_router(&self, at: usize, made: &mut Layout) {
        let router = &self.routers[at];
        let (x, y) = (self.xs[at], self.ys[at]);
        made.routers.push((!router.passes).then_some((x, y - ROUTER / 2)));
        for (branch, lane) in router.branches.iter().zip(&self.lanes[at]) {
            let start = (x + if router.passes { 0 } else { ROUTER }, y);
            let mut from = start;
            let mut left = None;
            let mut begin = self.begin(at);
            for step in self.of_list(&branch.list) {
                made.places[step] = (begin, lane - HEIGHT / 2);
                if from != (begin, *lane) {
                    made.edges.push(Edge::new(branch_path(from, (begin, *lane), start.0 + 20), left, Some(step)));
                }
                left = Some(step);
                from = (begin + WIDTH, *lane);
                begin += WIDTH + GAP;
            }
            let end = (
                if from == start { start.0 + if router.passes { GAP / 2 } else { BRANCH } } else { from.0 + GAP / 2 },
                *lane,
            );
            let next = self.next(branch);
            let leads = next.and_then(|to| self.first_of(to));
            match next.map(|to| self.entry(to)) {
                Some(to) if from == start => {
                    made.edges.push(Edge::new(branch_path(from, to, start.0 + 20), left, leads));
                }
                Some(to) => made.edges.push(Edge::new(path(from, to), left, leads)),
                None => made.waiting.push(branch_path(from, end, start.0 + 20)),
            }
            made.branches.push(PlacedBranch {
                list: branch.list.clone(),
                router: router.row.clone(),
                name: branch.name.clone(),
                label: (!router.passes).then_some((start.0 + BRANCH / 2 + 8, *lane)),
                filtered: branch.filtered,
                end,
            });
        }
    }
}

/// An edge that turns right behind the branching it leaves.
fn branch_path((x, y): (i32, i32), (to_x, to_y): (i32, i32), turn: i32) -> String {
    if y == to_y {
        return format!("M{x} {y}H{to_x}");
    }
    turned((x, y), (to_x, to_y), turn.min(to_x - BEND))
}

#[cfg(test)]
mod tests {
    use super::super::super::steps::StepKind;
    use super::super::layout;
    use super::*;

    fn step(kind: StepKind, row: &str) -> Step {
        let list = if kind == StepKind::Source { SOURCES } else { PROCESSORS };
        Step { list: list.into(), row: row.into(), kind, resource: None }
    }

    fn router(id: &str, branches: &[(&str, Option<&str>)]) -> Router {
        let branch = |(name, next): &(&str, Option<&str>)| Branch {
            row: (*name).to_owned(),
            place: format!("/routers/{id}/branches/{name}"),
            list: format!("/routers/{id}/branches/{name}/pageProcessors"),
            name: (*name).to_owned(),
            next: next.map(str::to_owned),
            filtered: false,
        };
        Router {
            row: id.into(),
            id: id.into(),
            name: String::new(),
            passes: branches.len() == 1,
            to_all: false,
            by_script: false,
            branches: branches.iter().map(branch).collect(),
        }
    }

    fn in_branch(router: &str, branch: &str, row: &str) -> Step {
        Step {
            list: format!("/routers/{router}/branches/{branch}/pageProcessors"),
            row: row.into(),
            kind: StepKind::Import,
            resource: None,
        }
    }

    #[test]
    fn branches_have_lines_of_their_own_and_meet_behind_the_longest() {
        let routers = [
            router("p", &[("main", Some("a"))]),
            router("a", &[("one", Some("m")), ("two", Some("m")), ("three", None)]),
            router("m", &[("rest", None), ("other", None)]),
        ];
        let steps = [
            step(StepKind::Source, "s"),
            in_branch("p", "main", "first"),
            in_branch("a", "one", "x1"),
            in_branch("a", "two", "y1"),
            in_branch("a", "two", "y2"),
            in_branch("a", "three", "z"),
            in_branch("m", "rest", "end"),
        ];
        let made = layout(&steps, &routers);
        for (at, left) in made.places.iter().enumerate() {
            for right in &made.places[at + 1..] {
                assert!((left.0 - right.0).abs() >= WIDTH || (left.1 - right.1).abs() >= HEIGHT, "{left:?} {right:?}");
            }
        }
        let at = |row: &str| made.places[steps.iter().position(|step| step.row == row).unwrap()];
        assert_eq!(made.routers[0], None, "what chooses nothing is not drawn");
        assert!(made.routers[2].unwrap().0 > at("y2").0 + WIDTH, "branches meet behind the longest");
        assert!(at("first").0 < made.routers[1].unwrap().0 && at("x1").1 != at("y1").1 && at("y1").1 == at("y2").1);
        assert_eq!(made.branches.len(), 6);
        let at_row = |row: &str| steps.iter().position(|step| step.row == row);
        let ways = |from: &str| made.edges.iter().filter(|edge| edge.from == at_row(from)).count();
        assert_eq!((ways("s"), ways("y1"), ways("y2"), ways("end")), (1, 1, 1, 0), "each edge knows what it leaves");
        assert_eq!(made.add_destination, None);
        assert!(made.size.0 > at("end").0 + WIDTH);
    }

    #[test]
    fn a_way_that_leads_in_circles_is_drawn_all_the_same() {
        let routers =
            [router("a", &[("one", Some("b")), ("two", None)]), router("b", &[("back", Some("a")), ("on", None)])];
        let made = layout(&[step(StepKind::Source, "s")], &routers);
        assert_eq!(made.routers.len(), 2);
        assert!(made.size.0 > 0);
    }
}
