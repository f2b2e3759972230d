//! The forms of what a flow itself says of its steps and branchings. Their paths begin at the row.

use super::Input::{Area, Choice, Hook, Line, Pairs, Settings, Switch};
use super::When::Is;
use super::{Section, field, section};

/// What a flow says of a step that writes or looks up.
pub const STEP: &[Section] = &[
    section("Answer", &[
        field("/responseMapping/fields", "Response mapping", Pairs { left: "extract", right: "generate", left_label: "From the answer", right_label: "Field of the record", one: "field" })
            .help("What of the answer the record takes along to the next step. Of an import: id, _json, errors, statusCode; of a lookup: data."),
        field("/hooks/postResponseMap", "After the response mapping", Hook).optional().help("postResponseMap: may change records before they go on."),
    ]),
    section("Failed records", &[field("/proceedOnFailure", "Go on with the next step all the same", Switch(false)).help("Otherwise they wait here until they are tried again.")]),
];

/// What is said of a branching.
pub const ROUTER: &[Section] = &[section(
    "",
    &[
        field("/name", "Name", Line),
        field(
            "/routeRecordsTo",
            "Records go to",
            Choice(&[
                ("first_matching_branch", "The first branch that takes them"),
                ("all_matching_branches", "Every branch that takes them"),
            ]),
        )
        .usual("first_matching_branch"),
        field(
            "/routeRecordsUsing",
            "Chosen by",
            Choice(&[("input_filters", "The rules of each branch"), ("script", "A script")]),
        )
        .usual("input_filters"),
        field("/script", "Script", Hook)
            .when(Is("/routeRecordsUsing", &["script"]))
            .help("branching: returns the numbers of the branches for each record, the first being 0."),
    ],
)];

/// What is said of a branch.
pub const BRANCH: &[Section] =
    &[section("", &[field("/name", "Name", Line), field("/description", "Description", Area(2)).optional()])];

/// What is said of a flow as a whole.
pub const FLOW: &[Section] = &[section(
    "",
    &[
        field("/description", "Description", Area(3)).optional(),
        field("/runPageGeneratorsInParallel", "Read all sources at once", Switch(false))
            .help("Otherwise one source is read after the other."),
        field("/settings", "Settings", Settings),
    ],
)];
