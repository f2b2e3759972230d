//! The forms of imports: where a destination writes, and how.

use super::Input::{
    Area, Choice, Code, Connection, Hook, Item, ItemChoice, Json, ListChoice, Number, Reference, Settings, Switch,
};
use super::When::{All, Is, Not};
use super::connection::HEADERS;
use super::file::{FILE_WRITE, FILE_WRITE_MORE};
use super::http::{ANSWER, OWN_MEDIA};
use super::{Choices, Field, Section, When, field, section};
use crate::Kind;

const METHODS: Choices = &[("POST", "POST"), ("PUT", "PUT"), ("PATCH", "PATCH"), ("DELETE", "DELETE"), ("GET", "GET")];
const WHAT: &str = "/http/requestType";
const BOTH: When = Is(WHAT, &["CREATE,UPDATE"]);
const URI_HELP: &str = "Added to the connection’s base URL. Templates read the record before the mapping.";
const BODY_HELP: &str = "A template over the mapped record. Empty sends the mapped record as JSON.";

const OPERATION: &[Field] = &[
    field("/_connectionId", "Connection", Connection),
    field(
        WHAT,
        "Records are",
        ListChoice(&[
            ("", "Created"),
            ("UPDATE", "Updated"),
            ("CREATE,UPDATE", "Created, or updated where they are there"),
        ]),
    ),
    field("/http/method", "Method", ItemChoice(0, METHODS)).usual("POST"),
    field("/http/relativeURI", "Relative URL", Item(0)).placeholder("/orders/{{record.id}}").help(URI_HELP),
    field("/http/body", "Body", Item(0)).optional().help(BODY_HELP),
    field("/http/method", "Method of updates", ItemChoice(1, METHODS)).usual("PUT").when(BOTH),
    field("/http/relativeURI", "Relative URL of updates", Item(1)).placeholder("/orders/{{record.id}}").when(BOTH),
    field("/http/body", "Body of updates", Item(1)).optional().when(BOTH),
    field("/http/existingExtract", "Records that are there have", Code)
        .when(BOTH)
        .help("The path to the field that a record has when the application knows it already, for example its id."),
];

const WHICH: &[Field] = &[
    field("/ignoreExisting", "Leave out what is there", Switch(false)).when(Not(WHAT, &["UPDATE", "CREATE,UPDATE"])),
    field("/ignoreMissing", "Leave out what is not there", Switch(false)).when(Is(WHAT, &["UPDATE"])),
    field("/http/ignoreExtract", "Records that are there have", Code)
        .when(Is("/ignoreExisting", &["true"]))
        .help("The path to the field that a record has when the application knows it already."),
    field("/http/ignoreExtract", "Records that are there have", Code)
        .when(All(&[Not("/ignoreExisting", &["true"]), Is("/ignoreMissing", &["true"])]))
        .help("The path to the field that a record has when the application knows it already."),
    field("/oneToMany", "One record holds many", Switch(false))
        .help("Writes each element of a list in the record by itself."),
    field("/pathToMany", "Path to the many", Code).when(Is("/oneToMany", &["true"])),
];

const REQUESTS: &[Field] = &[
    field("/http/batchSize", "Records a request", Number(1, 10_000))
        .optional()
        .help("1 when empty. With more than one a body is a list, or a template over {{data}}."),
    field("/http/endPointBodyLimit", "Bytes a request", Number(1, i64::MAX))
        .optional()
        .help("A batch that is bigger is halved."),
    field("/http/requestMediaType", "Bodies are", Choice(OWN_MEDIA)),
    field("/http/sendPostMappedData", "Templates of the body read the mapped record", Switch(true)),
    field("/http/ignoreEmptyNodes", "Leave out empty fields", Switch(false)),
    field("/http/strictHandlebarEvaluation", "A missing field is an error", Switch(false))
        .help("A template that names a field that a record has not makes an error of the record."),
    HEADERS.help("Sent with each request of this step. A value may be a template."),
];

const ANSWERS: &[Field] = &[
    field("/http/successMediaType", "Answers are", Choice(ANSWER)),
    field("/http/errorMediaType", "Errors are", Choice(ANSWER)),
    field("/http/response/resourcePath", "Records are at", Item(0))
        .optional()
        .help("Where an answer to several records has one for each."),
    field("/http/response/resourceIdPath", "The id is at", Item(0))
        .optional()
        .help("The id that the application gave a record."),
    field("/http/response/successPath", "Success is at", Item(0)).optional(),
    field("/http/response/successValues", "Success values", Json)
        .optional()
        .placeholder("[\"ok\"]")
        .when(Not("/http/response/successPath", &[""])),
    field("/http/response/failPath", "Failure is at", Item(0))
        .optional()
        .help("A path that tells of a failure though the status is fine."),
    field("/http/response/failValues", "Failure values", Json)
        .optional()
        .placeholder("[\"error\"]")
        .when(Not("/http/response/failPath", &[""])),
    field("/http/response/errorPath", "The message is at", Item(0)).optional(),
];

const HOOKS: &[Field] = &[
    field("/hooks/preMap", "Before the mapping", Hook)
        .optional()
        .help("preMap: may change, leave out or refuse records."),
    field("/hooks/postMap", "After the mapping", Hook).optional().help("postMap: the same, with the mapped records."),
    field("/hooks/postSubmit", "After the answer", Hook)
        .optional()
        .help("postSubmit: may change what is told of each record."),
];

const MORE: &[Field] = &[
    field("/traceKeyTemplate", "Key of a record", Code)
        .optional()
        .placeholder("{{record.id}}")
        .help("What errors of the same record have alike from run to run."),
    field("/dataURITemplate", "Link to a record", Code)
        .optional()
        .help("A template of the address at which a person finds it in the application."),
    field("/settings", "Settings", Settings),
    field("/description", "Description", Area(3)).optional(),
];

pub(super) const HTTP: &[Section] = &[
    section("", OPERATION),
    section("Which records", WHICH).folded(),
    section("Requests", REQUESTS).folded(),
    section("Answers", ANSWERS).folded(),
    section(
        "Asynchronous",
        &[field("/http/_asyncHelperId", "Async helper", Reference(Kind::AsyncHelper))
            .optional()
            .help("For applications that take records and are asked later what became of them.")],
    )
    .folded(),
    section("Hooks", HOOKS).folded(),
    section("More", MORE).folded(),
];

pub(super) const SIMPLE: &[Section] = &[
    section("", FILE_WRITE),
    section("How the file is written", FILE_WRITE_MORE).folded(),
    section(
        "Which records",
        &[
            field("/oneToMany", "One record holds many", Switch(false))
                .help("Writes each element of a list in the record by itself."),
            field("/pathToMany", "Path to the many", Code).when(Is("/oneToMany", &["true"])),
        ],
    )
    .folded(),
    section("Hooks", HOOKS).folded(),
    section(
        "More",
        &[
            field("/traceKeyTemplate", "Key of a record", Code)
                .optional()
                .placeholder("{{record.id}}")
                .help("What errors of the same record have alike from run to run."),
            field("/settings", "Settings", Settings),
            field("/description", "Description", Area(3)).optional(),
        ],
    )
    .folded(),
];
