//! The inline helpers, one table.

use tombolo_model::Val;

use crate::encode::{uri, uri_component};

/// A helper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Helper {
    JsonSerialize,
    EncodeUri,
    EncodeUriComponent,
    UpperCase,
    LowerCase,
    Trim,
    Join,
}

const ALL: [(&str, Helper); 8] = [
    ("jsonSerialize", Helper::JsonSerialize),
    ("jsonStringify", Helper::JsonSerialize),
    ("encodeURI", Helper::EncodeUri),
    ("encodeURIComponent", Helper::EncodeUriComponent),
    ("uppercase", Helper::UpperCase),
    ("lowercase", Helper::LowerCase),
    ("trim", Helper::Trim),
    ("join", Helper::Join),
];

impl Helper {
    pub(crate) fn named(name: &str) -> Option<Self> {
        ALL.iter().find(|(have, _)| *have == name).map(|(_, helper)| *helper)
    }

    pub(crate) fn call(self, arguments: &[Val]) -> Val {
        let first = arguments.first().unwrap_or(&Val::Absent);
        let text = |text: &str| Val::text(text);
        match self {
            Self::JsonSerialize => text(&first.to_json()),
            Self::EncodeUri => text(&uri(&first.display())),
            Self::EncodeUriComponent => text(&uri_component(&first.display())),
            Self::UpperCase => text(&first.display().to_uppercase()),
            Self::LowerCase => text(&first.display().to_lowercase()),
            Self::Trim => text(first.display().trim()),
            Self::Join => {
                let parts: Vec<_> = arguments[1..].iter().flat_map(flat).collect();
                text(&parts.join(&*first.display()))
            }
        }
    }
}

fn flat(value: &Val) -> Vec<String> {
    match value {
        Val::List(items) => items.iter().map(|item| item.display().into_owned()).collect(),
        other => vec![other.display().into_owned()],
    }
}
