//! The forms of what a flow itself says of its steps and branchings. Their paths begin at the row.

use super::Input::{
    Area, Choice, Code, Hook, Line, Lists, Pairs, Reference, References, Settings, Sources, Switch, Table,
};
use super::When::{All, Is, Not};
use super::{Section, field, section};
use crate::Kind;

/// What a flow says of any of its steps; of a source, nothing else.
pub const STEP_NOTE: &[Section] = &[section(
    "",
    &[field("/note", "Note", Area(2)).optional().help("Stands below the step on the canvas, for everybody.")],
)];

/// What a list of a response mapping says of the items of its list. Its path begins at the row.
pub const RESPONSE_LIST: Section = section(
    "",
    &[field(
        "/fields",
        "Fields of its items",
        Pairs {
            left: "extract",
            right: "generate",
            left_label: "From the answer",
            right_label: "Field of the item",
            one: "field",
        },
    )],
);

/// What a flow says of a step that writes or looks up.
pub const STEP: &[Section] = &[
    section("Answer", &[
        field("/responseMapping/fields", "Response mapping", Pairs { left: "extract", right: "generate", left_label: "From the answer", right_label: "Field of the record", one: "field" })
            .help("What of the answer the record takes along to the next step. Of an import: id, _json, errors, statusCode; of a lookup: data."),
        field("/responseMapping/lists", "Response mapping: lists", Lists)
            .optional()
            .help("A list of the record that is made of one of the answer: of data[*].sku comes one item for each of data."),
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
        field("/skipRetries", "Do not keep the data of failed records", Switch(false))
            .help("Errors then say what happened and keep no record: none can be looked at or tried again."),
        field("/_runNextFlowIds", "Then run", References(Kind::Flow))
            .optional()
            .help("They start when this one has run to its end, also with records that failed."),
        field("/_runNextExportIds", "Then read", Sources)
            .optional()
            .help("Single sources of other flows, which run with these alone. A flow that is named above reads all of its own."),
        field("/settings", "Settings", Settings),
    ],
)];

/// What a row of a mapping says beside its source, its destination and its type.
pub const MAP_ROW: &[Section] = &[
    section(
        "",
        &[
            field(
                "/conditional/when",
                "Map only when",
                Choice(&[
                    ("", "Always"),
                    ("record_created", "The record is created"),
                    ("record_updated", "The record is updated"),
                    ("extract_not_empty", "The source has a value"),
                ]),
            ),
            field("/required", "The destination requires it", Switch(false))
                .help("“Required” above the fields then lists it."),
            field("/description", "Description", Area(2)).optional(),
        ],
    ),
    section(
        "Dates",
        &[
            field("/extractDateFormat", "Format of the source", Code).optional().placeholder("MM/DD/YYYY"),
            field("/extractDateTimezone", "Time zone of the source", Code).optional().placeholder("Europe/Vienna"),
            field("/generateDateFormat", "Format of the destination", Code).optional().placeholder("YYYY-MM-DD"),
            field("/generateDateTimezone", "Time zone of the destination", Code).optional().placeholder("UTC"),
        ],
    )
    .folded()
    .when(Is("/dataType", &["", "string", "stringarray"])),
];

/// What a lookup says that rows of a mapping name.
pub const LOOKUP: &[Section] = &[section(
    "",
    &[
        field("/_lookupCacheId", "Lookup cache", Reference(Kind::LookupCache))
            .optional()
            .when(Is("/relativeURI", &[""]))
            .help("Without one, the values are listed here."),
        field(
            "/map",
            "Values",
            Table { left_label: "From the source", right_label: "To the destination", one: "value" },
        )
        .when(All(&[Is("/_lookupCacheId", &[""]), Is("/relativeURI", &[""])]))
        .help("For each value of the source the one of the destination."),
        field("/relativeURI", "Relative URL", Code)
            .when(Not("/relativeURI", &[""]))
            .help("Asked once for each record."),
        field("/extract", "The value is at", Code).optional().when(Not("/_lookupCacheId", &[""])),
        field("/extract", "The value is at", Code).optional().when(Not("/relativeURI", &[""])),
        field("/allowFailures", "Go on where nothing is found", Switch(false)).help("Otherwise the record fails."),
        field("/default", "Use then", Line).optional().when(Is("/allowFailures", &["true"])),
    ],
)];
