//! What each kind of resource is called, and where its pages are. Plain data and functions.

use tombolo_model::Kind;
use tombolo_wire::store::CatalogueRow;

/// The words of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KindWords {
    pub(crate) kind: Kind,
    /// All of them.
    pub(crate) title: &'static str,
    /// One of them, within a sentence.
    pub(crate) one: &'static str,
    pub(crate) icon: &'static str,
    /// The folder of the list and of the pages of single ones.
    pub(crate) folder: &'static str,
    /// What such a resource is, in one sentence.
    pub(crate) what: &'static str,
}

const fn words(
    kind: Kind,
    title: &'static str,
    one: &'static str,
    icon: &'static str,
    folder: &'static str,
    what: &'static str,
) -> KindWords {
    KindWords { kind, title, one, icon, folder, what }
}

/// Every kind that has a list of its own, in the order of the navigation.
pub(crate) const KINDS: &[KindWords] = &[
    words(
        Kind::Flow,
        "Flows",
        "flow",
        "workflow",
        "flows",
        "A flow reads records from sources and writes them to destinations.",
    ),
    words(
        Kind::Connection,
        "Connections",
        "connection",
        "plug",
        "connections",
        "A connection says where an application is and how to sign in to it. Sources and destinations share it.",
    ),
    words(
        Kind::Export,
        "Sources",
        "source",
        "upload",
        "exports",
        "A source reads records from an application or a file. Flows that use the same one share it.",
    ),
    words(
        Kind::Import,
        "Destinations",
        "destination",
        "download",
        "imports",
        "A destination writes records to an application or a file. Flows that use the same one share it.",
    ),
    words(
        Kind::Script,
        "Scripts",
        "script",
        "file-code",
        "scripts",
        "A script holds functions that change records where a mapping does not reach.",
    ),
    words(
        Kind::LookupCache,
        "Lookup caches",
        "lookup cache",
        "database",
        "lookup-caches",
        "A lookup cache is a table of keys and values that mappings look things up in.",
    ),
    words(
        Kind::IClient,
        "iClients",
        "iClient",
        "shield",
        "iclients",
        "An iClient is an OAuth client that several connections to one application share.",
    ),
    words(
        Kind::AsyncHelper,
        "Async helpers",
        "async helper",
        "clock",
        "async-helpers",
        "An async helper follows work that an application does in its own time.",
    ),
    words(
        Kind::FileDefinition,
        "File definitions",
        "file definition",
        "file-spreadsheet",
        "file-definitions",
        "A file definition says how a fixed-width, delimited or EDI file is laid out.",
    ),
    words(
        Kind::Stack,
        "Stacks",
        "stack",
        "server",
        "stacks",
        "A stack is a server or function of yours that is called by hooks.",
    ),
    words(
        Kind::Api,
        "APIs",
        "API",
        "waypoints",
        "apis",
        "An API is an address of yours that a script or rules answer.",
    ),
    words(
        Kind::Agent,
        "Agents",
        "agent",
        "hard-drive",
        "agents",
        "An agent is a program that reaches applications inside a private network.",
    ),
];

/// The words of a kind.
pub(crate) fn of(kind: Kind) -> Option<&'static KindWords> {
    KINDS.iter().find(|words| words.kind == kind)
}

/// The kind whose list is in a folder.
pub(crate) fn of_folder(folder: &str) -> Option<&'static KindWords> {
    KINDS.iter().find(|words| words.folder == folder)
}

/// The page of a resource, where there is one.
pub(crate) fn address(row: &CatalogueRow) -> Option<String> {
    match (row.kind, row.integration) {
        (Kind::Integration, _) => Some(format!("/integrations/{}", row.id)),
        (Kind::Flow, Some(integration)) => Some(format!("/integrations/{integration}/flows/{}", row.id)),
        // A flow of no integration is opened as one of its own.
        (Kind::Flow, None) => Some(format!("/integrations/{0}/flows/{0}", row.id)),
        (kind, _) => of(kind).map(|words| format!("/{}/{}", words.folder, row.id)),
    }
}

/// The kind of a row, with a capital.
pub(crate) fn kind_name(kind: Kind) -> String {
    let one = match kind {
        Kind::Integration => "integration",
        other => of(other).map_or(other.name(), |words| words.one),
    };
    let mut letters = one.chars();
    match letters.next() {
        Some('i') if one == "iClient" => one.to_owned(),
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// The kind of a row as people tell them apart, with a capital: an export may be a lookup.
pub(crate) fn row_kind(row: &CatalogueRow) -> String {
    if row.lookup { "Lookup".to_owned() } else { kind_name(row.kind) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_an_address_of_its_own() {
        for (at, words) in KINDS.iter().enumerate() {
            assert!(KINDS[..at].iter().all(|before| before.folder != words.folder && before.kind != words.kind));
            assert_eq!(of_folder(words.folder).map(|found| found.kind), Some(words.kind));
        }
        assert_eq!(of_folder("members"), None);
        assert_eq!(kind_name(Kind::LookupCache), "Lookup cache");
        assert_eq!(kind_name(Kind::IClient), "iClient");
    }
}
