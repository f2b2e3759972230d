//! A token as the REST API shows it, and its words. Plain data and functions.

use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};

use serde::Deserialize;
use serde_json::{Value, json};
use tombolo_model::{Id, Kind};

use crate::words;

/// The lists of a token with chosen access, and what is in them.
pub(super) const LISTS: [(&str, Kind); 4] = [
    ("_connectionIds", Kind::Connection),
    ("_exportIds", Kind::Export),
    ("_importIds", Kind::Import),
    ("_apiIds", Kind::Api),
];

/// One token: the JSON as it came, so that what is sent back keeps what this page does not know.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(super) struct Token(Value);

impl Hash for Token {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_string().hash(state);
    }
}

impl Token {
    fn text(&self, field: &str) -> &str {
        self.0.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    fn is(&self, field: &str) -> bool {
        self.0.get(field) == Some(&Value::Bool(true))
    }

    pub(super) fn id(&self) -> &str {
        self.text("_id")
    }

    pub(super) fn name(&self) -> &str {
        self.text("name")
    }

    pub(super) fn description(&self) -> &str {
        self.text("description")
    }

    /// Who made it, or whose it is.
    pub(super) fn user(&self) -> Option<Id> {
        self.text("_userId").parse().ok()
    }

    /// It acts as its person.
    pub(super) fn personal(&self) -> bool {
        self.text("tokenType") == "ashare"
    }

    pub(super) fn revoked(&self) -> bool {
        self.is("revoked")
    }

    pub(super) fn full(&self) -> bool {
        self.is("fullAccess")
    }

    /// A time of it, as it came; absent when it has none.
    pub(super) fn time(&self, field: &str) -> Option<&str> {
        Some(self.text(field)).filter(|text| !text.is_empty())
    }

    /// What it reaches, when that is chosen.
    pub(super) fn listed(&self) -> BTreeSet<Id> {
        let lists = LISTS.iter().filter_map(|(list, _)| self.0.get(list)?.as_array()).flatten();
        lists.filter_map(|id| id.as_str()?.parse().ok()).collect()
    }

    /// What it reaches, in words.
    pub(super) fn access(&self) -> String {
        if self.personal() {
            return "What its person may do".to_owned();
        }
        if self.full() {
            return "Everything".to_owned();
        }
        let parts = LISTS.iter().filter_map(|(list, kind)| {
            let many = self.0.get(list)?.as_array().map(Vec::len).filter(|many| *many > 0)?;
            Some(words::count(many, words::kinds::of(*kind)?.one))
        });
        parts.collect::<Vec<_>>().join(", ")
    }

    /// The body that takes it away, or gives it back.
    pub(super) fn turned(&self, revoked: bool) -> Value {
        let mut body = self.0.clone();
        body["revoked"] = json!(revoked);
        body
    }

    /// The body that gives it another name and another access.
    pub(super) fn changed(&self, wish: &Wish) -> Value {
        let mut body = self.0.clone();
        wish.write(&mut body);
        body
    }
}

/// What somebody wants of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) personal: bool,
    /// Everything, or what is chosen: its id and kind.
    pub(super) access: Option<Vec<(Id, Kind)>>,
}

impl Wish {
    /// The body that makes such a token.
    pub(super) fn body(&self, ends: Option<String>) -> Value {
        let mut body = json!({});
        self.write(&mut body);
        if self.personal {
            body["tokenType"] = json!("ashare");
        }
        if let Some(ends) = ends {
            body["autoPurgeAt"] = json!(ends);
        }
        body
    }

    fn write(&self, body: &mut Value) {
        body["name"] = json!(self.name.trim());
        body["description"] = json!(self.description.trim());
        if self.personal {
            return;
        }
        body["fullAccess"] = json!(self.access.is_none());
        for (list, kind) in LISTS {
            let chosen = self.access.iter().flatten().filter(|(_, of)| *of == kind);
            body[list] = json!(chosen.map(|(id, _)| id.to_string()).collect::<Vec<_>>());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u8) -> Id {
        Id::from_parts(1, [n; 8])
    }

    fn wish(access: Option<Vec<(Id, Kind)>>) -> Wish {
        Wish { name: " ci ".into(), description: String::new(), personal: false, access }
    }

    #[test]
    fn what_a_token_reaches_is_everything_its_person_or_counted() {
        let token = |body: Value| Token(body).access();
        assert_eq!(token(json!({ "fullAccess": true })), "Everything");
        assert_eq!(token(json!({ "tokenType": "ashare" })), "What its person may do");
        assert_eq!(
            token(json!({ "_connectionIds": ["a", "b"], "_exportIds": ["c"], "_apiIds": [] })),
            "2 connections, 1 source"
        );
    }

    #[test]
    fn full_access_and_chosen_access_are_never_asked_for_together() {
        let full = wish(None).body(None);
        assert_eq!((&full["fullAccess"], &full["_exportIds"], &full["name"]), (&json!(true), &json!([]), &json!("ci")));
        let chosen = Token(full).changed(&wish(Some(vec![(id(1), Kind::Export)])));
        assert_eq!((&chosen["fullAccess"], &chosen["_exportIds"]), (&json!(false), &json!([id(1).to_string()])));
        assert_eq!(Token(chosen).listed(), [id(1)].into());
        let personal = Wish { personal: true, ..wish(None) }.body(Some("2026-11-29T09:00:00.000Z".into()));
        assert_eq!((personal.get("fullAccess"), &personal["tokenType"]), (None, &json!("ashare")));
    }

    #[test]
    fn what_this_page_does_not_know_of_a_token_is_sent_back_as_it_came() {
        let token = Token(json!({ "name": "ci", "fullAccess": true, "autoPurgeAt": "2026-11-29T09:00:00.000Z" }));
        assert_eq!(token.turned(true)["autoPurgeAt"], "2026-11-29T09:00:00.000Z");
        assert_eq!(token.changed(&wish(None))["autoPurgeAt"], "2026-11-29T09:00:00.000Z");
    }
}
