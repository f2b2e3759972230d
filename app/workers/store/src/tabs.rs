//! What the tabs of one account tell each other. Everything named here is in IndexedDB already, except where
//! somebody is and what the leader knows of the link.

use serde::{Deserialize, Serialize};
use tombolo_model::Id;
use tombolo_wire::run::{ErrorMark, RunRow};
use tombolo_wire::store::{AccountInfo, Notice, SyncStatus};
use tombolo_wire::sync::Place;
use wasm_bindgen::prelude::*;
use web_sys::{BroadcastChannel, MessageEvent};

use crate::catalogue::StoredRow;
use crate::pending::Named;

/// A message to the other tabs.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Say {
    /// Chunks were stored.
    Stored {
        /// Per document the names of the chunks.
        pieces: Vec<Pieces>,
        /// Catalogue rows as stored.
        rows: Vec<StoredRow>,
        /// Documents that went.
        removed: Vec<Id>,
    },
    /// Changes have reached the server.
    Acked {
        /// Per document their hashes (hex).
        changes: Vec<Named>,
    },
    /// Changes were parked: the document must be read anew, and every tab takes a new actor.
    Parked {
        /// Which document.
        document: Id,
    },
    /// Stored changes that the server does not have are damaged: whoever has them in memory writes them again.
    Lost {
        /// Their document.
        document: Id,
        /// Their hashes (hex).
        hashes: Vec<String>,
    },
    /// What is parked was tried again or thrown away.
    ParkedMoved,
    /// A new leader would know who is where.
    WhereAreYou,
    /// What the leader knows of the link.
    Link {
        /// The status; its counts are each tab's own.
        status: SyncStatus,
    },
    /// Somebody who is not told of the link yet asks the leader.
    HowIsTheLink,
    /// A tab is gone that stored something and told nobody.
    LookAgain,
    /// All was said of what this tab had stored up to here.
    Told {
        /// The tab.
        tab: String,
        /// The number of its last transaction.
        number: u64,
    },
    /// What is known of the account changed: the role, the name.
    Account {
        /// Now.
        info: Box<AccountInfo>,
    },
    /// A visible tab would lead.
    WouldLead {
        /// Its name.
        #[serde(default)]
        tab: String,
    },
    /// The leader was hidden and gives the lead to a tab that wants it.
    Yields {
        /// The name of that tab.
        #[serde(default)]
        to: String,
    },
    /// The outbox of runs, or an errand, has something new.
    Errand,
    /// It is known of other connections than before that they are offline.
    Outages,
    /// A run moved on.
    Run {
        /// Its row.
        row: Box<RunRow>,
    },
    /// People decided about errors of runs.
    Marks {
        /// What.
        marks: Vec<ErrorMark>,
    },
    /// Runs are kept no longer.
    RunsGone {
        /// Which.
        runs: Vec<Id>,
    },
    /// The tab that runs it shall end a run.
    CancelRun {
        /// Which.
        run: Id,
    },
    /// The account does not have the person any more: no tab runs its flows.
    Removed,
    /// Where somebody at a tab is; nothing when the tab closes.
    Place {
        /// The tab.
        tab: String,
        /// Where.
        place: Option<Place>,
    },
    /// For all screens.
    Notice {
        /// What.
        notice: Notice,
    },
    /// All tabs must load anew.
    Reload {
        /// Why.
        reason: String,
    },
}

/// Chunks of one document.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Pieces {
    /// Which.
    pub(crate) document: Id,
    /// Hashes of changes (hex).
    pub(crate) hashes: Vec<String>,
    /// Whether saved documents came as well.
    pub(crate) snapshots: bool,
    /// Whether they are new in the outbox.
    pub(crate) outgoing: bool,
}

/// A channel to the other tabs.
pub(crate) struct Channel {
    channel: BroadcastChannel,
    _listener: Closure<dyn FnMut(MessageEvent)>,
}

impl Channel {
    /// Joins; what others say goes to `heard`.
    pub(crate) fn join(name: &str, heard: impl Fn(Say) + 'static) -> Result<Self, JsValue> {
        let channel = BroadcastChannel::new(name)?;
        let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
            // A tab of another version may say what this one does not know.
            let text = message.data().as_string().unwrap_or_default();
            if let Ok(said) = serde_json::from_str(&text) {
                heard(said);
            }
        });
        channel.set_onmessage(Some(listener.as_ref().unchecked_ref()));
        Ok(Self { channel, _listener: listener })
    }

    /// Says something to all others. A closed channel has no others.
    pub(crate) fn say(&self, say: &Say) {
        if let Ok(text) = serde_json::to_string(say) {
            drop(self.channel.post_message(&JsValue::from_str(&text)));
        }
    }

    /// Leaves.
    pub(crate) fn leave(&self) {
        self.channel.set_onmessage(None);
        self.channel.close();
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.leave();
    }
}
