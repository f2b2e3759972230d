//! The head of a flow's page: its name, what starts it, and what is done with it as a whole.

use std::sync::Arc;

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::components::A;
use leptos_router::hooks::use_navigate;
use tombolo_model::forms::FLOW;
use tombolo_model::{Action, Id, Intent, Kind, View};
use tombolo_wire::run_worker::RunOptions;

use super::replace::ReplaceConnection;
use super::schedule::ScheduleButton;
use super::steps::StepKind;
use super::{Builder, trial};
use crate::components::{
    ConflictBadge, Dialog, DocForm, HistoryDialog, Icon, JsonView, LiveName, Menu, MenuItem, PeopleHere, Switch,
    UndoButtons,
};
use crate::pages::aliases::AliasesDialog;
use crate::pages::bin::put_away;
use crate::pages::packages::{self, CloneDialog};
use crate::state::{App, text_at};

/// What a flow can be started by.
#[derive(Debug, Clone, Default)]
struct Readiness {
    binned: bool,
    off: bool,
    empty: bool,
    going: bool,
    /// The first problem of the flow, in words.
    problem: Option<String>,
}

impl Readiness {
    fn of(builder: Builder) -> Self {
        let (app, doc) = (builder.app, builder.doc);
        let first = |view: &Arc<View>| view.problems.first().map(|problem| problem.message.clone());
        Self {
            binned: app.row(doc.id).is_some_and(|row| row.binned),
            off: doc.flag("/disabled"),
            empty: builder.steps.with(Vec::is_empty),
            going: app.is_running(doc.id),
            problem: doc.view.with(|view| view.as_ref().and_then(first)),
        }
    }

    /// Why the flow cannot be started now; nothing when it can. What takes longest to set right comes first.
    fn blocked(self) -> Option<String> {
        let said = match self {
            Self { binned: true, .. } => "The flow is in the recycle bin. Restore it to run it.",
            Self { off: true, .. } => "Switch the flow on to run it.",
            Self { empty: true, .. } => "Add a source and a destination first.",
            Self { going: true, .. } => "A run of this flow is going. Wait for it, or cancel it.",
            Self { problem, .. } => return problem,
        };
        Some(said.to_owned())
    }
}

/// The head.
#[component]
pub(super) fn Head(id: Id, integration: Id) -> impl IntoView {
    let app = App::here();
    let builder = expect_context::<Builder>();
    let doc = builder.doc;
    let parent = move || app.row(integration).map(|row| row.name).unwrap_or_default();
    let on = Signal::derive(move || !doc.flag("/disabled"));
    let turn = move |on: bool| async move {
        doc.try_edit(vec![Intent::Set { path: "/disabled".into(), value: (!on).into() }]).await.map(drop)
    };
    let going = Memo::new(move |_| app.is_running(id));
    let blocked = Memo::new(move |_| Readiness::of(builder).blocked());
    // One that is off can be tried out, and beside a run.
    let untried = move || Readiness { off: false, going: false, ..Readiness::of(builder) }.blocked();
    // Of several sources somebody says which; a flow of one starts.
    let several = move || builder.steps.with(|all| all.iter().filter(|step| step.kind == StepKind::Source).count() > 1);
    let run = move |_| {
        if untrack(several) { builder.run_some.set(true) } else { app.start_run(id, RunOptions::default()) }
    };
    view! {
        <div class="editor-head">
            <nav class="crumbs wide-only" aria-label="Path"><A href=format!("/integrations/{integration}")>{parent}</A><Icon name="chevron-right" small=true/></nav>
            <div class="title-line"><LiveName doc=doc action="Rename flow"/><ConflictBadge doc=doc/></div>
            <span class="grow"></span>
            <PeopleHere id=id/>
            <UndoButtons doc=doc/>
            <ScheduleButton doc=doc/>
            <button class="icon-button wide-only" aria-label="Test run" title=move || untried().unwrap_or_else(|| "Test run: the first page of each source, nothing is written".to_owned()) aria-disabled=move || untried().map(|_| "true")
                on:click=move |_| if untrack(untried).is_none() { trial::start(builder) }><Icon name="flask-conical"/></button>
            <More id=id integration=integration/>
            <label class="check"><Switch label="The flow is on" on=on disabled=Signal::derive(move || !doc.writable.get()) turn=turn/><span class="wide-only" aria-hidden="true">{move || if on.get() { "On" } else { "Off" }}</span></label>
            <button class="button primary" prop:disabled=move || blocked.with(Option::is_some) title=move || blocked.get().unwrap_or_default()
                aria-busy=move || going.get().to_string() on:click=run>
                {move || if going.get() { view! { <Icon name="loader-circle"/> } } else { view! { <Icon name="play"/> } }}"Run flow"</button>
        </div>
    }
}

/// What is done with a flow less often.
#[component]
fn More(id: Id, integration: Id) -> impl IntoView {
    let builder = expect_context::<Builder>();
    let doc = builder.doc;
    let history = RwSignal::new(false);
    let settings = RwSignal::new(false);
    let json = RwSignal::new(false);
    let aliases = RwSignal::new(false);
    let cloning = RwSignal::new(false);
    let replacing = RwSignal::new(false);
    let navigate = StoredValue::new_local(use_navigate());
    let blocked = Signal::derive(move || {
        let binned = builder.app.row(id).is_some_and(|row| row.binned);
        match (doc.writable.get(), binned) {
            (false, _) => Some("You may look, not change.".to_owned()),
            (true, true) => Some("It is in the bin already.".to_owned()),
            (true, false) => None,
        }
    });
    let tests = move |()| {
        navigate
            .with_value(|navigate| navigate(&format!("/integrations/{integration}/tests"), NavigateOptions::default()));
    };
    // The server keeps the log, and shows it to who administers the account.
    let may_audit =
        Memo::new(move |_| !builder.app.is_alone() && builder.app.may(Action::ReadAudit, Kind::Integration));
    let audit = move |()| {
        navigate.with_value(|navigate| navigate(&format!("/audit?resource={id}"), NavigateOptions::default()));
    };
    let bin = move |()| {
        let name = doc.view.with_untracked(|view| view.as_ref().map(|view| text_at(view, "/name")).unwrap_or_default());
        put_away(builder.app, vec![id], format!("{name} is in the recycle bin."));
        navigate.with_value(|navigate| navigate(&format!("/integrations/{integration}"), NavigateOptions::default()));
    };
    view! {
        <Menu id="flow-menu" label="More" face=view! { <Icon name="ellipsis"/> }.into_any()>
            <MenuItem on_choose=Callback::new(move |()| trial::start(builder)) blocked=Signal::derive(move || Readiness { off: false, going: false, ..Readiness::of(builder) }.blocked())><Icon name="flask-conical"/>"Test run"</MenuItem>
            <MenuItem on_choose=Callback::new(move |()| builder.run_some.set(true)) blocked=Signal::derive(move || Readiness::of(builder).blocked())><Icon name="play"/>"Run from a date or some sources"</MenuItem>
            <MenuItem on_choose=Callback::new(move |()| settings.set(true))><Icon name="settings"/>"Settings"</MenuItem>
            <MenuItem on_choose=Callback::new(move |()| aliases.set(true))><Icon name="tag"/>"Aliases"</MenuItem>
            <MenuItem on_choose=Callback::new(move |()| json.set(true))><Icon name="file-braces"/>"JSON"</MenuItem>
            <MenuItem on_choose=Callback::new(tests)><Icon name="clipboard-check"/>"Tests"</MenuItem>
            <MenuItem on_choose=Callback::new(move |()| history.set(true))><Icon name="history"/>"History"</MenuItem>
            {move || may_audit.get().then(|| view! { <MenuItem on_choose=Callback::new(audit)><Icon name="scroll-text"/>"Audit log"</MenuItem> })}
            <MenuItem on_choose=Callback::new(move |()| packages::download(builder.app, id))><Icon name="download"/>"Download"</MenuItem>
            <MenuItem on_choose=Callback::new(move |()| replacing.set(true)) blocked=Signal::derive(move || (!doc.writable.get()).then(|| "You may look, not change.".to_owned()))><Icon name="plug"/>"Replace a connection"</MenuItem>
            <MenuItem on_choose=Callback::new(move |()| cloning.set(true)) blocked=Signal::derive(move || (!doc.writable.get()).then(|| "You may look, not change.".to_owned()))><Icon name="copy"/>"Clone"</MenuItem>
            <MenuItem on_choose=Callback::new(bin) blocked=blocked><Icon name="trash-2"/>"Put the flow in the bin"</MenuItem>
        </Menu>
        <HistoryDialog doc=doc open=history/>
        {move || cloning.get().then(|| view! { <CloneDialog id=id open=cloning/> })}
        <ReplaceConnection open=replacing/>
        <AliasesDialog doc=doc open=aliases above=Some(integration).filter(|of| *of != id)/>
        <Dialog open=settings title="Settings of the flow"><div class="dialog-body form"><DocForm doc=doc sections=FLOW/></div></Dialog>
        <Dialog open=json title="The flow as JSON" wide=true><div class="json-dialog"><JsonView doc=doc/></div></Dialog>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flow_in_the_bin_or_with_a_run_that_goes_says_why_it_does_not_start() {
        let ready = Readiness::default();
        assert_eq!(ready.clone().blocked(), None);
        let going = Readiness { going: true, ..ready.clone() };
        assert!(going.blocked().is_some_and(|why| why.contains("is going")));
        let binned = Readiness { binned: true, going: true, problem: Some("No connection.".into()), ..ready.clone() };
        assert!(binned.blocked().is_some_and(|why| why.contains("recycle bin")));
        let problem = Readiness { problem: Some("No connection.".into()), ..ready };
        assert_eq!(problem.blocked().as_deref(), Some("No connection."));
    }
}
