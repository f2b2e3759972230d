//! The editor: Lists when a schedule of six fields is due: seconds, minutes, hours, day, month, weekday.

use crate::components::editor::{Editor, Example, Group, Language, Of, OptionField, OptionKind, Rules, RulesAs};

pub(super) const EDITOR: Editor = Editor {
    slug: "schedule",
    name: "Schedule",
    group: Group::Code,
    icon: "calendar-clock",
    about: "Lists when a schedule of six fields is due: seconds, minutes, hours, day, month, weekday.",
    eval: "cron",
    rules: Some(Rules { title: "Schedule", language: Language::Text, given: RulesAs::Field("expression"), fixed: "" }),
    input: None,
    options: &[
        OptionField { name: "timezone", label: "Time zone", kind: OptionKind::Text("UTC"), of: Of::Rules },
        OptionField { name: "from", label: "From", kind: OptionKind::Text("Now"), of: Of::Options },
        OptionField { name: "count", label: "How many", kind: OptionKind::Number("5"), of: Of::Options },
    ],
    stubs: &[],
    examples: &[
        Example {
            name: "Every quarter of an hour",
            rules: "? 0,15,30,45 * ? * *",
            input: "",
            options: r#"{"from": "2026-11-23T08:39:51Z"}"#,
        },
        Example {
            name: "Weekdays at six in Paris",
            rules: "? 0 6 ? * 1-5",
            input: "",
            options: r#"{"timezone": "Europe/Paris", "from": "2026-10-23T08:39:51Z"}"#,
        },
    ],
};
