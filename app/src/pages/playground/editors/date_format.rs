//! The editor: Reads a date and writes it in another format.

use crate::components::editor::{
    Editor, Example, Group, Input, InputAs, Language, Of, OptionField, OptionKind, Rules, RulesAs,
};

pub(super) const EDITOR: Editor = Editor {
    slug: "date-format",
    name: "Date format",
    group: Group::Code,
    icon: "calendar-days",
    about: "Reads a date and writes it in another format.",
    eval: "dateFormat",
    rules: Some(Rules { title: "Format", language: Language::Text, given: RulesAs::Field("format"), fixed: "" }),
    input: Some(Input { title: "Date", language: Language::Text, given: InputAs::Text }),
    options: &[
        OptionField { name: "timezone", label: "Time zone", kind: OptionKind::Text("UTC"), of: Of::Rules },
        OptionField {
            name: "inputFormat",
            label: "Format of the date",
            kind: OptionKind::Text("ISO 8601"),
            of: Of::Rules,
        },
        OptionField {
            name: "inputTimezone",
            label: "Time zone of the date",
            kind: OptionKind::Text("UTC"),
            of: Of::Rules,
        },
    ],
    stubs: &[],
    examples: &[
        Example {
            name: "Another time zone",
            rules: "dddd D MMMM YYYY, HH:mm Z",
            input: "2026-11-23T08:39:51Z",
            options: r#"{"timezone": "Europe/Paris"}"#,
        },
        Example {
            name: "From another format",
            rules: "YYYY-MM-DD",
            input: "07/04/2026",
            options: r#"{"inputFormat": "MM/DD/YYYY"}"#,
        },
    ],
};
