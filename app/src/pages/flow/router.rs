//! A branching: on the canvas, and its form with the branches.

use leptos::prelude::*;
use tombolo_model::forms::{BRANCH, ROUTER};
use tombolo_model::{Intent, RowId, View};

use super::Builder;
use super::branching::{add, add_branch, delete_branch, delete_router, lead, ways_on};
use super::layout::Layout;
use super::panel::{PANEL, Tool};
use super::steps::{Branch, ROUTERS, Router};
use crate::components::{Dialog, DocForm, Field, Icon, Menu, MenuItem, SelectBox};
use crate::state::row_id;
use crate::words;

/// Changes the flow by what its view says now.
pub(super) fn change(builder: Builder, intents: impl FnOnce(&View, &mut dyn FnMut() -> RowId) -> Vec<Intent>) {
    let made = builder.doc.view.with_untracked(|view| view.as_ref().map(|view| intents(view, &mut row_id::fresh)));
    if let Some(made) = made.filter(|made| !made.is_empty()) {
        builder.doc.edit(made);
    }
}

/// Adds a branching and opens its form.
pub(super) fn add_branching(builder: Builder, at: Option<&Branch>) {
    let mut row = None;
    change(builder, |view, fresh| {
        let (intents, made) = add(view, at, fresh);
        row = Some(made);
        intents
    });
    if let Some(row) = row {
        builder.enter(row);
    }
}

/// Which records go where, in words.
fn what(router: &Router) -> &'static str {
    match (router.by_script, router.to_all) {
        (true, _) => "By a script",
        (false, true) => "All that match",
        (false, false) => "First that matches",
    }
}

/// The branchings on the canvas.
#[component]
pub(super) fn RouterNodes(placed: Memo<Layout>) -> impl IntoView {
    let builder = expect_context::<Builder>();
    let shown = move || {
        let routers = builder.routers.get();
        placed.with(|placed| {
            let with_place = routers.into_iter().zip(placed.routers.clone());
            with_place.filter_map(|(router, place)| Some((router, place?))).collect::<Vec<_>>()
        })
    };
    view! { <For each=shown key=|(router, place)| (router.row.clone(), *place, router.name.clone(), router.branches.len(), router.by_script, router.to_all) let:item><RouterNode router=item.0 place=item.1/></For> }
}

#[component]
fn RouterNode(router: Router, place: (i32, i32)) -> impl IntoView {
    let builder = expect_context::<Builder>();
    let row = StoredValue::new(router.row.clone());
    let label = format!(
        "{}, branching, {}, {}",
        router.title(),
        words::count(router.branches.len(), "branche").replace("1 branche", "1 branch"),
        what(&router).to_lowercase()
    );
    let selected = move || row.with_value(|row| builder.choice.is(row));
    let on_key = move |event: leptos::ev::KeyboardEvent| {
        if matches!(event.key().as_str(), "Enter" | " ") {
            event.prevent_default();
            builder.enter(row.get_value());
        }
    };
    view! {
        <div class="router-node" id=format!("node-{}", router.row) role="button" tabindex="0" aria-label=label aria-pressed=move || selected().to_string()
            style=format!("left:{}px;top:{}px", place.0, place.1) title=router.title() on:click=move |_| builder.choice.choose(Some(row.get_value())) on:keydown=on_key>
            <Icon name="git-branch"/><small class="cut">{router.title()}</small>
        </div>
    }
}

/// The form of the chosen branching.
#[component]
pub(super) fn RouterPanel(router: Router) -> impl IntoView {
    let builder = expect_context::<Builder>();
    let doc = builder.doc;
    let deleting = RwSignal::new(false);
    let base = format!("{ROUTERS}/{}", router.row);
    let closed = Signal::derive(move || (!doc.writable.get()).then(|| "You may look, not change.".to_owned()));
    let row = StoredValue::new(router.row);
    // Its parts stay while names are typed in them.
    let now = Memo::new(move |_| {
        builder.routers.with(|all| row.with_value(|row| all.iter().find(|router| router.row == *row).cloned()))
    });
    let title = move || now.with(|now| now.as_ref().map(Router::title).unwrap_or_default());
    let rows = Memo::new(move |_| {
        now.with(|now| {
            now.iter().flat_map(|router| &router.branches).map(|branch| branch.row.clone()).collect::<Vec<_>>()
        })
    });
    let add = move |_| {
        if let Some(router) = now.get_untracked() {
            change(builder, |view, fresh| add_branch(view, &router, fresh));
        }
    };
    view! {
        <aside class="panel step" id=PANEL tabindex="-1" aria-label=move || format!("Branching: {}", title())>
            <div class="step-head row">
                <span class="kind" data-kind="router"><Icon name="git-branch"/></span>
                <div class="grow"><b class="cut">{title}</b><small class="muted">"Branching"</small></div>
                <Menu id="router-menu" label="More for this branching" face=view! { <Icon name="ellipsis"/> }.into_any()>
                    <MenuItem on_choose=Callback::new(move |()| deleting.set(true)) blocked=closed><Icon name="trash-2"/>"Delete the branching"</MenuItem>
                </Menu>
                <button class="icon-button" aria-label="Close the branching" on:click=move |_| builder.close()><Icon name="x"/></button>
            </div>
            <div class="scroll">
                <div class="form"><DocForm doc=doc sections=ROUTER base=base/></div>
                <h3>"Branches, in the order they are tried"</h3>
                <ol class="branches"><For each=move || rows.get() key=Clone::clone let:branch><BranchItem now=now row=branch/></For></ol>
                <div class="form"><button class="button" prop:disabled=move || closed.get().is_some() on:click=add><Icon name="plus"/>"Add branch"</button></div>
            </div>
            <footer class="panel-foot"><span class="grow"></span><button class="button" on:click=move |_| builder.close()>"Done"</button></footer>
        </aside>
        <Dialog open=deleting title="Delete the branching"><DeleteRouter now=now on_done=Callback::new(move |()| deleting.set(false))/></Dialog>
    }
}

/// Asks whose steps stay.
#[component]
fn DeleteRouter(now: Memo<Option<Router>>, on_done: Callback<()>) -> impl IntoView {
    let builder = expect_context::<Builder>();
    let keep = RwSignal::new("0".to_owned());
    let choices = Signal::derive(move || {
        let name = |(at, branch): (usize, &Branch)| (at.to_string(), branch.name.clone());
        now.with(|now| now.iter().flat_map(|router| router.branches.iter().enumerate().map(name)).collect::<Vec<_>>())
    });
    let delete = move |_| {
        let at = keep.get_untracked().parse().unwrap_or_default();
        if let Some(router) = now.get_untracked() {
            builder.choice.choose(None);
            change(builder, |view, fresh| delete_router(view, &router.row, at, fresh));
        }
        on_done.run(());
    };
    view! {
        <div class="dialog-body">
            <p>"The steps of one branch stay where the branching was. Those of the others leave the flow; what they use stays."</p>
            <Field label="Keep the steps of" name="keep-branch"><SelectBox name="keep-branch" value=keep choices=choices on_change=Callback::new(move |key| keep.set(key))/></Field>
            <footer class="dialog-foot"><button class="button danger" on:click=delete>"Delete the branching"</button></footer>
        </div>
    }
}

/// One branch in the form of its branching.
#[component]
fn BranchItem(now: Memo<Option<Router>>, row: RowId) -> impl IntoView {
    let builder = expect_context::<Builder>();
    let doc = builder.doc;
    let row = StoredValue::new(row);
    let found = Memo::new(move |_| {
        now.with(|now| {
            let router = now.as_ref()?;
            let at = row.with_value(|row| router.branches.iter().position(|branch| branch.row == *row))?;
            Some((at, router.branches.len(), router.branches[at].clone(), router.row.clone(), router.by_script))
        })
    });
    let Some((_, _, branch, router, _)) = found.get_untracked() else { return ().into_any() };
    let place = StoredValue::new(branch.place.clone());
    let list = StoredValue::new(format!("{ROUTERS}/{router}/branches"));
    let router = StoredValue::new(router);
    let at = move || found.with(|found| found.as_ref().map_or(0, |found| found.0));
    let count = move || found.with(|found| found.as_ref().map_or(0, |found| found.1));
    let name = move || found.with(|found| found.as_ref().map(|found| found.2.name.clone()).unwrap_or_default());
    let filtered = move || found.with(|found| found.as_ref().is_some_and(|found| found.2.filtered));
    let by_script = Memo::new(move |_| found.with(|found| found.as_ref().is_some_and(|found| found.4)));
    let shift = move |by: usize, back: bool| {
        let rows = now.with_untracked(|now| {
            now.iter().flat_map(|router| &router.branches).map(|branch| branch.row.clone()).collect::<Vec<_>>()
        });
        let here = untrack(at);
        let after = if back {
            here.checked_sub(by + 1).and_then(|at| rows.get(at).cloned())
        } else {
            rows.get(here + by).cloned()
        };
        doc.edit(vec![Intent::MoveRow { list: list.get_value(), row: row.get_value(), after }]);
    };
    let blocked = move |first: bool| {
        let stays = if first { at() == 0 } else { at() + 1 == count() };
        match (doc.writable.get(), stays) {
            (false, _) => Some("You may look, not change.".to_owned()),
            (true, true) => Some(if first { "It is the first one." } else { "It is the last one." }.to_owned()),
            (true, false) => None,
        }
    };
    let only = Signal::derive(move || {
        (count() < 2)
            .then(|| "It is the only one. Delete the branching instead.".to_owned())
            .or_else(|| (!doc.writable.get()).then(|| "You may look, not change.".to_owned()))
    });
    let delete = move |()| {
        builder.app.toasts.offer_undo("The branch was removed from the flow.", move || doc.undo());
        change(builder, |view, _| delete_branch(view, &router.get_value(), &row.get_value()));
    };
    view! {
        <li class="branch-item">
            <div class="row"><b class="grow cut">{name}</b>
                <Menu id=format!("branch-{}", branch.row) label=format!("More for {}", branch.name) face=view! { <Icon name="ellipsis"/> }.into_any() class="icon-button small">
                    <MenuItem on_choose=Callback::new(move |()| shift(1, true)) blocked=Signal::derive(move || blocked(true))><Icon name="arrow-up"/>"Move up"</MenuItem>
                    <MenuItem on_choose=Callback::new(move |()| shift(1, false)) blocked=Signal::derive(move || blocked(false))><Icon name="arrow-down"/>"Move down"</MenuItem>
                    <MenuItem on_choose=Callback::new(delete) blocked=only><Icon name="trash-2"/>"Delete the branch"</MenuItem>
                </Menu>
            </div>
            <div class="form"><DocForm doc=doc sections=BRANCH base=place.get_value()/></div>
            {move || (!by_script.get()).then(|| view! {
                <div class="tools"><button aria-label=move || format!("Rules of {}", name()) on:click=move |_| builder.open_tool(Tool::Branch(at()))>
                    <Icon name="funnel"/><span>"Takes records by"</span><span class="value">{move || if filtered() { "Its rules" } else { "No rule: all" }}</span><Icon name="chevron-right" small=true/>
                </button></div>
            })}
            <Leads found=Signal::derive(move || found.with(|found| found.as_ref().map(|found| found.2.clone()))) router=router/>
        </li>
    }
    .into_any()
}

/// Where a branch leads.
#[component]
fn Leads(found: Signal<Option<Branch>>, router: StoredValue<RowId>) -> impl IntoView {
    const NEW: &str = "+";
    let builder = expect_context::<Builder>();
    let value = Memo::new(move |_| {
        found.with(|found| found.as_ref().and_then(|branch| branch.next.clone()).unwrap_or_default())
    });
    let choices = Signal::derive(move || {
        let mut all = vec![(String::new(), "The end".to_owned())];
        builder.routers.with(|routers| {
            let ways = router.with_value(|row| ways_on(routers, row).into_iter().cloned().collect::<Vec<_>>());
            all.extend(ways.into_iter().map(|router| (router.id.clone(), router.title())));
        });
        if value.with(|now| !all.iter().any(|(key, _)| key == now)) {
            all.push((value.get(), "A branching that is not here".to_owned()));
        }
        all.push((NEW.to_owned(), "A new branching".to_owned()));
        all
    });
    let choose = move |key: String| {
        let Some(branch) = found.get_untracked() else { return };
        match key.as_str() {
            NEW => add_branching(builder, Some(&branch)),
            "" => change(builder, |view, _| lead(view, &branch, None)),
            id => change(builder, |view, _| lead(view, &branch, Some(id))),
        }
    };
    let name = format!("leads-{}", found.get_untracked().map(|branch| branch.row).unwrap_or_default());
    view! {
        <div class="form"><div class="field"><label for=name.clone()>"Then"</label>
            <SelectBox name=name value=value choices=choices disabled=Signal::derive(move || !builder.doc.writable.get()) on_change=Callback::new(choose)/></div></div>
    }
}
