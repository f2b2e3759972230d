//! What each role allows, in sentences: for whoever gives one, and for whoever has one.

use leptos::prelude::*;
use tombolo_model::Role;

/// All of it, folded.
#[component]
pub(super) fn Levels() -> impl IntoView {
    let line = |word: &'static str, says: &'static str| view! { <div><dt>{word}</dt><dd>{says}</dd></div> };
    view! {
        <details class="levels">
            <summary>"What the roles allow"</summary>
            <dl class="facts">
                {line("Owner", says(Role::Owner))}
                {line("Administer", says(Role::Administer))}
                {line("Manage", says(Role::Manage))}
                {line("Monitor", says(Role::Monitor))}
                {line("Custom", says(Role::Custom))}
                {line("Switched off", "The account is closed to them, their API tokens too. Their role and what they made stay for the day they are switched on again.")}
            </dl>
        </details>
    }
}

/// What somebody with a role may do.
pub(super) const fn says(role: Role) -> &'static str {
    match role {
        Role::Owner => "Everything. There is one owner at any time, who alone can make somebody else the owner.",
        Role::Administer => {
            "All that managers do, and invites, changes and removes members, makes API tokens of the account, reads the audit log and hands integrations over."
        }
        Role::Manage => {
            "Builds, changes, runs and deletes in every integration, and enters credentials. Sees who the members are."
        }
        Role::Monitor => {
            "Looks at every integration and runs its flows. Changes nothing and enters no credentials, except in integrations that you give to manage beside it."
        }
        Role::Custom => {
            "Sees the integrations that you choose and nothing else; in each of them, looks and runs or manages."
        }
    }
}
