//! AWS Signature Version 4: the Authorization header of the request that `hmacOptions` describes.
//!
//! Where the context has no request, it is a GET of the service's own address with the time of the render.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use tombolo_model::Val;

use super::crypto::hmac;
use super::{Args, Made, made};
use crate::encode::percent;
use crate::js;
use crate::moment::{Zone, format};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

pub(super) fn aws4(args: &Args<'_>) -> Made {
    let (access, secret, region, service) = (args.text(0), args.text(1), args.text(3), args.text(4));
    let request = Request::of(args, &region, &service);
    // It may be a header of the request's own, and so whatever a record says.
    let is_time = |day: &&str| day.bytes().all(|byte| byte.is_ascii_digit());
    let Some(day) = request.time.get(..8).filter(is_time) else {
        return Err("the header x-amz-date is no time such as 20250420T173820Z".to_owned());
    };
    let scope = format!("{day}/{region}/{service}/aws4_request");
    let names: Vec<&str> = request.headers.keys().map(String::as_str).collect();
    let names = names.join(";");
    let canonical = request.canonical(&names);
    let text = format!("{ALGORITHM}\n{}\n{scope}\n{}", request.time, hex::encode(Sha256::digest(canonical.as_bytes())));
    let mut key = format!("AWS4{secret}").into_bytes();
    for part in scope.split('/') {
        key = hmac("sha256", &key, part.as_bytes())?;
    }
    let signature = hex::encode(hmac("sha256", &key, text.as_bytes())?);
    made(format!("{ALGORITHM} Credential={access}/{scope}, SignedHeaders={names}, Signature={signature}"))
}

struct Request {
    method: String,
    path: String,
    query: Vec<(String, String)>,
    headers: BTreeMap<String, String>,
    body: String,
    time: String,
}

impl Request {
    fn of(args: &Args<'_>, region: &str, service: &str) -> Self {
        let field = |name: &str| {
            let found = ["hmacOptions", "hashOptions"].iter().find_map(|of| (args.find)(&format!("{of}.{name}")));
            found.filter(|value| !value.is_empty())
        };
        let text = |name: &str| field(name).map(|value| js::text(&value).into_owned());
        let uri = text("URI").unwrap_or_else(|| {
            let base = text("baseURI").unwrap_or_else(|| format!("https://{service}.{region}.amazonaws.com"));
            format!("{base}{}", text("relativeURI").unwrap_or_default())
        });
        let rest = uri.split_once("://").map_or(uri.as_str(), |(_, rest)| rest);
        let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (host, path) = address.split_once('/').unwrap_or((address, ""));
        let mut headers = BTreeMap::new();
        headers.insert("host".to_owned(), host.to_owned());
        if let Some(Val::Map(given)) = field("headers") {
            for (name, value) in given.iter() {
                let value: Vec<&str> = value.as_str().unwrap_or_default().split_whitespace().collect();
                headers.insert(name.trim().to_ascii_lowercase(), value.join(" "));
            }
        }
        let time = headers
            .entry("x-amz-date".to_owned())
            .or_insert_with(|| format(args.env.now_ms, "YYYYMMDDTHHmmss[Z]", Zone::UTC))
            .clone();
        if let Some(token) = args.optional(2) {
            headers.insert("x-amz-security-token".to_owned(), token.into_owned());
        }
        let mut query: Vec<(String, String)> = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        query.sort();
        Self {
            method: text("method").unwrap_or_else(|| "GET".to_owned()).to_ascii_uppercase(),
            // S3 takes the path as it is sent; other services encode it once more.
            path: if service == "s3" { format!("/{path}") } else { encoded_path(path) },
            query,
            headers,
            body: text("body").unwrap_or_default(),
            time,
        }
    }

    fn canonical(&self, names: &str) -> String {
        let query: Vec<String> = self.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let headers: String = self.headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let body = hex::encode(Sha256::digest(self.body.as_bytes()));
        format!("{}\n{}\n{}\n{headers}\n{names}\n{body}", self.method, self.path, query.join("&"))
    }
}

fn encoded_path(path: &str) -> String {
    let mut out = String::from("/");
    percent(path, b"-_.~/", &mut out);
    out
}

#[cfg(test)]
mod tests {
    use crate::helpers::checks;

    #[test]
    fn signatures_are_those_of_the_published_test_suite() {
        let key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        let template = format!("{{{{{{aws4 \"AKIDEXAMPLE\" \"{key}\" \"\" \"us-east-1\" \"service\"}}}}}}");
        let credential = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request";
        let signed = "SignedHeaders=host;x-amz-date";
        for (method, uri, signature) in [
            (
                "GET",
                "https://example.amazonaws.com/",
                "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            ),
            (
                "GET",
                "https://example.amazonaws.com/?Param2=value2&Param1=value1",
                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            ),
            (
                "POST",
                "https://example.amazonaws.com/",
                "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
            ),
        ] {
            let context = format!(
                r#"{{"hmacOptions":{{"method":"{method}","URI":"{uri}","headers":{{"X-Amz-Date":"20150830T123600Z"}}}}}}"#
            );
            let want = format!("{credential}, {signed}, Signature={signature}");
            checks::all(&context, &[(&template, &want)]);
        }
    }

    #[test]
    fn a_header_that_is_no_time_is_an_error_and_no_panic() {
        let template = "{{{aws4 \"AK\" \"SK\" null \"us\" \"s3\"}}}";
        for time in ["1234567é", "", "2015", "日日日日"] {
            let context = format!(r#"{{"hmacOptions":{{"headers":{{"x-amz-date":"{time}"}}}}}}"#);
            checks::all(&context, &[(template, "!x-amz-date is no time")]);
        }
    }
}
