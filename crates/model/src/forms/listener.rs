//! The form of a listener: who may send, what comes, and what a sender is answered.

use super::Input::{Area, Choice, Code, Line, Number, Pairs, Secret, Switch};
use super::When::{All, Is, Not};
use super::export::{HOOKS, MORE};
use super::{Choices, Field, Input, Section, When, field, section};

const VERIFY: &str = "/webhook/verify";
const PLACE: &str = "/webhook/tokenLocation";
const STATUS: &str = "/webhook/successStatusCode";
const CHALLENGE: &str = "/webhook/challengeSuccessBody";
const SIGNED: When = Is(VERIFY, &["hmac"]);
const BY_TOKEN: When = Is(VERIFY, &["token"]);
const IN_HEADER: When = All(&[BY_TOKEN, Is(PLACE, &["header"])]);
const WITH_BODY: When = Not(STATUS, &["", "204"]);

const MEDIA: Choices = &[("json", "JSON"), ("xml", "XML"), ("plaintext", "Text")];
const HEADERS: Input =
    Pairs { left: "name", right: "value", left_label: "Header", right_label: "Value", one: "header" };

const PROOF: &[Field] = &[
    field(
        VERIFY,
        "Senders prove themselves by",
        Choice(&[
            ("secret_url", "A secret address"),
            ("hmac", "A signature of what they send (HMAC)"),
            ("token", "A token"),
            ("basic", "User name and password"),
        ]),
    )
    .help("What comes without it is refused, and nothing of it is kept."),
    field("/webhook/header", "Header of the signature", Code).when(SIGNED).placeholder("X-Hub-Signature-256"),
    field(
        "/webhook/algorithm",
        "Algorithm",
        Choice(&[
            ("sha256", "SHA-256"),
            ("sha384", "SHA-384"),
            ("sha512", "SHA-512"),
            ("sha1", "SHA-1, for old senders"),
        ]),
    )
    .usual("sha256")
    .when(SIGNED),
    field("/webhook/encoding", "The signature is written in", Choice(&[("hex", "Hex digits"), ("base64", "Base64")]))
        .usual("hex")
        .when(SIGNED),
    field("/webhook/key", "Key", Secret).when(SIGNED).help("The same as in the application that sends."),
    field(
        PLACE,
        "The token is in",
        Choice(&[("body", "The body"), ("header", "A header"), ("queryParam", "The address, as a parameter")]),
    )
    .usual("body")
    .when(BY_TOKEN),
    field("/webhook/path", "It is at", Code)
        .when(All(&[BY_TOKEN, Is(PLACE, &["", "body"])]))
        .placeholder("meta.token")
        .help("The path of the token in a body of JSON, or its name in a form."),
    field("/webhook/tokenHeaderName", "Header of the token", Code).when(IN_HEADER).placeholder("Authorization"),
    field(
        "/webhook/tokenHeaderScheme",
        "Before the token stands",
        Choice(&[("bearer", "Bearer"), ("none", "Nothing"), ("custom", "Another word")]),
    )
    .usual("bearer")
    .when(IN_HEADER),
    field("/webhook/customTokenScheme", "That word", Code)
        .when(All(&[IN_HEADER, Is("/webhook/tokenHeaderScheme", &["custom"])])),
    field("/webhook/tokenQueryParamName", "Parameter", Code)
        .when(All(&[BY_TOKEN, Is(PLACE, &["queryParam"])]))
        .placeholder("token"),
    field("/webhook/token", "Token", Secret).when(BY_TOKEN).help("The same as in the application that sends."),
    field("/webhook/username", "User name", Line).when(Is(VERIFY, &["basic"])),
    field("/webhook/password", "Password", Secret).when(Is(VERIFY, &["basic"])),
];

const COMES: &[Field] = &[
    field(
        "/webhook/requestMediaType",
        "What comes is",
        Choice(&[
            ("", "What its sender says"),
            ("json", "JSON"),
            ("xml", "XML"),
            ("csv", "CSV"),
            ("urlencoded", "A form"),
            ("plaintext", "Text"),
        ]),
    ),
    field("/webhook/pathToRecords", "Records are at", Code)
        .optional()
        .placeholder("data.items")
        .help("The path to the list in what comes. Empty: an object is one record, and a list one for each element."),
    field("/webhook/includeParentData", "Each record gets what stands around the list", Switch(false))
        .when(Not("/webhook/pathToRecords", &[""])),
];

const ANSWER: &[Field] = &[
    field(STATUS, "Status", Number(200, 299)).optional().help("204, an answer without a body, when empty."),
    field("/webhook/successBody", "Body", Area(3))
        .optional()
        .when(WITH_BODY)
        .help("A template, with the fields of what came."),
    field("/webhook/successMediaType", "The body is", Choice(MEDIA)).usual("json").when(WITH_BODY),
    field("/webhook/successResponseHeaders", "Headers", HEADERS)
        .optional()
        .help("Only headers that carry data are sent."),
];

const CHALLENGES: &[Field] = &[
    field(CHALLENGE, "Body", Area(3))
        .optional()
        .placeholder("{\"challenge\": \"{{challenge}}\"}")
        .help("Some applications first ask whether somebody is there. Give back what they ask: {{challenge}}, or {{hub.challenge}}."),
    field("/webhook/challengeSuccessStatusCode", "Status", Number(200, 299))
        .optional()
        .when(Not(CHALLENGE, &[""]))
        .help("200 when empty."),
    field("/webhook/challengeSuccessMediaType", "The body is", Choice(MEDIA)).usual("json").when(Not(CHALLENGE, &[""])),
    field("/webhook/challengeResponseHeaders", "Headers", HEADERS).optional().when(Not(CHALLENGE, &[""])),
];

pub(super) const LISTENER: &[Section] = &[
    section("", PROOF),
    section("What comes", COMES),
    section("What a sender is answered", ANSWER).folded(),
    section("Challenge", CHALLENGES).folded(),
    section("Hooks", HOOKS).folded(),
    section("More", MORE).folded(),
];
