//! Where the changes are, as the screen shows it: not saved, on this device, on the server, not accepted.

use std::rc::Rc;

use tombolo_wire::store::{Access, Event, Link, Notice, SyncStatus};

use crate::account::Account;
use crate::port;
use crate::storage::StorageError;

impl Account {
    /// The state now.
    pub(crate) fn status(&self) -> SyncStatus {
        let link = self.link.borrow();
        let local = self.is_local();
        SyncStatus {
            link: if local { Link::Local } else { shown(link.link) },
            waiting: if local { 0 } else { self.pending.borrow().count() },
            unsaved: self.writer.refused(),
            not_accepted: self.parked.get(),
            reason: link.reason.clone(),
            people: link.people.clone(),
            access: if self.info.borrow().ended { Access::Ended } else { link.access },
        }
    }

    /// Tells the screen, when it is not what it was told last.
    pub(crate) fn show_status(&self) {
        let status = self.status();
        if self.shown_status.borrow().as_ref() != Some(&status) {
            self.shown_status.replace(Some(status.clone()));
            port::event(Event::Sync { status });
        }
    }

    /// An edit could not be written: the person must know at once.
    pub(crate) fn storing_failed(self: &Rc<Self>, error: &StorageError) {
        let quota = *error == StorageError::Quota;
        let (code, message) = if quota {
            ("quota", "There is no more space for this page. Your last changes are not saved yet; free some space on this computer and keep this tab open. Exporting works.".to_owned())
        } else {
            (
                "storage",
                format!(
                    "Your last changes are not saved yet: {error}. Keep this tab open; it is tried again by itself."
                ),
            )
        };
        port::event(Event::Notice { notice: Notice { code: code.to_owned(), message, document: None } });
    }
}

/// An account of the server is never shown as local, even before its first attempt to connect.
const fn shown(link: Link) -> Link {
    match link {
        Link::Local => Link::Connecting,
        other => other,
    }
}
