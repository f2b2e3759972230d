//! What is in the bell, from what this device knows. Plain functions, tested natively.

use std::collections::BTreeMap;

use tombolo_model::Id;
use tombolo_wire::rest::{Bell, WaitingInvitation, WaitingReview, WaitingTransfer};
use tombolo_wire::run::{RunStatus, RunType};
use tombolo_wire::store::{CatalogueRow, Notice, RunRow};

use crate::words::kinds::address;

/// Runs that went wrong stay this long.
const WEEK_MS: i64 = 7 * 86_400_000;
/// The most of them.
const MOST_RUNS: usize = 30;

/// One thing in the bell.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Item {
    /// By which it is marked as read: the same on every device of the person.
    pub(super) key: String,
    /// When it came; absent for what has no time.
    pub(super) at_ms: Option<i64>,
    pub(super) what: What,
}

/// What it is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum What {
    /// An account invites this person.
    Invitation(WaitingInvitation),
    /// Integrations are offered to them.
    Transfer(WaitingTransfer),
    /// A member asks them to take a change over.
    Review(WaitingReview),
    /// A run went wrong.
    Run {
        /// Its flow.
        flow: String,
        run: Id,
        /// It was ended by an error.
        ended: bool,
        /// Records that failed.
        errors: u64,
    },
    /// Somebody gave errors of a flow to this person.
    Assigned {
        /// The flow.
        flow: String,
        /// Where its errors are.
        to: String,
        /// Who gave them, as they are called.
        by: String,
        /// How many are open.
        errors: usize,
    },
    /// So many changes were not accepted.
    Refused(usize),
    /// Something about one resource.
    Notice { message: String, to: Option<String> },
}

/// All of it: what has no time first, then the newest.
pub(super) fn items(
    bell: &Bell,
    runs: &BTreeMap<Id, RunRow>,
    rows: &BTreeMap<Id, CatalogueRow>,
    notices: &[Notice],
    (refused, assigned): (usize, Vec<Item>),
    now_ms: i64,
) -> Vec<Item> {
    let mut all = assigned;
    if refused > 0 {
        all.push(Item { key: format!("refused:{refused}"), at_ms: None, what: What::Refused(refused) });
    }
    all.extend(notices.iter().filter_map(|notice| about(notice, rows)));
    all.extend(bell.invitations.iter().filter(|invitation| invitation.expires_ms > now_ms).map(|invitation| Item {
        key: format!("invitation:{}:{}", invitation.account, invitation.created_ms),
        at_ms: Some(invitation.created_ms),
        what: What::Invitation(invitation.clone()),
    }));
    all.extend(bell.transfers.iter().map(|transfer| Item {
        key: format!("transfer:{}", transfer.id),
        at_ms: Some(transfer.created_ms),
        what: What::Transfer(transfer.clone()),
    }));
    all.extend(bell.reviews.iter().map(|review| Item {
        key: format!("review:{}", review.id),
        at_ms: Some(review.created_ms),
        what: What::Review(review.clone()),
    }));
    all.extend(failures(runs, rows, now_ms));
    all.sort_by_key(|item| (item.at_ms.is_some(), std::cmp::Reverse(item.at_ms), item.key.clone()));
    all
}

/// Notices of the whole page are banners already.
fn about(notice: &Notice, rows: &BTreeMap<Id, CatalogueRow>) -> Option<Item> {
    let document = notice.document?;
    let to = rows.get(&document).and_then(address);
    let what = What::Notice { message: notice.message.clone(), to };
    Some(Item { key: format!("notice:{}:{document}", notice.code), at_ms: None, what })
}

/// Of each flow the newest run that went wrong: one that fails every quarter of an hour is one piece of news.
fn failures(runs: &BTreeMap<Id, RunRow>, rows: &BTreeMap<Id, CatalogueRow>, now_ms: i64) -> Vec<Item> {
    let mut newest: BTreeMap<Id, &RunRow> = BTreeMap::new();
    for run in runs.values().filter(|run| is_news(run) && run.started_ms > now_ms - WEEK_MS) {
        let have = newest.entry(run.flow).or_insert(run);
        if have.started_ms < run.started_ms {
            *have = run;
        }
    }
    let mut found: Vec<&RunRow> = newest.into_values().collect();
    found.sort_by_key(|run| std::cmp::Reverse(run.started_ms));
    found.truncate(MOST_RUNS);
    found.into_iter().map(|run| failure(run, rows)).collect()
}

/// Whether it went wrong. Who tries something out, or records again, sits before it.
fn is_news(run: &RunRow) -> bool {
    let told = !matches!(run.origin.kind, RunType::Test | RunType::Retry);
    let wrong = run.status == RunStatus::Failed || (run.status == RunStatus::Completed && errors(run) > 0);
    told && wrong
}

fn errors(run: &RunRow) -> u64 {
    run.steps.iter().map(|step| step.errors).sum()
}

fn failure(run: &RunRow, rows: &BTreeMap<Id, CatalogueRow>) -> Item {
    let now = rows.get(&run.flow).map(|row| row.name.clone()).filter(|name| !name.is_empty());
    let flow = now.unwrap_or_else(|| run.flow_name.clone());
    let flow = if flow.is_empty() { "Flow without a name".to_owned() } else { flow };
    let what = What::Run { flow, run: run.id, ended: run.status == RunStatus::Failed, errors: errors(run) };
    Item { key: format!("run:{}", run.id), at_ms: Some(run.ended_ms.unwrap_or(run.started_ms)), what }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tombolo_model::Role;

    use super::*;

    fn id(n: u8) -> Id {
        Id::from_parts(1, [n; 8])
    }

    fn run(n: u8, flow: u8, status: &str, errors: u64, started_ms: i64) -> (Id, RunRow) {
        let step = json!({ "step": "s", "name": "Orders", "kind": "import", "received": 1, "success": 0, "ignored": 0,
            "errors": errors, "pages": 1, "file": null });
        let row = json!({ "id": id(n), "flow": id(flow), "flowName": "Orders", "status": status, "place": "browser",
            "startedMs": started_ms, "endedMs": started_ms, "steps": [step], "error": null, "n": 1 });
        (id(n), serde_json::from_value(row).unwrap())
    }

    fn keys(items: &[Item]) -> Vec<String> {
        items.iter().map(|item| item.key.split(':').next().unwrap().to_owned()).collect()
    }

    #[test]
    fn each_flow_tells_its_newest_run_that_went_wrong() {
        let now = 10 * WEEK_MS;
        let runs = BTreeMap::from([
            run(1, 50, "failed", 0, now - 900),
            run(2, 50, "failed", 0, now - 500),
            run(3, 50, "completed", 0, now - 100),
            run(4, 60, "completed", 7, now - 300),
            run(5, 70, "failed", 0, now - WEEK_MS - 1),
            run(6, 80, "canceled", 3, now - 1),
        ]);
        let found = items(&Bell::default(), &runs, &BTreeMap::new(), &[], (0, Vec::new()), now);
        assert_eq!(
            found.iter().map(|item| item.key.clone()).collect::<Vec<_>>(),
            [format!("run:{}", id(4)), format!("run:{}", id(2))]
        );
        assert!(matches!(&found[0].what, What::Run { errors: 7, ended: false, .. }));
    }

    #[test]
    fn what_is_not_over_comes_first_and_an_invitation_that_is_too_old_goes() {
        let invitation = |n, expires_ms| WaitingInvitation {
            account: id(n),
            account_name: "Acme".into(),
            invited_by: "Ines".into(),
            role: Role::Manage,
            created_ms: 5,
            expires_ms,
        };
        let transfer = WaitingTransfer {
            id: id(9),
            account: id(8),
            from: "Ines".into(),
            by: "Ines".into(),
            integrations: vec!["Shop".into()],
            resources: 4,
            created_ms: 7,
        };
        let review = WaitingReview {
            id: id(7),
            account: id(8),
            account_name: "Acme".into(),
            by: "Jonas".into(),
            name: "Shop".into(),
            created_ms: 6,
        };
        let bell = Bell {
            reviews: vec![review],
            invitations: vec![invitation(1, 100), invitation(2, 10)],
            transfers: vec![transfer],
            ..Bell::default()
        };
        let notice = |document| Notice { code: "damaged".into(), message: "A piece is damaged.".into(), document };
        let found =
            items(&bell, &BTreeMap::new(), &BTreeMap::new(), &[notice(Some(id(3))), notice(None)], (2, Vec::new()), 50);
        assert_eq!(keys(&found), ["notice", "refused", "transfer", "review", "invitation"]);
    }
}
