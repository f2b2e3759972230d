//! What adding, moving and deleting branchings and branches changes in a flow, as intents. Plain functions.
//!
//! Invariant: afterwards every branching but the first is led to, and a flow has either steps in a row or branchings.

use serde_json::{Value, json};
use tombolo_model::{Intent, RowId, View};

use super::order::Landing;
use super::steps::{Branch, PROCESSORS, ROUTERS, Router, routers};
use crate::state::{list_rows, value_at};

/// Makes ids of rows and branchings.
pub(super) type Fresh<'f> = &'f mut dyn FnMut() -> RowId;

/// The number in the names of the branches of a new branching: `Branch 2.0`.
fn number(all: &[Router]) -> usize {
    all.iter().filter(|router| !router.passes).count() + 1
}

fn branching(id: &str, number: usize, next: Option<&String>) -> Value {
    let mut first = json!({"name": format!("Branch {number}.0"), "pageProcessors": []});
    if let Some(next) = next {
        first["nextRouterId"] = next.clone().into();
    }
    let second = json!({"name": format!("Branch {number}.1"), "pageProcessors": []});
    json!({"id": id, "name": format!("Branching {number}"), "routeRecordsTo": "first_matching_branch",
        "routeRecordsUsing": "input_filters", "branches": [first, second]})
}

fn set(path: String, value: impl Into<Value>) -> Intent {
    Intent::Set { path, value: value.into() }
}

fn delete(list: &str, row: &str) -> Intent {
    Intent::DeleteRow { list: list.to_owned(), row: row.to_owned() }
}

fn values(view: &View, list: &str) -> Vec<Value> {
    list_rows(view, list).into_iter().map(|(_, value)| value).collect()
}

/// Adds a branching at the end of a branch, or of a flow whose steps stand in a row. Gives its row too.
pub(super) fn add(view: &View, at: Option<&Branch>, fresh: Fresh<'_>) -> (Vec<Intent>, RowId) {
    let all = routers(view);
    let (row, id) = (fresh(), fresh());
    let after = all.last().map(|router| router.row.clone());
    let insert = |row: &RowId, after: Option<RowId>, value: Value| Intent::InsertRow {
        list: ROUTERS.to_owned(),
        row: row.clone(),
        after,
        value,
    };
    if let Some(branch) = at {
        let value = branching(&id, number(&all), branch.next.as_ref());
        let leads = set(format!("{}/nextRouterId", branch.place), id);
        return (vec![insert(&row, after, value), leads], row);
    }
    let steps = list_rows(view, PROCESSORS);
    let mut intents = Vec::new();
    let mut after = after;
    if !steps.is_empty() {
        let (first, first_id) = (fresh(), fresh());
        let moved: Vec<Value> = steps.iter().map(|(_, value)| value.clone()).collect();
        let value = json!({"id": first_id, "branches": [{"name": "Main", "pageProcessors": moved, "nextRouterId": id.clone()}]});
        intents.push(insert(&first, after.take(), value));
        intents.extend(steps.iter().map(|(row, _)| delete(PROCESSORS, row)));
        after = Some(first);
    }
    intents.push(insert(&row, after, branching(&id, 1, None)));
    (intents, row)
}

/// Adds a branch to a branching.
pub(super) fn add_branch(view: &View, router: &Router, fresh: Fresh<'_>) -> Vec<Intent> {
    let at =
        routers(view).iter().filter(|one| !one.passes).position(|one| one.row == router.row).unwrap_or_default() + 1;
    let name = format!("Branch {at}.{}", router.branches.len());
    let list = format!("{ROUTERS}/{}/branches", router.row);
    let after = router.branches.last().map(|branch| branch.row.clone());
    let mut intents =
        vec![Intent::InsertRow { list, row: fresh(), after, value: json!({"name": name, "pageProcessors": []}) }];
    // One that only passed records on begins to choose.
    if router.passes {
        let place = format!("{ROUTERS}/{}", router.row);
        intents.push(set(format!("{place}/routeRecordsTo"), "first_matching_branch"));
        intents.push(set(format!("{place}/routeRecordsUsing"), "input_filters"));
    }
    intents
}

/// The branchings that nothing leads to any more, as deletions.
fn unreached(all: &[Router]) -> Vec<Intent> {
    let mut reached: Vec<usize> = Vec::new();
    let mut open: Vec<usize> = if all.is_empty() { Vec::new() } else { vec![0] };
    while let Some(at) = open.pop() {
        if !reached.contains(&at) {
            reached.push(at);
            let nexts = all[at].branches.iter().filter_map(|branch| branch.next.as_ref());
            open.extend(nexts.filter_map(|next| all.iter().position(|router| router.id == *next)));
        }
    }
    (0..all.len()).filter(|at| !reached.contains(at)).map(|at| delete(ROUTERS, &all[at].row)).collect()
}

/// Deletes a branch, and the branchings that only it led to.
pub(super) fn delete_branch(view: &View, router: &str, branch: &str) -> Vec<Intent> {
    let mut all = routers(view);
    if let Some(router) = all.iter_mut().find(|one| one.row == router) {
        router.branches.retain(|one| one.row != branch);
    }
    let mut intents = vec![delete(&format!("{ROUTERS}/{router}/branches"), branch)];
    intents.extend(unreached(&all));
    intents
}

/// Leads a branch to a branching, or to its end.
pub(super) fn lead(view: &View, branch: &Branch, to: Option<&str>) -> Vec<Intent> {
    let mut all = routers(view);
    for one in all.iter_mut().flat_map(|router| &mut router.branches).filter(|one| one.row == branch.row) {
        one.next = to.map(str::to_owned);
    }
    let path = format!("{}/nextRouterId", branch.place);
    let mut intents = vec![match to {
        Some(to) => set(path, to),
        None => Intent::Remove { path },
    }];
    intents.extend(unreached(&all));
    intents
}

/// The branchings that a branch can lead to without records coming back to where they were.
pub(super) fn ways_on<'r>(all: &'r [Router], from: &str) -> Vec<&'r Router> {
    let leads_to = |start: &Router| {
        let (mut open, mut seen) = (vec![start.id.clone()], Vec::new());
        while let Some(id) = open.pop() {
            let Some(router) = all.iter().find(|router| router.id == id) else { continue };
            if router.row == from {
                return true;
            }
            if !seen.contains(&id) {
                open.extend(router.branches.iter().filter_map(|branch| branch.next.clone()));
                seen.push(id);
            }
        }
        false
    };
    all.iter().skip(1).filter(|router| router.row != from && !leads_to(router)).collect()
}

/// Deletes a branching; the steps of the branch at `keep` stay where it was, those of the others go with it.
pub(super) fn delete_router(view: &View, router: &str, keep: usize, fresh: Fresh<'_>) -> Vec<Intent> {
    let mut all = routers(view);
    let Some(at) = all.iter().position(|one| one.row == router) else { return Vec::new() };
    let gone = all[at].clone();
    let kept = gone.branches.get(keep).cloned();
    let steps = kept.as_ref().map(|branch| values(view, &branch.list)).unwrap_or_default();
    let next = kept.as_ref().and_then(|branch| branch.next.clone());
    let mut intents = Vec::new();
    if at == 0 && next.is_some() {
        // Its steps still stand before another branching: it passes records on.
        let place = format!("{ROUTERS}/{router}");
        let others = gone.branches.iter().filter(|one| kept.as_ref().is_none_or(|kept| kept.row != one.row));
        intents.extend(others.map(|one| delete(&format!("{place}/branches"), &one.row)));
        for field in ["routeRecordsTo", "routeRecordsUsing", "script"] {
            intents.push(Intent::Remove { path: format!("{place}/{field}") });
        }
        intents.extend(kept.iter().map(|kept| Intent::Remove { path: format!("{}/inputFilter", kept.place) }));
        all[0].branches.retain(|one| kept.as_ref().is_some_and(|kept| kept.row == one.row));
        intents.extend(unreached(&all));
        return intents;
    }
    let into: Vec<Branch> = all
        .iter()
        .flat_map(|one| &one.branches)
        .filter(|branch| branch.next.as_deref() == Some(&gone.id))
        .cloned()
        .collect();
    let lists: Vec<String> = if at == 0 {
        vec![PROCESSORS.to_owned()]
    } else {
        into.iter().take(1).map(|branch| branch.list.clone()).collect()
    };
    for list in lists {
        let mut after = list_rows(view, &list).last().map(|(row, _)| row.clone());
        for value in &steps {
            let row = fresh();
            intents.push(Intent::InsertRow {
                list: list.clone(),
                row: row.clone(),
                after: after.replace(row),
                value: value.clone(),
            });
        }
    }
    for branch in &into {
        let path = format!("{}/nextRouterId", branch.place);
        intents.push(next.as_ref().map_or(Intent::Remove { path: path.clone() }, |next| set(path, next.as_str())));
    }
    intents.push(delete(ROUTERS, router));
    for branch in
        all.iter_mut().flat_map(|one| &mut one.branches).filter(|branch| branch.next.as_deref() == Some(&gone.id))
    {
        branch.next.clone_from(&next);
    }
    all.remove(at);
    if at == 0 {
        // Without the first nothing leads to the others.
        intents.extend(all.iter().map(|one| delete(ROUTERS, &one.row)));
    } else {
        intents.extend(unreached(&all));
    }
    intents
}

/// Moves a step to where it was dropped. In another branch it is another row with the same content.
pub(super) fn move_step(view: &View, list: &str, row: &str, to: &Landing, fresh: Fresh<'_>) -> Vec<Intent> {
    if to.list == list {
        return vec![Intent::MoveRow { list: list.to_owned(), row: row.to_owned(), after: to.after.clone() }];
    }
    let Some(value) = value_at(view, &format!("{list}/{row}")).cloned() else { return Vec::new() };
    vec![delete(list, row), Intent::InsertRow { list: to.list.clone(), row: fresh(), after: to.after.clone(), value }]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids() -> impl FnMut() -> RowId {
        let mut n = 0;
        move || {
            n += 1;
            format!("n{n}")
        }
    }

    fn view(value: Value, rows: &[(&str, &[&str])]) -> View {
        let rows =
            rows.iter().map(|(list, rows)| ((*list).to_owned(), rows.iter().map(|row| (*row).to_owned()).collect()));
        View { value, rows: rows.collect(), ..View::default() }
    }

    /// A pass-through, a branching, and one behind its first branch.
    fn branched() -> View {
        let value = json!({"routers": [
            {"id": "p", "branches": [{"name": "Main", "pageProcessors": [{"type": "import", "_importId": "1"}], "nextRouterId": "a"}]},
            {"id": "a", "routeRecordsTo": "first_matching_branch", "branches": [
                {"name": "one", "pageProcessors": [{"type": "import", "_importId": "2"}], "nextRouterId": "b"},
                {"name": "two", "pageProcessors": []}]},
            {"id": "b", "routeRecordsTo": "first_matching_branch", "branches": [{"name": "x", "pageProcessors": []}, {"name": "y", "pageProcessors": []}]},
        ]});
        view(
            value,
            &[
                ("/routers", &["rp", "ra", "rb"]),
                ("/routers/rp/branches", &["m"]),
                ("/routers/rp/branches/m/pageProcessors", &["s1"]),
                ("/routers/ra/branches", &["one", "two"]),
                ("/routers/ra/branches/one/pageProcessors", &["s2"]),
                ("/routers/ra/branches/two/pageProcessors", &[]),
                ("/routers/rb/branches", &["x", "y"]),
            ],
        )
    }

    #[test]
    fn steps_in_a_row_stand_before_the_first_branching_afterwards() {
        let flow =
            view(json!({"pageProcessors": [{"type": "import", "_importId": "1"}]}), &[("/pageProcessors", &["s"])]);
        let (intents, row) = add(&flow, None, &mut ids());
        assert_eq!(row, "n1");
        let Intent::InsertRow { value: first, .. } = &intents[0] else { panic!("{intents:?}") };
        assert_eq!(first["branches"][0]["pageProcessors"], json!([{"type": "import", "_importId": "1"}]));
        assert_eq!(intents[1], delete(PROCESSORS, "s"));
        let Intent::InsertRow { value: second, after, .. } = &intents[2] else { panic!("{intents:?}") };
        assert_eq!((&second["id"], after.as_deref()), (&first["branches"][0]["nextRouterId"], Some("n3")));
        assert_eq!(second["branches"].as_array().map(Vec::len), Some(2));
        let empty = view(json!({}), &[]);
        assert_eq!(add(&empty, None, &mut ids()).0.len(), 1, "without steps there is nothing to pass on");
    }

    #[test]
    fn a_branching_within_a_branch_leads_on_to_where_the_branch_did() {
        let flow = branched();
        let branch = routers(&flow)[1].branches[0].clone();
        let (intents, _) = add(&flow, Some(&branch), &mut ids());
        let Intent::InsertRow { value, .. } = &intents[0] else { panic!("{intents:?}") };
        assert_eq!(value["branches"][0]["nextRouterId"], "b");
        assert_eq!(intents[1], set("/routers/ra/branches/one/nextRouterId".into(), "n2"));
    }

    #[test]
    fn what_nothing_leads_to_any_more_goes_with_its_branch() {
        let flow = branched();
        assert_eq!(delete_branch(&flow, "ra", "two"), [delete("/routers/ra/branches", "two")]);
        assert_eq!(delete_branch(&flow, "ra", "one"), [delete("/routers/ra/branches", "one"), delete(ROUTERS, "rb")]);
        let one = routers(&flow)[1].branches[0].clone();
        assert_eq!(lead(&flow, &one, None)[1], delete(ROUTERS, "rb"));
    }

    #[test]
    fn the_kept_branch_of_a_deleted_branching_stays_on_its_way() {
        let flow = branched();
        let intents = delete_router(&flow, "ra", 0, &mut ids());
        assert!(matches!(&intents[0], Intent::InsertRow { list, after: Some(after), value, .. }
            if list == "/routers/rp/branches/m/pageProcessors" && after == "s1" && value["_importId"] == "2"));
        assert_eq!(intents[1..], [set("/routers/rp/branches/m/nextRouterId".into(), "b"), delete(ROUTERS, "ra")]);
        let other = delete_router(&flow, "ra", 1, &mut ids());
        assert_eq!(
            other,
            [
                Intent::Remove { path: "/routers/rp/branches/m/nextRouterId".into() },
                delete(ROUTERS, "ra"),
                delete(ROUTERS, "rb"),
            ]
        );
    }

    #[test]
    fn records_are_not_led_back_to_where_they_were() {
        let all = routers(&branched());
        let ways = |from: &str| ways_on(&all, from).into_iter().map(|router| router.id.as_str()).collect::<Vec<_>>();
        assert_eq!(ways("rp"), ["a", "b"]);
        assert_eq!(ways("ra"), ["b"]);
        assert!(ways("rb").is_empty());
    }

    #[test]
    fn a_step_takes_its_settings_along_into_another_branch() {
        let flow = branched();
        let to = Landing { list: "/routers/ra/branches/two/pageProcessors".into(), after: None };
        let intents = move_step(&flow, "/routers/ra/branches/one/pageProcessors", "s2", &to, &mut ids());
        assert_eq!(intents[0], delete("/routers/ra/branches/one/pageProcessors", "s2"));
        assert!(
            matches!(&intents[1], Intent::InsertRow { list, value, .. } if *list == to.list && value["_importId"] == "2")
        );
    }
}
