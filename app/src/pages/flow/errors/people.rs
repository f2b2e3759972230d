//! Whom errors can be given to: the members of the account, as far as this person sees them, and whoever this device has
//! met, so that it works without a network too.

use std::collections::BTreeMap;

use gloo::net::http::Method;
use leptos::prelude::*;
use leptos::task::spawn_local;
use tombolo_model::{Action, Id, Kind};
use tombolo_wire::rest::{MemberStatus, Members};
use tombolo_wire::run::{Decision, RunBy};

use crate::browser::server;
use crate::state::App;

/// People by id, with their names.
type People = BTreeMap<Id, String>;

/// Asks for the members and gives everybody who is known.
pub(super) fn people(app: App) -> Memo<Vec<RunBy>> {
    let members = RwSignal::new(People::new());
    let asks = app.account.with_untracked(|account| {
        let account = account.as_ref().filter(|account| !account.local)?;
        account.role.may(Action::ReadMembers, Kind::Integration).then_some(account.id)
    });
    if let Some(account) = asks {
        spawn_local(async move {
            let path = format!("/api/accounts/{account}/members");
            // Without a network the others are those that this device has met.
            if let Ok(found) = server::ask::<Members>(Method::GET, &path, None::<&()>).await {
                let accepted = found.members.into_iter().filter(|member| member.status == MemberStatus::Accepted);
                members.try_set(accepted.filter_map(|member| Some((member.user?, member.name))).collect());
            }
        });
    }
    Memo::new(move |_| {
        let mut all = met(app);
        all.extend(members.get());
        by_name(all)
    })
}

/// Everybody who ran something, decided something or is here now.
fn met(app: App) -> People {
    let mut all = People::new();
    let mut add = |by: &RunBy| drop(all.insert(by.user, by.name.clone()));
    app.runs.with(|runs| runs.values().filter_map(|run| run.origin.by.as_deref()).for_each(&mut add));
    app.marks.with(|marks| {
        for mark in marks.values().flatten() {
            mark.by.as_deref().into_iter().for_each(&mut add);
            if let Decision::Assign { to: Some(to) } = &mark.decision {
                add(to);
            }
        }
    });
    app.sync.with(|sync| all.extend(sync.people.iter().map(|person| (person.user.id, person.user.name.clone()))));
    let me = app.account.with(|account| account.as_ref().and_then(|account| account.user.clone()));
    all.extend(me.map(|me| (me.id, me.name)));
    all
}

fn by_name(all: People) -> Vec<RunBy> {
    let mut all: Vec<RunBy> =
        all.into_iter().filter(|(_, name)| !name.is_empty()).map(|(user, name)| RunBy { user, name }).collect();
    all.sort_by_key(|one| (one.name.to_lowercase(), one.user));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_offered_by_name_and_nobody_without_one() {
        let id = |n: u32| Id::from_parts(n, [0; 8]);
        let found = by_name([(id(1), "cleo".into()), (id(2), "Ben".into()), (id(3), String::new())].into());
        assert_eq!(found.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["Ben", "cleo"]);
    }
}
