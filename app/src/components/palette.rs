//! The command palette: everything that has a page, found by typing. Ctrl or ⌘ and K opens it from anywhere.

use leptos::html;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use tombolo_model::Kind;
use tombolo_wire::store::{AccountInfo, CatalogueRow};

use super::places::{ACCOUNT, MAIN, PERSON, open};
use super::{Dialog, Icon};
use crate::pages::editor_names;
use crate::state::App;
use crate::words::kinds::{KINDS, address, of, row_kind};

/// How many results are shown: more are found by typing on.
const SHOWN: usize = 40;

/// Somewhere to go.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Target {
    name: String,
    /// What it is, beside its name.
    what: String,
    icon: &'static str,
    to: String,
}

/// How well a name fits what is typed: the lower the better; nothing where it does not fit.
fn fit(name: &str, words: &[String]) -> Option<usize> {
    let name = name.to_lowercase();
    let mut worst = 0;
    for word in words {
        let at = name.find(word.as_str())?;
        let begins = at == 0 || !name[..at].chars().next_back().is_some_and(char::is_alphanumeric);
        worst = worst.max(if at == 0 {
            0
        } else if begins {
            1
        } else {
            2
        });
    }
    Some(worst)
}

/// The pages that are open to who is in an account, and the lists.
fn pages(account: Option<&AccountInfo>) -> impl Iterator<Item = Target> {
    let places = [MAIN, PERSON, ACCOUNT].into_iter().flat_map(move |places| open(places, account));
    let own = places.map(|place| Target {
        name: place.name.into(),
        what: "Page".into(),
        icon: place.icon,
        to: place.to.into(),
    });
    let lists = KINDS.iter().map(|words| Target {
        name: words.title.into(),
        what: "List".into(),
        icon: words.icon,
        to: format!("/{}", words.folder),
    });
    own.chain(lists)
}

/// The editors of the playground, which are found by typing.
fn editors() -> impl Iterator<Item = Target> {
    editor_names().map(|(name, slug)| Target {
        name: name.into(),
        what: "Playground".into(),
        icon: "square-terminal",
        to: format!("/playground/{slug}"),
    })
}

fn target(row: &CatalogueRow) -> Option<Target> {
    let icon = match row.kind {
        Kind::Integration => "layout-grid",
        kind => of(kind)?.icon,
    };
    let name = if row.name.is_empty() { "Without a name".to_owned() } else { row.name.clone() };
    Some(Target { name, what: row_kind(row), icon, to: address(row)? })
}

/// What is found, the best first. Without a word: the pages.
fn found<'r>(typed: &str, rows: impl Iterator<Item = &'r CatalogueRow>, account: Option<&AccountInfo>) -> Vec<Target> {
    let words: Vec<String> = typed.to_lowercase().split_whitespace().map(str::to_owned).collect();
    let mut all: Vec<(usize, Target)> =
        pages(account).filter_map(|page| Some((fit(&page.name, &words)?, page))).collect();
    if !words.is_empty() {
        all.extend(editors().filter_map(|editor| Some((fit(&editor.name, &words)?, editor))));
        let fitting = rows.filter(|row| !row.binned).filter_map(|row| Some((fit(&row.name, &words)?, row)));
        all.extend(fitting.filter_map(|(fit, row)| Some((fit, target(row)?))));
        all.sort_by(|(one, a), (other, b)| (one, a.name.len(), &a.name).cmp(&(other, b.name.len(), &b.name)));
    }
    all.into_iter().map(|(_, target)| target).take(SHOWN).collect()
}

/// The button in the top bar, and what it opens.
#[component]
pub(crate) fn Palette() -> impl IntoView {
    let open = RwSignal::new(false);
    let listening = window_event_listener(leptos::ev::keydown, move |event| {
        if (event.ctrl_key() || event.meta_key()) && event.key().eq_ignore_ascii_case("k") {
            event.prevent_default();
            open.update(|open| *open = !*open);
        }
    });
    on_cleanup(move || listening.remove());
    view! {
        <button class="palette wide-only" aria-keyshortcuts="Control+K" on:click=move |_| open.set(true)><Icon name="search"/>"Go to…"<kbd aria-hidden="true">"Ctrl K"</kbd></button>
        <button class="icon-button narrow-only" aria-label="Go to…" on:click=move |_| open.set(true)><Icon name="search"/></button>
        <Dialog open=open title="Go to"><Search on_done=Callback::new(move |()| open.set(false))/></Dialog>
    }
}

#[component]
fn Search(on_done: Callback<()>) -> impl IntoView {
    let app = App::here();
    let navigate = StoredValue::new_local(use_navigate());
    let typed = RwSignal::new(String::new());
    let at = RwSignal::new(0_usize);
    let all = Memo::new(move |_| {
        let account = app.account.get();
        typed.with(|typed| app.rows.with(|rows| found(typed, rows.values(), account.as_ref())))
    });
    let input = NodeRef::<html::Input>::new();
    Effect::new(move |_| {
        if let Some(Err(error)) = input.get().map(|input| input.focus()) {
            leptos::logging::debug_warn!("{error:?}");
        }
    });
    let go = move |number: usize| {
        if let Some(target) = all.with_untracked(|all| all.get(number).cloned()) {
            on_done.run(());
            navigate.with_value(|navigate| navigate(&target.to, NavigateOptions::default()));
        }
    };
    let on_key = move |event: leptos::ev::KeyboardEvent| {
        let last = all.with_untracked(Vec::len).saturating_sub(1);
        let now = at.get_untracked();
        match event.key().as_str() {
            "ArrowDown" => at.set((now + 1).min(last)),
            "ArrowUp" => at.set(now.saturating_sub(1)),
            "Enter" if !event.is_composing() => go(now),
            _ => return,
        }
        event.prevent_default();
        let shown = document().get_element_by_id(&option_id(at.get_untracked()));
        if let Some(option) = shown {
            option.scroll_into_view_with_bool(false);
        }
    };
    view! {
        <div class="palette-body">
            <label class="input"><Icon name="search"/><input node_ref=input type="text" role="combobox" aria-label="Go to" aria-expanded="true" aria-controls="palette-list" aria-autocomplete="list"
                autocomplete="off" spellcheck="false" placeholder="A page or the name of anything" aria-activedescendant=move || option_id(at.get())
                on:input=move |event| { typed.set(event_target_value(&event)); at.set(0); } on:keydown=on_key/></label>
            <ul id="palette-list" role="listbox" aria-label="Results">
                {move || all.get().into_iter().enumerate().map(|(number, target)| view! {
                    <li role="option" id=option_id(number) aria-selected=move || (at.get() == number).to_string() on:click=move |_| go(number)>
                        <Icon name=target.icon/><span class="grow cut">{target.name}</span><small class="muted">{target.what}</small></li>
                }).collect_view()}
            </ul>
            {move || all.with(Vec::is_empty).then(|| view! { <p class="muted nothing" role="status">"Nothing has this name."</p> })}
        </div>
    }
}

fn option_id(number: usize) -> String {
    format!("palette-{number}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use tombolo_model::{Grants, Id, Role};

    fn row(n: u32, kind: Kind, name: &str, binned: bool) -> CatalogueRow {
        CatalogueRow {
            id: Id::from_parts(n, [0; 8]),
            kind,
            name: name.into(),
            integration: None,
            disabled: false,
            binned,
            references: Vec::new(),
            adaptor: None,
            lookup: false,
            group: None,
            conflicts: 0,
            modified_ms: 0,
            pending: false,
            damaged: false,
        }
    }

    #[test]
    fn what_begins_with_the_word_comes_before_what_contains_it() {
        let rows = [
            row(1, Kind::Script, "Reconnect", false),
            row(2, Kind::Connection, "CRM connection", false),
            row(3, Kind::Import, "Conn", true),
        ];
        let names: Vec<_> = found("conn", rows.iter(), None).into_iter().map(|target| target.name).collect();
        assert_eq!(names, ["Connections", "CRM connection", "Reconnect"]);
        let both: Vec<_> = found("con crm", rows.iter(), None).into_iter().map(|target| target.what).collect();
        assert_eq!(both, ["Connection"]);
        let everywhere = MAIN.len() + open(PERSON, None).count();
        assert_eq!(found("", rows.iter(), None).len(), everywhere + KINDS.len());
        assert!(found("xyz", rows.iter(), None).is_empty());
        assert!(found("handleb", rows.iter(), None).iter().any(|target| target.to == "/playground/handlebars"));
    }

    #[test]
    fn the_pages_of_an_account_are_found_by_who_may_open_them() {
        let account = |role| AccountInfo {
            id: Id::from_parts(9, [0; 8]),
            name: "Shop".into(),
            local: false,
            user: None,
            role,
            grants: Grants::new(),
            ended: false,
        };
        let to = |typed: &str, account: Option<&AccountInfo>| {
            found(typed, [].iter(), account).first().map(|target| target.to.clone())
        };
        let (owner, monitor) = (account(Role::Owner), account(Role::Monitor));
        assert_eq!(to("audit", None), None, "nobody shares an account of this device alone");
        assert_eq!(to("audit", Some(&monitor)), None);
        assert_eq!(to("audit", Some(&owner)).as_deref(), Some("/audit"));
        assert_eq!(to("tokens", Some(&monitor)).as_deref(), Some("/tokens"));
        assert_eq!(to("account", Some(&monitor)).as_deref(), Some("/account"));
    }
}
