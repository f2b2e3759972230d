//! The forms of the kinds that flows share: clients, helpers, definitions, caches.

use super::Input::{Area, Choice, Code, Hook, Json, Line, Lines, Number, Reference, Secret, Settings, Switch, Words};
use super::When::{Is, Not};
use super::{Field, Section, field, section};
use crate::Kind;

const NAME: Field = field("/name", "Name", Line);
const DESCRIPTION: Field = field("/description", "Description", Area(3));

/// Of a kind without a form of its own: its JSON is beside.
pub(super) const PLAIN: &[Section] = &[section("", &[NAME, DESCRIPTION.optional()])];

/// What is said of an integration as a whole.
pub(super) const INTEGRATION: &[Section] =
    &[section("", &[DESCRIPTION.optional(), field("/settings", "Settings", Settings)])];

/// What is said of a group of flows; it stands in its integration.
pub const FLOW_GROUP: &[Section] = &[section(
    "",
    &[
        NAME,
        field("/settings", "Settings", Settings)
            .help("Templates and rules of its flows read them as settings.flowGrouping."),
    ],
)];

pub(super) const LOOKUP_CACHE: &[Section] = &[section(
    "",
    &[
        NAME,
        DESCRIPTION.optional(),
        field("/includeDataInClone", "The data goes along", Switch(false))
            .help("When the cache is cloned or downloaded."),
    ],
)];

pub(super) const AGENT: &[Section] = &[section("", &[NAME, DESCRIPTION.optional()])];

const BY_CODE: super::When = Is("/oauth2/grantType", &["", "authorizecode"]);

pub(super) const ICLIENT: &[Section] = &[
    section("", &[
        NAME,
        field("/oauth2/grantType", "Grant", Choice(&[("authorizecode", "Authorization code"), ("clientcredentials", "Client credentials"), ("password", "Password")])).usual("authorizecode"),
        field("/oauth2/auth/uri", "Authorization URL", Code).when(BY_CODE).placeholder("https://login.example.com/authorize").help("Where a person allows the access."),
        field("/oauth2/token/uri", "Token URL", Code).placeholder("https://login.example.com/token").help("Where a code or the client’s credentials become a token. Enter it before the secret: that goes nowhere else."),
        field("/oauth2/clientId", "Client id", Code),
        field("/oauth2/clientSecret", "Client secret", Secret),
        field("/oauth2/username", "User name", Line).when(Is("/oauth2/grantType", &["password"])),
        field("/oauth2/password", "Password", Secret).when(Is("/oauth2/grantType", &["password"])),
        field("/oauth2/scope", "Scopes", Words).optional().help("Parted by commas."),
        field("/oauth2/scopeDelimiter", "Scopes are joined by", Line).optional().help("A space when empty."),
        field("/oauth2/clientCredentialsLocation", "Client credentials go", Choice(&[("basicauthheader", "Into the Authorization header"), ("body", "Into the body")])).usual("basicauthheader"),
        field("/oauth2/pkceCodeChallengeMethod", "Proof of the code", Choice(&[("s256", "S256"), ("plain", "Plain")])).usual("s256").when(BY_CODE).help("RFC 7636. Plain only where the application asks for it."),
    ]),
    section("Requests for tokens", &[
        field("/oauth2/token/method", "Token method", Choice(&[("POST", "POST"), ("GET", "GET")])).usual("POST"),
        field("/oauth2/token/body", "Token body", Area(3)).optional().help("A template in place of the usual one."),
        field("/oauth2/refresh/uri", "Refresh URL", Code).optional().help("The token URL when empty."),
        field("/oauth2/refresh/method", "Refresh method", Choice(&[("POST", "POST"), ("GET", "GET")])).usual("POST").when(Not("/oauth2/refresh/uri", &[""])),
        field("/oauth2/refresh/body", "Refresh body", Area(3)).optional(),
        field("/oauth2/accessTokenPath", "Access token is at", Code).optional().placeholder("access_token"),
        field("/oauth2/refreshTokenPath", "Refresh token is at", Code).optional().placeholder("refresh_token"),
    ]).folded(),
    section("Where the token goes", &[
        field("/oauth2/accessTokenLocation", "The token goes", Choice(&[("header", "Into a header"), ("url", "Into the address"), ("body", "Into the body")])).usual("header"),
        field("/oauth2/accessTokenHeaderName", "Header", Code).optional().placeholder("Authorization").when(Is("/oauth2/accessTokenLocation", &["", "header"])),
        field("/oauth2/scheme", "Scheme", Code).optional().placeholder("Bearer").when(Is("/oauth2/accessTokenLocation", &["", "header"])),
        field("/oauth2/accessTokenParamName", "Parameter", Code).optional().placeholder("access_token").when(Is("/oauth2/accessTokenLocation", &["url", "body"])),
    ]).folded(),
    section("More", &[
        field("/oauth2/failStatusCode", "Status of refusal", Number(100, 599)).optional(),
        field("/oauth2/failPath", "Refusal is at", Code).optional(),
        field("/oauth2/failValues", "Refusal values", Words).optional().when(Not("/oauth2/failPath", &[""])),
        field("/oauth2/validDomainNames", "Hosts it may be used for", Lines).optional().help("One a line, without https://."),
        field("/oauth2/unencrypted", "Fields for templates", Json).optional().help("A JSON object; {{iClient.unencrypted.account}} reads one of it."),
        DESCRIPTION.optional(),
    ]).folded(),
];

pub(super) const ASYNC_HELPER: &[Section] = &[
    section("", &[NAME, DESCRIPTION.optional()]),
    section(
        "What was handed in",
        &[
            field("/http/submit/resourcePath", "The ticket is at", Code)
                .optional()
                .help("The path in the first answer to what the application calls the work."),
            field("/http/submit/sameAsStatus", "The first answer tells the status too", Switch(false)),
        ],
    ),
    section(
        "Asking for the status",
        &[
            field("/http/status/_exportId", "Asked by", Reference(Kind::Export))
                .help("The export that asks for the status."),
            field("/http/status/statusPath", "The status is at", Code),
            field("/http/status/inProgressValues", "Still at work", Words).optional().help("Values, parted by commas."),
            field("/http/status/doneValues", "Done", Words).help("Values, parted by commas."),
            field("/http/status/pollWaitTime", "Milliseconds between questions", Number(100, i64::MAX)).optional(),
            field("/http/status/initialWaitTime", "Milliseconds before the first", Number(0, i64::MAX)).optional(),
        ],
    ),
    section(
        "The result",
        &[field("/http/result/_exportId", "Fetched by", Reference(Kind::Export))
            .optional()
            .help("The export that fetches what came of it. Empty: the last status is the result.")],
    ),
];

pub(super) const FILE_DEFINITION: &[Section] = &[section(
    "",
    &[
        NAME,
        field("/version", "Version", Line).optional(),
        field(
            "/format",
            "Format",
            Choice(&[
                ("delimited", "Delimited"),
                ("fixed", "Fixed width"),
                ("delimited/x12", "X12"),
                ("delimited/edifact", "EDIFACT"),
            ]),
        )
        .usual("delimited"),
        field("/delimited", "Delimiters", Json)
            .optional()
            .when(Not("/format", &["fixed"]))
            .help("Of rows and columns, as a JSON object."),
        field("/fixed", "Delimiters", Json)
            .optional()
            .when(Is("/format", &["fixed"]))
            .help("Of rows, as a JSON object."),
        field("/rules", "Rules", Json).help("The records of the file and their elements, as a JSON list."),
        DESCRIPTION.optional(),
    ],
)];

pub(super) const STACK: &[Section] = &[section(
    "",
    &[
        NAME,
        field("/type", "Type", Choice(&[("server", "Server"), ("lambda", "AWS Lambda")])).usual("server"),
        field("/server/hostURI", "Host URL", Code).when(Is("/type", &["", "server"])).placeholder("https://"),
        field("/server/ipRanges", "Addresses that may ask", Lines)
            .optional()
            .when(Is("/type", &["", "server"]))
            .help("One a line. Any when empty."),
        field("/lambda/accessKeyId", "Access key id", Code).when(Is("/type", &["lambda"])),
        field("/lambda/awsRegion", "Region", Code).when(Is("/type", &["lambda"])).placeholder("us-east-1"),
        field("/lambda/functionName", "Function", Code).when(Is("/type", &["lambda"])),
        field(
            "/lambda/language",
            "Language",
            Choice(&[("Node.js", "Node.js"), ("C#", "C#"), ("Java", "Java"), ("Other", "Another")]),
        )
        .usual("Node.js")
        .when(Is("/type", &["lambda"])),
        DESCRIPTION.optional(),
    ],
)];

pub(super) const API: &[Section] = &[
    section(
        "",
        &[
            NAME,
            field("/version", "Version", Code)
                .placeholder("v1")
                .help("A part of the address: callers that use it break when it changes."),
            field("/_integrationId", "Integration", Reference(Kind::Integration)).optional(),
            field("/type", "Answered by", Choice(&[("script", "A script"), ("builder", "Rules")])).usual("script"),
            field("/disabled", "Switched off", Switch(false)),
            DESCRIPTION.optional(),
        ],
    ),
    section(
        "Answered by a script",
        &[field("/script", "Function", Hook)
            .optional()
            .help("handleRequest: takes the request and returns statusCode, headers and body.")],
    )
    .when(Is("/type", &["", "script"])),
    section(
        "Answered by rules",
        &[
            field("/builder/request", "Request", Json)
                .help("What is asked: method, relativeURI such as /customers/:id, and the transform that makes a record of it, as a JSON object."),
            field("/builder/responses", "Responses", Json)
                .help("What is answered: one of the type success, one of the type fail, and others that inputFilter chooses, as a JSON list."),
        ],
    )
    .when(Is("/type", &["builder"])),
];
