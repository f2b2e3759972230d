//! What a list shows is in its address, so that it can be linked to and comes back with the browser's buttons.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::query_signal_with_options;

use super::rows::{Order, Wanted, changed_since};
use crate::browser::time;

/// What is wanted of the list, and where it is written.
#[derive(Clone, Copy)]
pub(super) struct Address {
    /// The text as it is typed: the address follows a frame later.
    pub(super) search: RwSignal<String>,
    pub(super) application: Memo<Option<String>>,
    pub(super) integration: Memo<Option<String>>,
    pub(super) state: Memo<Option<String>>,
    pub(super) usage: Memo<Option<String>>,
    pub(super) changed: Memo<Option<String>>,
    pub(super) order: Memo<Option<Order>>,
    pub(super) set_application: SignalSetter<Option<String>>,
    pub(super) set_integration: SignalSetter<Option<String>>,
    pub(super) set_state: SignalSetter<Option<String>>,
    pub(super) set_usage: SignalSetter<Option<String>>,
    pub(super) set_changed: SignalSetter<Option<String>>,
    pub(super) set_order: SignalSetter<Option<Order>>,
    set_search: SignalSetter<Option<String>>,
    written: StoredValue<String>,
}

impl Address {
    /// That of this page.
    pub(super) fn here() -> Self {
        // Each letter of a search is not a page of its own.
        let quietly = NavigateOptions { scroll: false, replace: true, ..NavigateOptions::default() };
        let (search, set_search) = query_signal_with_options::<String>("q", quietly.clone());
        let (application, set_application) = query_signal_with_options::<String>("application", quietly.clone());
        let (integration, set_integration) = query_signal_with_options::<String>("integration", quietly.clone());
        let (state, set_state) = query_signal_with_options::<String>("state", quietly.clone());
        let (changed, set_changed) = query_signal_with_options::<String>("changed", quietly.clone());
        let (usage, set_usage) = query_signal_with_options::<String>("usage", quietly.clone());
        let (order, set_order) = query_signal_with_options::<Order>("sort", quietly);
        let first = search.get_untracked().unwrap_or_default();
        let address = Self {
            search: RwSignal::new(first.clone()),
            application,
            integration,
            state,
            usage,
            changed,
            order,
            set_application,
            set_integration,
            set_state,
            set_usage,
            set_changed,
            set_order,
            set_search,
            written: StoredValue::new(first),
        };
        Effect::new(move |_| {
            let said = search.get().unwrap_or_default();
            if address.written.try_get_value().is_some_and(|written| written != said)
                && said != address.search.get_untracked()
            {
                address.search.set(said);
            }
        });
        address
    }

    /// Takes what was typed.
    pub(super) fn type_in(self, text: String) {
        self.written.set_value(text.clone());
        self.set_search.set(Some(text.clone()).filter(|text| !text.is_empty()));
        self.search.set(text);
    }

    /// Shows everything again, in the order that is.
    pub(super) fn clear(self) {
        self.type_in(String::new());
        for filter in [self.set_application, self.set_integration, self.set_state, self.set_usage, self.set_changed] {
            filter.set(None);
        }
    }

    /// What is wanted now.
    pub(super) fn wanted(self) -> Wanted {
        Wanted {
            search: self.search.get(),
            application: self.application.get().unwrap_or_default(),
            integration: self.integration.get().unwrap_or_default(),
            state: self.state.get().unwrap_or_default(),
            usage: self.usage.get().unwrap_or_default(),
            since_ms: self.changed.get().and_then(|key| changed_since(&key, time::now_ms())),
            order: self.order.get().unwrap_or_default(),
        }
    }
}
