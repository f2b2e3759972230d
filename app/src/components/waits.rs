//! What this device keeps for another account of the same person, with the way there: it goes to the server once that
//! account is open.

use leptos::prelude::*;
use tombolo_model::Role;
use tombolo_wire::store::{AccountInfo, Call, Link, Overview};

use super::Icon;
use crate::browser::waits::Waits;
use crate::state::{App, use_enter};
use crate::words;

/// What waits after somebody came with `things` made on this device: they went to their own account, which is not
/// always the one that is shown.
pub(crate) fn after_joining(things: usize, overview: &Overview) -> Option<Waits> {
    let own = overview.accounts.iter().find(|account| account.role == Role::Owner)?;
    (things > 0 && own.id != overview.account.id).then_some((own.id, things))
}

fn in_words(things: usize, name: &str) -> String {
    format!("{} {} for {name}", words::count(things, "thing"), if things == 1 { "waits" } else { "wait" })
}

/// The button in the top bar; nothing when nothing waits.
#[component]
pub(super) fn WaitsElsewhere() -> impl IntoView {
    let app = App::here();
    let enter = use_enter();
    let here = Memo::new(move |_| app.account.with(|account| account.as_ref().map(|account| account.id)));
    // Once their account is open and nothing waits there, the server has them.
    Effect::new(move |_| {
        let there = app.waits.get().is_some_and(|(account, _)| here.get() == Some(account));
        if there && app.sync.with(|sync| sync.link == Link::Online && sync.waiting == 0) {
            app.note_waits(None);
        }
    });
    let shown = Memo::new(move |_| {
        let (account, things) = app.waits.get().filter(|(account, _)| here.get() != Some(*account))?;
        let named = |accounts: &Vec<_>| {
            accounts.iter().find(|one: &&AccountInfo| one.id == account).map(|one| one.name.clone())
        };
        Some((account, things, app.accounts.with(named)?))
    });
    move || {
        shown.get().map(|(account, things, name)| {
            let says = in_words(things, &name);
            let label = format!("{says} on this device. Open the account");
            let why = format!("{label}, and they go to the server.");
            view! {
                <button class="sync waits" data-state="device" aria-label=label title=why
                    on:click=move |_| enter.run(Call::SwitchAccount { account })>
                    <span class="face"><Icon name="laptop" small=true/><span class="words">{says}</span><span class="brief" aria-hidden="true">{things}</span></span>
                </button>
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tombolo_model::Id;
    use tombolo_wire::store::SyncStatus;

    fn account(n: u8, role: Role) -> AccountInfo {
        AccountInfo {
            id: Id::from_parts(0, [n; 8]),
            name: String::new(),
            local: false,
            user: None,
            role,
            grants: [].into(),
            ended: false,
        }
    }

    fn joined(shown: AccountInfo) -> Overview {
        Overview {
            account: shown,
            accounts: vec![account(1, Role::Manage), account(2, Role::Owner)],
            catalogue: Vec::new(),
            sync: SyncStatus::default(),
            notices: Vec::new(),
        }
    }

    #[test]
    fn what_was_made_here_waits_for_ones_own_account_while_another_is_shown() {
        let own = account(2, Role::Owner);
        assert_eq!(after_joining(3, &joined(account(1, Role::Manage))), Some((own.id, 3)));
        assert_eq!(after_joining(0, &joined(account(1, Role::Manage))), None);
        assert_eq!(after_joining(3, &joined(own)), None);
        assert_eq!(
            (in_words(1, "Jonas"), in_words(2, "Jonas")),
            ("1 thing waits for Jonas".into(), "2 things wait for Jonas".into())
        );
    }
}
