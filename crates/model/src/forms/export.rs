//! The forms of exports: what a source or a lookup reads, and how.

use super::Input::{Area, Choice, Code, Connection, Hook, Line, Number, Settings, Switch, Words};
use super::When::{All, Is, Not};
use super::connection::HEADERS;
use super::file::{FILE_FORMAT, FILE_MORE};
use super::http::{ANSWER, OWN_MEDIA};
use super::{Field, Section, When, field, section};

const PAGING: &str = "/http/paging/method";
const COUNTS: When = Is(PAGING, &["page", "skip"]);
const TYPE: &str = "/type";

const PAGES: &[Field] = &[
    field(PAGING, "Paging", Choice(&[
        ("", "None"), ("page", "Page number"), ("skip", "Number of records to skip"), ("token", "Token"), ("url", "Address in the answer"),
        ("linkheader", "Link header"), ("relativeuri", "Another relative URL"), ("body", "Another body"),
    ])).help("How the next page is asked for. {{export.http.paging.page}}, {{export.http.paging.skip}} or {{export.http.paging.token}} goes into the relative URL or the body."),
    field("/http/paging/page", "First page", Number(0, i64::MAX)).optional().when(Is(PAGING, &["page"])).help("0 when not set."),
    field("/http/paging/skip", "First record", Number(0, i64::MAX)).optional().when(Is(PAGING, &["skip"])).help("0 when not set."),
    field("/http/paging/path", "The token is at", Code).when(Is(PAGING, &["token"])).help("The path in the answer, or the name of the header."),
    field("/http/paging/pathLocation", "The token is in", Choice(&[("body", "The body"), ("header", "A header")])).usual("body").when(Is(PAGING, &["token"])),
    field("/http/paging/pathAfterFirstRequest", "Later tokens are at", Code).optional().when(Is(PAGING, &["token"])).help("Where they stand elsewhere in the second answer and those after it."),
    field("/http/paging/token", "First token", Code).optional().when(Is(PAGING, &["token"])),
    field("/http/paging/path", "The address is at", Code).when(Is(PAGING, &["url"])).help("The path in the answer to the address of the next page."),
    field("/http/paging/linkHeaderRelation", "Relation", Code).optional().placeholder("next").when(Is(PAGING, &["linkheader"])).help("The relation that the next page has in the Link header."),
    field("/http/paging/relativeURI", "Relative URL of later pages", Code).when(Not(PAGING, &["", "url", "linkheader"])).optional().help("A template; {{previous_page}} is the answer before. Empty: the same as for the first page."),
    field("/http/paging/body", "Body of later pages", Area(3)).when(Is(PAGING, &["body", "token", "page", "skip"])).optional(),
    field("/http/paging/resourcePath", "Later records are at", Code).when(Not(PAGING, &[""])).optional().help("Where later answers have their records elsewhere."),
    field("/http/paging/maxPagePath", "Number of pages is at", Code).optional().when(COUNTS),
    field("/http/paging/maxCountPath", "Number of records is at", Code).optional().when(COUNTS),
    field("/http/paging/lastPageStatusCode", "Last page status", Number(100, 599)).optional().when(Not(PAGING, &[""])).help("The status that means “no more pages”: 404 when not set."),
    field("/http/paging/lastPagePath", "Last page is at", Code).optional().when(Not(PAGING, &[""])).help("A path that tells in the last answer that it is the last."),
    field("/http/paging/lastPageValues", "Last page values", Words).optional().when(All(&[Not(PAGING, &[""]), Not("/http/paging/lastPagePath", &[""])])),
];

const ANSWERS: &[Field] = &[
    field("/http/successMediaType", "Answers are", Choice(ANSWER)),
    field("/http/response/successPath", "Success is at", Code)
        .optional()
        .help("A path that has to be there, or to have one of the values below."),
    field("/http/response/successValues", "Success values", Words)
        .optional()
        .when(Not("/http/response/successPath", &[""])),
    field("/http/response/failPath", "Failure is at", Code)
        .optional()
        .help("A path that tells of a failure though the status is fine."),
    field("/http/response/failValues", "Failure values", Words).optional().when(Not("/http/response/failPath", &[""])),
    field("/http/response/errorPath", "The message is at", Code).optional(),
];

const WHICH: &[Field] = &[
    field(
        TYPE,
        "Records",
        Choice(&[
            ("", "All"),
            ("delta", "Those that changed since the last run"),
            ("once", "Each once"),
            ("test", "The first few, to try it out"),
        ]),
    ),
    field("/delta/startDate", "First run since", Code)
        .optional()
        .when(Is(TYPE, &["delta"]))
        .placeholder("2026-01-31T00:00:00Z")
        .help("From the beginning of time when empty. Put {{lastExportDateTime}} into the relative URL or the body."),
    field("/delta/dateFormat", "Date format", Code)
        .optional()
        .when(Is(TYPE, &["delta"]))
        .placeholder("YYYY-MM-DDTHH:mm:ssZ")
        .help("How {{lastExportDateTime}} is written: ISO 8601 when empty."),
    field("/delta/lagOffset", "Go back by milliseconds", Number(0, 86_400_000))
        .optional()
        .when(Is(TYPE, &["delta"]))
        .help("For applications that show a change late."),
    field("/http/once/relativeURI", "URL that is told", Code)
        .when(Is(TYPE, &["once"]))
        .placeholder("/orders/{{record.id}}")
        .help("Asked after each page, or for each record where it names one, so that it is not read again."),
    field(
        "/http/once/method",
        "Its method",
        Choice(&[("POST", "POST"), ("PUT", "PUT"), ("PATCH", "PATCH"), ("DELETE", "DELETE"), ("GET", "GET")]),
    )
    .usual("POST")
    .when(Is(TYPE, &["once"])),
    field("/http/once/body", "Its body", Area(3)).optional().when(Is(TYPE, &["once"])),
    field("/test/limit", "How many", Number(1, 100)).optional().when(Is(TYPE, &["test"])).help("1 when empty."),
];

pub(super) const MORE: &[Field] = &[
    field("/pageSize", "Records a page", Number(1, 50_000))
        .optional()
        .when(Not("/isLookup", &["true"]))
        .help("How many go through the flow together: 20 when empty."),
    field("/groupByFields", "Put together by", Words)
        .optional()
        .when(Not("/isLookup", &["true"]))
        .help("Fields, parted by commas: records that agree in all of them go through the flow as one list."),
    field("/oneToMany", "One record holds many", Switch(false))
        .when(Is("/isLookup", &["true"]))
        .help("Asks once for each element of a list in the record."),
    field("/pathToMany", "Path to the many", Code)
        .when(All(&[Is("/isLookup", &["true"]), Is("/oneToMany", &["true"])])),
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

pub(super) const HOOKS: &[Field] = &[field("/hooks/preSavePage", "Before a page goes on", Hook)
    .optional()
    .help("preSavePage: may change, add and leave out records of each page.")];

pub(super) const HTTP: &[Section] = &[
    section(
        "",
        &[
            field("/_connectionId", "Connection", Connection),
            field(
                "/http/method",
                "Method",
                Choice(&[("GET", "GET"), ("POST", "POST"), ("PUT", "PUT"), ("PATCH", "PATCH"), ("DELETE", "DELETE")]),
            )
            .usual("GET"),
            field("/http/relativeURI", "Relative URL", Code)
                .placeholder("/orders")
                .help("Added to the connection’s base URL."),
            field("/http/body", "Body", Area(4)).optional().when(Not("/http/method", &["GET", ""])),
            field("/http/requestMediaType", "The body is", Choice(OWN_MEDIA)).when(Not("/http/method", &["GET", ""])),
            field("/http/response/resourcePath", "Records are at", Code)
                .optional()
                .help("The path to the list in the answer. Empty when the answer is the list."),
        ],
    ),
    section("Pages", PAGES),
    // A lookup asks for one record at a time, and always.
    section("Which records", WHICH).when(Not("/isLookup", &["true"])),
    section("Headers", &[HEADERS.help("Sent with each request of this step. A value may be a template.")]).folded(),
    section("Answers", ANSWERS).folded(),
    section(
        "Asynchronous",
        &[field("/http/_asyncHelperId", "Async helper", super::Input::Reference(crate::Kind::AsyncHelper))
            .optional()
            .help("For applications that take a request and are asked for the result later.")],
    )
    .folded()
    .when(Not("/http/_asyncHelperId", &[""])),
    section("Hooks", HOOKS).folded(),
    section("More", MORE).folded(),
];

pub(super) const SIMPLE: &[Section] = &[
    section("", &[field("/rawData", "File", super::Input::File)]),
    section("", FILE_FORMAT),
    section(
        "Which records",
        &[
            field(
                TYPE,
                "Records",
                Choice(&[
                    ("simple", "All"),
                    ("delta", "Those that changed since the last run"),
                    ("test", "The first few, to try it out"),
                ]),
            )
            .usual("simple"),
            field("/delta/dateField", "Changed is in", Code)
                .when(Is(TYPE, &["delta"]))
                .help("The field that says when a record changed; several parted by commas."),
            field("/delta/startDate", "First run since", Code)
                .optional()
                .when(Is(TYPE, &["delta"]))
                .placeholder("2026-01-31T00:00:00Z"),
            field("/test/limit", "How many", Number(1, 100)).optional().when(Is(TYPE, &["test"])).help("1 when empty."),
        ],
    )
    .folded(),
    section("How the file is read", FILE_MORE).folded(),
    section("Hooks", HOOKS).folded(),
    section(
        "More",
        &[
            field("/pageSize", "Records a page", Number(1, 50_000))
                .optional()
                .help("How many go through the flow together: 20 when empty."),
            field("/traceKeyTemplate", "Key of a record", Code)
                .optional()
                .placeholder("{{record.id}}")
                .help("What errors of the same record have alike from run to run."),
            field("/settings", "Settings", Settings),
            field("/description", "Description", Line).optional(),
        ],
    )
    .folded(),
];
