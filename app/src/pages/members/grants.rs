//! Levels on single integrations: which, and what each allows.

use gloo::net::http::Method;
use leptos::prelude::*;
use tombolo_model::{Grants, Id, Kind, Level, Role};
use tombolo_wire::rest::{ChangeMember, Member};

use super::Roster;
use crate::components::Icon;
use crate::state::App;
use crate::words;

/// Whether levels on single integrations say anything beside a role.
pub(super) fn counts(role: Role) -> bool {
    matches!(role, Role::Custom | Role::Monitor)
}

/// A level in words; without one, what the role in the account leaves.
fn level_words(level: Option<Level>, role: Role) -> &'static str {
    match (level, role) {
        (None, Role::Monitor) => "Monitor, as everywhere",
        (None, _) => "No access",
        (Some(Level::Monitor), _) => "Monitor: look and run",
        (Some(Level::Manage), _) => "Manage: build and run",
    }
}

/// A list of all integrations with a level to choose for each.
#[component]
pub(super) fn GrantsPicker(grants: RwSignal<Grants>, #[prop(into)] role: Signal<Role>) -> impl IntoView {
    let app = App::here();
    let integrations = Memo::new(move |_| app.of_kind(Kind::Integration));
    view! {
        <div class="grants" role="group" aria-label="Access to integrations">
            {move || {
                let rows = integrations.get();
                if rows.is_empty() {
                    return view! { <p class="muted">"There is no integration yet."</p> }.into_any();
                }
                let role = role.get();
                rows.into_iter().map(|row| view! { <Choice id=row.id name=row.name grants=grants role=role/> }).collect_view().into_any()
            }}
        </div>
    }
}

#[component]
fn Choice(id: Id, name: String, grants: RwSignal<Grants>, role: Role) -> impl IntoView {
    let name = if name.is_empty() { "Integration without a name".to_owned() } else { name };
    let change = move |event: leptos::ev::Event| {
        let level = match event_target_value(&event).as_str() {
            "monitor" => Some(Level::Monitor),
            "manage" => Some(Level::Manage),
            _ => None,
        };
        grants.update(|grants| {
            match level {
                Some(level) => grants.insert(id, level),
                None => grants.remove(&id),
            };
        });
    };
    let levels = [None, Some(Level::Monitor), Some(Level::Manage)].into_iter();
    // Who monitors everything is given nothing by monitoring one.
    let levels = levels.filter(move |level| role != Role::Monitor || *level != Some(Level::Monitor));
    let options = levels.map(move |level| {
        let value = level.map_or("none", |level| level.role().name());
        view! { <option value=value prop:selected=move || grants.with(|grants| grants.get(&id).copied()) == level>{level_words(level, role)}</option> }
    });
    view! {
        <div class="row">
            <span class="grow cut" title=name.clone()>{name.clone()}</span>
            <select class="input select-native" aria-label=format!("Access to {name}") on:change=change>{options.collect_view()}</select>
        </div>
    }
}

/// What a member's levels come to, in a few words.
pub(super) fn in_words(role: Role, grants: &Grants) -> String {
    match (role, grants.len()) {
        (Role::Custom, 0) => "No integration yet".to_owned(),
        (Role::Monitor, 0) => "Sees all integrations".to_owned(),
        (Role::Monitor, many) => format!("Manages {}", words::count(many, "integration")),
        (_, many) => words::count(many, "integration"),
    }
}

/// The dialog in which a member's levels are changed.
#[component]
pub(super) fn EditGrants(roster: Roster, member: Member, open: RwSignal<bool>) -> impl IntoView {
    let Member { user, name, email, role, grants, .. } = member;
    let grants = RwSignal::new(grants);
    let shown = if name.is_empty() { email } else { name };
    let save = move |_| {
        let Some(user) = user else { return };
        let body = ChangeMember {
            role: Some(role),
            grants: grants.get_untracked(),
            enabled: None,
            require_factor: None,
            require_sso: None,
        };
        open.set(false);
        roster.change(Method::PATCH, format!("/members/{user}"), Some(body), || ());
    };
    let says = match role {
        Role::Monitor => format!("{shown} looks at and runs everything. Choose what {shown} may change as well."),
        _ => format!("{shown} sees only what is chosen here. What belongs to no integration stays hidden."),
    };
    view! {
        <div class="dialog-body">
            <p>{says}</p>
            <GrantsPicker grants=grants role=Signal::derive(move || role)/>
            <footer class="dialog-foot"><button class="button" on:click=move |_| open.set(false)>"Cancel"</button><button class="button primary" on:click=save><Icon name="check"/>"Save access"</button></footer>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_counted_in_words() {
        let grants: Grants = [(Id::from_parts(1, [1; 8]), Level::Manage)].into();
        assert_eq!(in_words(Role::Custom, &Grants::new()), "No integration yet");
        assert_eq!(in_words(Role::Custom, &grants), "1 integration");
        assert_eq!(in_words(Role::Monitor, &grants), "Manages 1 integration");
        assert_eq!(in_words(Role::Monitor, &Grants::new()), "Sees all integrations", "it takes nothing away");
        assert!(counts(Role::Custom) && counts(Role::Monitor) && !counts(Role::Manage));
    }
}
