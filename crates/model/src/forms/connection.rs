//! The form of a connection.

use super::Input::{Area, Choice, Code, Json, Line, Number, Pairs, Reference, Secret, Settings, Switch, Words};
use super::When::{All, Is, Not};
use super::http::MEDIA;
use super::{Choices, Field, Section, When, field, section};
use crate::Kind;

/// The ways to sign in, and their words.
pub const SIGN_INS: Choices = &[
    ("custom", "None or by headers"),
    ("basic", "User name and password"),
    ("token", "Token"),
    ("oauth", "OAuth 2.0"),
    ("oauth1", "OAuth 1.0a"),
    ("digest", "Digest"),
    ("cookie", "Cookie"),
    ("jwtbearer", "JSON Web Token"),
    ("wsse", "WS-Security"),
];

const AUTH: &str = "/http/auth/type";
const GRANT: &str = "/http/auth/oauth/grantType";
const REFRESHED: When = All(&[Is(AUTH, &["token"]), Not("/http/auth/token/refreshRelativeURI", &[""])]);
const OWN_CLIENT: When = All(&[Is(AUTH, &["oauth"]), Is("/http/_iClientId", &[""])]);
const OWN_LOGIN: When = All(&[Is(AUTH, &["oauth"]), Is(GRANT, &["authorizecode", ""])]);
const BY_PASSWORD: When = All(&[Is(AUTH, &["oauth"]), Is(GRANT, &["password"])]);
const PLACED: When = Is(AUTH, &["token", "oauth", "jwtbearer", "jwt"]);
const IN_HEADER: When = All(&[PLACED, Is("/http/auth/token/location", &["header", ""])]);
const IN_PARAMETER: When = All(&[PLACED, Is("/http/auth/token/location", &["url", "body"])]);
const BY_KEY: When = All(&[
    Is(AUTH, &["jwtbearer", "jwt"]),
    Is("/http/auth/jwt/signatureMethod", &["", "rsa-sha256", "rsa-sha384", "rsa-sha512", "es256"]),
]);
const BY_SECRET: When = All(&[
    Is(AUTH, &["jwtbearer", "jwt"]),
    Is("/http/auth/jwt/signatureMethod", &["hmac-sha256", "hmac-sha384", "hmac-sha512"]),
]);
const ONE_BY_SECRET: When = All(&[
    Is(AUTH, &["oauth1"]),
    Is("/http/auth/oauth/oauth1/signatureMethod", &["", "hmac-sha1", "hmac-sha256", "hmac-sha512", "plaintext"]),
]);
const ONE_BY_KEY: When = All(&[
    Is(AUTH, &["oauth1"]),
    Is("/http/auth/oauth/oauth1/signatureMethod", &["rsa-sha1", "rsa-sha256", "rsa-sha512"]),
]);

const SIGN_IN: &[Field] = &[
    field(AUTH, "Authentication", Choice(SIGN_INS)).usual("custom").help("How requests prove who is asking. Amazon’s signature and other schemes of one’s own are headers: {{{aws4 …}}} and {{{hmac …}}} make them."),
    // User name and password
    field("/http/auth/basic/username", "User name", Line).when(Is(AUTH, &["basic", "digest", "wsse"])),
    field("/http/auth/basic/password", "Secret", Secret).when(Is(AUTH, &["basic", "digest", "wsse"])).help("The password."),
    // OAuth 2.0
    field("/http/_iClientId", "iClient", Reference(Kind::IClient)).when(Is(AUTH, &["oauth"])).optional().help("An OAuth client that several connections share. Without one, enter the client here."),
    field(GRANT, "Grant", Choice(&[("authorizecode", "Authorization code"), ("clientcredentials", "Client credentials"), ("password", "Password")])).when(OWN_CLIENT).usual("authorizecode"),
    field("/http/auth/oauth/clientId", "Client id", Code).when(OWN_CLIENT),
    field("/http/auth/oauth/clientSecret", "Client secret", Secret).when(OWN_CLIENT),
    field("/http/auth/oauth/authURI", "Authorization URL", Code).when(All(&[OWN_CLIENT, OWN_LOGIN])).placeholder("https://login.example.com/authorize").help("Where a person allows the access."),
    field("/http/auth/oauth/tokenURI", "Token URL", Code).when(OWN_CLIENT).placeholder("https://login.example.com/token").help("Where a code or the client’s credentials become a token."),
    field("/http/auth/oauth/scope", "Scopes", Words).when(OWN_CLIENT).optional().help("Parted by commas."),
    field("/http/auth/oauth/scopeDelimiter", "Scopes are joined by", Line).when(OWN_CLIENT).optional().help("A space when empty."),
    field("/http/auth/oauth/clientCredentialsLocation", "Client credentials go", Choice(&[("basicauthheader", "Into the Authorization header"), ("body", "Into the body")])).when(OWN_CLIENT).usual("basicauthheader"),
    field("/http/auth/oauth/username", "User name", Line).when(BY_PASSWORD),
    field("/http/auth/oauth/password", "Password", Secret).when(BY_PASSWORD),
    field("/http/auth/token/token", "Access token", Secret).when(Is(AUTH, &["oauth"])).help("Filled in by signing in. Enter one yourself where you have it already."),
    field("/http/auth/token/refreshToken", "Refresh token", Secret).when(OWN_LOGIN).help("Gets new access tokens when one has ended."),
    // A token of one's own
    field("/http/auth/token/token", "Secret", Secret).when(Is(AUTH, &["token"])).help("The token."),
    // OAuth 1.0a
    field("/http/auth/oauth/oauth1/signatureMethod", "Signature", Choice(&[
        ("hmac-sha1", "HMAC-SHA1"), ("hmac-sha256", "HMAC-SHA256"), ("hmac-sha512", "HMAC-SHA512"),
        ("rsa-sha1", "RSA-SHA1"), ("rsa-sha256", "RSA-SHA256"), ("rsa-sha512", "RSA-SHA512"), ("plaintext", "PLAINTEXT"),
    ])).when(Is(AUTH, &["oauth1"])).usual("hmac-sha1"),
    field("/http/auth/oauth/oauth1/consumerKey", "Consumer key", Code).when(Is(AUTH, &["oauth1"])),
    field("/http/auth/oauth/oauth1/consumerSecret", "Consumer secret", Secret).when(ONE_BY_SECRET),
    field("/http/auth/oauth/oauth1/consumerPrivateKey", "Private key", Secret).when(ONE_BY_KEY).help("In PEM, with its first and its last line."),
    field("/http/auth/oauth/oauth1/accessToken", "Access token", Secret).when(Is(AUTH, &["oauth1"])),
    field("/http/auth/oauth/oauth1/tokenSecret", "Token secret", Secret).when(ONE_BY_SECRET),
    field("/http/auth/oauth/oauth1/realm", "Realm", Code).when(Is(AUTH, &["oauth1"])).optional(),
    // Cookie
    field("/http/auth/cookie/uri", "Sign-in URL", Code).when(Is(AUTH, &["cookie"])).placeholder("/session").help("Asked for a cookie before the first request."),
    field("/http/auth/cookie/method", "Sign-in method", Choice(&[("POST", "POST"), ("GET", "GET")])).when(Is(AUTH, &["cookie"])).usual("POST"),
    field("/http/auth/cookie/body", "Sign-in body", Secret).when(Is(AUTH, &["cookie"])).help("Kept as a secret, since it holds the password."),
    field("/http/auth/cookie/successStatusCode", "Status of success", Number(100, 599)).when(Is(AUTH, &["cookie"])).optional().help("Any status below 400 when empty."),
    // JSON Web Token
    field("/http/auth/jwt/signatureMethod", "Signature", Choice(&[
        ("rsa-sha256", "RS256"), ("rsa-sha384", "RS384"), ("rsa-sha512", "RS512"), ("es256", "ES256"),
        ("hmac-sha256", "HS256"), ("hmac-sha384", "HS384"), ("hmac-sha512", "HS512"),
    ])).when(Is(AUTH, &["jwtbearer", "jwt"])).usual("rsa-sha256"),
    field("/http/auth/jwt/privateKey", "Private key", Secret).when(BY_KEY).help("In PEM, with its first and its last line."),
    field("/http/auth/jwt/secret", "Signing secret", Secret).when(BY_SECRET),
    field("/http/auth/jwt/isSecretBase64Encoded", "The secret is base64", Switch(false)).when(BY_SECRET),
    field("/http/auth/jwt/payload", "Payload", Json).when(Is(AUTH, &["jwtbearer", "jwt"])).placeholder("{ \"iss\": \"…\", \"exp\": \"{{timestamp}}\" }").help("The claims, as a JSON object. Texts in it may be templates."),
    field("/http/auth/jwt/headers", "Header", Json).when(Is(AUTH, &["jwtbearer", "jwt"])).optional().help("More fields of the token’s header, as a JSON object."),
    // Where the token goes
    field("/http/auth/token/location", "The token goes", Choice(&[("header", "Into a header"), ("url", "Into the address"), ("body", "Into the body")])).when(PLACED).usual("header"),
    field("/http/auth/token/headerName", "Header", Code).when(IN_HEADER).placeholder("Authorization").optional(),
    field("/http/auth/token/scheme", "Scheme", Code).when(IN_HEADER).placeholder("Bearer").optional().help("What stands before the token. “none” for nothing."),
    field("/http/auth/token/paramName", "Parameter", Code).when(IN_PARAMETER).placeholder("access_token").optional(),
];

const REFRESH: &[Field] = &[
    field("/http/auth/token/refreshRelativeURI", "Refresh URL", Code)
        .optional()
        .placeholder("/token")
        .help("Asked for a new token when one is refused. Empty: the token does not end."),
    field(
        "/http/auth/token/refreshMethod",
        "Refresh method",
        Choice(&[("POST", "POST"), ("PUT", "PUT"), ("GET", "GET")]),
    )
    .when(REFRESHED)
    .usual("POST"),
    field(
        "/http/auth/token/refreshMediaType",
        "Refresh body is",
        Choice(&[("urlencoded", "URL encoded"), ("json", "JSON")]),
    )
    .when(REFRESHED)
    .usual("urlencoded"),
    field("/http/auth/token/refreshBody", "Refresh body", Area(3))
        .when(REFRESHED)
        .optional()
        .help("A template; {{{connection.http.auth.token.refreshToken}}} is the refresh token."),
    field("/http/auth/token/refreshToken", "Refresh token", Secret).when(REFRESHED),
    field("/http/auth/token/refreshTokenPath", "New token is at", Code)
        .when(REFRESHED)
        .optional()
        .placeholder("access_token")
        .help("The path in the answer."),
];

const REFUSED: &[Field] = &[
    field("/http/auth/failStatusCode", "Status of refusal", Number(100, 599))
        .optional()
        .help("An answer with it means that the credentials are refused: 401 and 403 when empty."),
    field("/http/auth/failPath", "Refusal is at", Code)
        .optional()
        .help("A path in the answer that tells of a refusal, for applications that answer 200 all the same."),
    field("/http/auth/failValues", "Refusal values", Words).optional().help("Parted by commas. Any value when empty."),
];

const PING: &[Field] = &[
    field("/http/ping/relativeURI", "Test URL", Code)
        .optional()
        .placeholder("/me")
        .help("A harmless request that only somebody signed in may make. Without it the base URL is asked."),
    field(
        "/http/ping/method",
        "Test method",
        Choice(&[("GET", "GET"), ("POST", "POST"), ("HEAD", "HEAD"), ("PUT", "PUT")]),
    )
    .usual("GET"),
    field("/http/ping/body", "Test body", Area(3)).optional().when(Is("/http/ping/method", &["POST", "PUT"])),
    field("/http/ping/successPath", "Success is at", Code)
        .optional()
        .help("A path in the answer that has to be there."),
    field("/http/ping/successValues", "Success values", Words).optional().when(Not("/http/ping/successPath", &[""])),
    field("/http/ping/errorPath", "The message is at", Code)
        .optional()
        .help("The path to what went wrong, in answers that tell of it."),
];

const RATE: &[Field] = &[
    field("/http/concurrencyLevel", "Requests at once", Number(1, 25))
        .optional()
        .help("Of all steps that use this connection together, 1 to 25."),
    field("/http/targetConcurrencyLevel", "At most at once", Number(1, 25))
        .optional()
        .help("The connection works its way up to so many while all goes well."),
    field("/_borrowConcurrencyFromConnectionId", "Shares the queue of", Reference(Kind::Connection))
        .optional()
        .help("Requests of both connections wait in one queue; its level counts, not this one’s."),
    field("/http/rateLimit/limit", "Milliseconds between requests", Number(0, 3_600_000))
        .optional()
        .help("Then one request goes out at a time."),
    field("/http/rateLimit/failStatusCode", "Status of too many", Number(100, 599)).optional().help("429 when empty."),
    field("/http/rateLimit/failPath", "Too many is at", Code)
        .optional()
        .help("A path in answers that say it in their body."),
    field("/http/rateLimit/failValues", "Too many values", Words)
        .optional()
        .when(Not("/http/rateLimit/failPath", &[""])),
    field("/http/retryHeader", "Header with the wait", Code).optional().placeholder("Retry-After"),
    field("/autoRecoverRateLimitErrors", "Slow down by itself", Switch(true)).help(
        "Halves the requests at once when the application says that they are too many, then works its way up again.",
    ),
];

/// The headers of each request.
pub(super) const HEADERS: Field = field(
    "/http/headers",
    "Headers",
    Pairs { left: "name", right: "value", left_label: "Header name", right_label: "Header value", one: "header" },
);

pub(super) const HTTP: &[Section] = &[
    section("", &[
        field("/name", "Name", Line),
        field("/http/baseURI", "Base URL", Code).placeholder("https://").help("All requests begin with it, for example https://api.example.com/v2."),
    ]),
    section("Authentication", SIGN_IN),
    section("Renewal of the token", REFRESH).when(Is(AUTH, &["token"])).folded(),
    section("Test", PING).help("What “Test connection” sends."),
    section("Headers and bodies", &[
        HEADERS.help("Sent with each request. What an export or import says itself goes before. A value may be a template."),
        field("/http/mediaType", "Bodies are", Choice(MEDIA)).usual("json"),
        field("/http/successMediaType", "Answers are", Choice(&[("", "As the bodies"), ("json", "JSON"), ("xml", "XML"), ("csv", "CSV"), ("plaintext", "Plain text")])),
        field("/http/errorMediaType", "Errors are", Choice(&[("", "JSON"), ("json", "JSON always"), ("xml", "XML"), ("plaintext", "Plain text")])),
    ]).folded(),
    section("How fast", RATE).folded(),
    section("When the credentials are refused", REFUSED).folded(),
    section("More", &[
        field("/http/unencrypted", "Fields for templates", Json).optional().help("A JSON object; {{connection.http.unencrypted.region}} reads one of it."),
        field("/http/encrypted", "Secret fields for templates", Secret).optional().help("A JSON object; {{{connection.http.encrypted.key}}} reads one of it, in addresses, headers and bodies only."),
        field("/settings", "Settings", Settings),
        field("/description", "Description", Area(3)).optional(),
    ]).folded(),
];

/// A connection of a type that no form is there for yet: its JSON is beside.
pub(super) const UNKNOWN: &[Section] = &[section(
    "",
    &[
        field("/name", "Name", Line),
        field("/type", "Type", Code).help(
            "This version runs http. Connections of other types are kept as they came, and no flow runs with them yet.",
        ),
        field("/description", "Description", Area(3)).optional(),
    ],
)];
