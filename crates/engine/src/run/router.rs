//! A branching: each record goes to the branches that it belongs to.
//!
//! Every way carries every page, empty ones too: where ways meet again, the pages of one number are put together, and
//! the order of the records does not depend on which branch was faster.

use futures::channel::mpsc::{Receiver, Sender};
use futures::sink::SinkExt;
use futures::stream::StreamExt;
use tombolo_model::run::RunError;
use tombolo_model::{Val, excerpt};

use super::hooks::{Hook, Options};
use super::scripted::{Fault, pass};
use super::shared::Shared;
use super::{Item, Page};
use crate::plan::{Function, RouteBy, Router};
use crate::room::Room;
use crate::script::ScriptFailure;
use crate::units::MAX_ROUTED_BYTES;

/// Routes page by page. `outgoing` has nothing for a branch whose records end there.
pub(super) async fn run(
    shared: &Shared<'_>,
    router: &Router,
    mut incoming: Vec<Receiver<Page>>,
    mut outgoing: Vec<Option<Sender<Page>>>,
) -> Result<(), RunError> {
    while let Some(page) = joined(&mut incoming).await {
        let counted = !page.is_empty();
        let pages = split(shared, router, page).await;
        for (page, out) in pages.into_iter().zip(&mut outgoing) {
            let Some(out) = out else { continue };
            // The next step ends before this one only when the run is ending.
            if out.send(page).await.is_err() {
                return Ok(());
            }
        }
        if counted {
            shared.page_done(router.place);
        }
    }
    shared.say(router.place);
    Ok(())
}

/// The next page of all ways together, its records in the order of their source.
async fn joined(incoming: &mut [Receiver<Page>]) -> Option<Page> {
    if let [only] = incoming {
        return only.next().await;
    }
    let mut whole: Option<Page> = None;
    for way in incoming {
        if let Some(mut page) = way.next().await {
            whole.get_or_insert_default().append(&mut page);
        }
    }
    if let Some(page) = &mut whole {
        page.sort_by_key(|item| (item.index, item.nth));
    }
    whole
}

async fn split(shared: &Shared<'_>, router: &Router, page: Page) -> Vec<Page> {
    let mut pages = vec![Page::new(); router.branches.len()];
    let ways = match &router.by {
        RouteBy::Filters => by_filters(shared, router, &page).await,
        RouteBy::Script(function) => by_script(shared, router, function, &page).await,
    };
    let room = Room::of(MAX_ROUTED_BYTES);
    for (item, branches) in page.into_iter().zip(ways) {
        let branches = branches.and_then(|branches| with_room(&room, &item.value, branches));
        shared.count(router.place, |count| count.received += 1);
        if shared.plan.test_mode {
            let names = branches.as_ref().map(|branches| names(router, branches));
            let came = names.as_ref().map(Some).map_err(|(code, message)| (code.as_str(), message.as_str()));
            shared.stage(router.place, "router", item.index, &item.value, came);
        }
        match branches.as_deref() {
            Ok([]) => shared.count(router.place, |count| count.ignored += 1),
            Ok([others @ .., last]) => {
                shared.count(router.place, |count| count.success += 1);
                for branch in others {
                    pages[*branch].push(item.clone());
                }
                pages[*last].push(item);
            }
            Err((code, message)) => {
                shared.record_failed(router.place, code, message.clone(), item.index, Some(&item.value));
                item.fail();
            }
        }
    }
    pages
}

/// The branches of a record, where there is room for its copies among those of its page: all but the last get one.
fn with_room(room: &Room, record: &Val, branches: Vec<usize>) -> Result<Vec<usize>, Fault> {
    let copies = branches.len().saturating_sub(1);
    if copies == 0 || room.take(record, copies).is_ok() {
        return Ok(branches);
    }
    let message = format!(
        "There is no room for its copies for {} branches: those of a page take {} MB of memory at most. Route it to fewer branches, or set a smaller page size.",
        branches.len(),
        MAX_ROUTED_BYTES >> 20
    );
    Err(("too_big".to_owned(), message))
}

/// The branches of each record, or what was wrong with it.
type Ways = Vec<Result<Vec<usize>, Fault>>;

/// Each branch judges the records that are still open, all of them at once.
async fn by_filters(shared: &Shared<'_>, router: &Router, page: &[Item]) -> Ways {
    let mut ways: Ways = vec![Ok(Vec::new()); page.len()];
    for (at, branch) in router.branches.iter().enumerate() {
        let is_open = |branches: &Vec<usize>| router.to_all || branches.is_empty();
        let open = page.iter().zip(&mut ways).filter(|(_, way)| way.as_ref().is_ok_and(is_open));
        let Some(filter) = &branch.filter else {
            for (_, way) in open {
                add(way, at);
            }
            continue;
        };
        let (items, open): (Vec<(&Val, u64)>, Vec<_>) =
            open.map(|(item, way)| ((&item.value, item.index), way)).unzip();
        for (way, passed) in open.into_iter().zip(pass(shared, router.place, filter, &items).await) {
            match passed {
                Ok(true) => add(way, at),
                Ok(false) => {}
                Err(fault) => *way = Err(fault),
            }
        }
    }
    ways
}

fn add(way: &mut Result<Vec<usize>, Fault>, branch: usize) {
    if let Ok(branches) = way {
        branches.push(branch);
    }
}

/// A script is asked about all records at once.
async fn by_script(shared: &Shared<'_>, router: &Router, function: &Function, page: &[Item]) -> Ways {
    let hook = Hook { place: router.place, kind: "branching", function };
    let options = |item: &Item| (Options::new(shared, router.place).with("record", &item.value), item.index);
    let returned = hook.call_all(shared, page.iter().map(options)).await;
    let way = |returned: Result<Option<Val>, ScriptFailure>| {
        let returned = returned.map_err(|failure| (failure.code, failure.message))?;
        named(router, hook, returned.as_ref())
    };
    returned.into_iter().map(way).collect()
}

/// The branches that a script names.
fn named(router: &Router, hook: Hook<'_>, returned: Option<&Val>) -> Result<Vec<usize>, Fault> {
    let named = match returned {
        Some(Val::List(branches)) => branches.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    let mut branches = Vec::new();
    for name in named {
        let Some(at) = branch(router, name) else {
            let names: Vec<_> = router.branches.iter().map(|branch| format!("“{}”", branch.name)).collect();
            let message = format!(
                "It returned {}; return the number of a branch from 0 to {}, or its name ({}), or a list of those.",
                excerpt(&name.to_json()),
                router.branches.len().saturating_sub(1),
                names.join(", ")
            );
            let failure = hook.wrong("script_result", &message);
            return Err((failure.code, failure.message));
        };
        if !branches.contains(&at) {
            branches.push(at);
        }
    }
    // Copies begin in the order of the branches, whatever order the script names them in.
    branches.sort_unstable();
    if !router.to_all {
        branches.truncate(1);
    }
    Ok(branches)
}

/// The names of branches, for those who look at a test run.
fn names(router: &Router, branches: &[usize]) -> Val {
    Val::List(branches.iter().map(|at| Val::text(&router.branches[*at].name)).collect())
}

/// A branch by its number or its name.
fn branch(router: &Router, name: &Val) -> Option<usize> {
    let number = match name {
        Val::Int(number) => usize::try_from(*number).ok(),
        Val::Str(name) => router.branches.iter().position(|branch| *branch.name == **name),
        _ => None,
    };
    number.filter(|at| *at < router.branches.len())
}
