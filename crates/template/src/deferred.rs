//! Texts that are made of secrets: named while a template renders, made by the one who dials (decision 23).
//!
//! A template meets a secret as a hidden value, which says only which one is meant. Printed, it leaves a hole in the
//! text. A helper that encodes or signs makes another hidden value of it; every other helper is given `******`, so a
//! template that cuts, compares or searches a secret learns nothing of it.

mod output;

use std::borrow::Cow;
use std::fmt;

use tombolo_model::{MASK, Record, Val, excerpt};

use crate::helpers::{self, Args, Inline};
use crate::render::property;
use crate::{Env, SqlDialect, Target, js};

pub(crate) use output::Output;

/// What may be made of a secret before it is sent.
const HELPERS: [&str; 9] =
    ["base64Encode", "encodeURI", "htmlEncode", "jsonEncode", "jsonSerialize", "join", "hash", "hmac", "aws4"];
/// No helper has a name like these.
const CONCAT: &str = "+";
const ESCAPE: &str = "{{}}";
/// The most that one deferred text is made of: secrets, arguments and steps.
pub(crate) const MOST_PARTS: usize = 1_000;
/// What a request's signature is made of, as the context names it.
const REQUESTS: [&str; 2] = ["hmacOptions", "hashOptions"];

/// A text that is made of secrets. Printing it shows `******`.
#[derive(Clone, PartialEq)]
pub struct Deferred(Val);

/// A stretch of a rendered text.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// For everybody.
    Text(String),
    /// For the one who dials.
    Deferred(Deferred),
}

/// Why a text could not be made. No secret is in the message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeferredError {
    /// A secret that is not there.
    #[error("the secret “{text}” is not here", text = excerpt(.0))]
    Missing(String),
    /// A helper that cannot work on the secret.
    #[error("the helper “{name}” failed on a secret: {reason}")]
    Helper {
        /// Its name.
        name: String,
        /// Why.
        reason: String,
    },
}

/// Finds a secret by its name.
type Secrets<'s> = &'s dyn Fn(&str) -> Option<String>;

/// A secret as a context holds it; the name is for [`Deferred::reveal`].
#[must_use]
pub fn secret(name: &str) -> Val {
    Val::hidden(Val::text(name))
}

/// A rendered text as a value of another context; hidden when a part of it is.
#[must_use]
pub fn joined(parts: &[Part]) -> Val {
    let mut args = vec![Val::text(CONCAT)];
    for part in parts {
        args.push(match part {
            Part::Text(text) => Val::text(text),
            Part::Deferred(Deferred(how)) => Val::hidden(how.clone()),
        });
    }
    if parts.iter().any(|part| matches!(part, Part::Deferred(_))) {
        return Val::hidden(Val::List(args));
    }
    Val::text(&args[1..].iter().map(js::text).collect::<String>())
}

/// Whether a helper is to work on secrets later. What it was given is kept as it is.
pub(crate) fn defers(helper: &Inline, values: &[Cow<'_, Val>]) -> bool {
    HELPERS.contains(&helper.name) && values.iter().any(|value| value.as_hidden().is_some())
}

/// A helper's result, to be worked out later.
pub(crate) fn defer(helper: &Inline, args: &Args<'_>) -> Val {
    let mut how = vec![Val::text(helper.name)];
    how.extend(args.values.iter().map(|value| Val::clone(value)));
    if helper.name == "aws4" {
        how.resize(helper.least + 1, Val::Absent);
        how.extend(REQUESTS.map(|name| described(args, name)));
        how.push(Val::Int(args.env.now_ms));
    }
    Val::hidden(Val::List(how))
}

/// As much of a request's description as a signature is made of; secrets beside it need not be there.
fn described(args: &Args<'_>, name: &str) -> Val {
    let mut kept = Record::default();
    for field in ["method", "URI", "baseURI", "relativeURI", "headers", "body"] {
        if let Some(value) = (args.find)(&format!("{name}.{field}")) {
            kept.set(field, value);
        }
    }
    Val::Map(kept)
}

/// The values with `******` in the place of secrets.
pub(crate) fn masked<'v>(values: Vec<Cow<'v, Val>>) -> Vec<Cow<'v, Val>> {
    let mask = |value: Cow<'v, Val>| if value.as_hidden().is_some() { Cow::Owned(Val::text(MASK)) } else { value };
    values.into_iter().map(mask).collect()
}

/// How many values a value is made of, itself included; counts no further than needed.
pub(crate) fn parts(value: &Val) -> usize {
    let below = |values: &mut dyn Iterator<Item = &Val>| {
        let mut count = 1;
        for value in values {
            count += parts(value);
            if count > MOST_PARTS {
                break;
            }
        }
        count
    };
    match value {
        Val::List(items) => below(&mut items.iter()),
        Val::Map(record) => below(&mut record.values().iter()),
        _ => 1,
    }
}

fn escaped(how: &Val, target: Target) -> Deferred {
    let name = match target {
        Target::Plain => return Deferred(how.clone()),
        Target::Html => "html",
        Target::Uri => "uri",
        Target::Sql(dialect) => dialect.key(),
    };
    Deferred(Val::List(vec![Val::text(ESCAPE), Val::text(name), Val::hidden(how.clone())]))
}

impl Deferred {
    /// The names of the secrets that it is made of; some may come twice.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        names_in_how(&self.0, &mut names);
        names
    }

    /// Whether it is a hash or signature, which does not give the secret away.
    #[must_use]
    pub fn is_signature(&self) -> bool {
        let step = match &self.0 {
            Val::List(steps) => steps.first().and_then(Val::as_str),
            _ => None,
        };
        matches!(step, Some("hash" | "hmac" | "aws4"))
    }

    /// Makes the text. For the one who dials alone, after the check of the host.
    ///
    /// # Errors
    ///
    /// Returns [`DeferredError`] when a secret is missing or a helper cannot work on it.
    pub fn reveal(&self, secrets: Secrets<'_>) -> Result<String, DeferredError> {
        made(&self.0, secrets)
    }
}

impl fmt::Debug for Deferred {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

fn names_in_how<'h>(how: &'h Val, names: &mut Vec<&'h str>) {
    match how {
        Val::Str(name) => names.push(name),
        Val::List(step) => step.iter().for_each(|arg| names_in(arg, names)),
        _ => {}
    }
}

fn names_in<'v>(value: &'v Val, names: &mut Vec<&'v str>) {
    match (value.as_hidden(), value) {
        (Some(how), _) => names_in_how(how, names),
        (None, Val::List(items)) => items.iter().for_each(|item| names_in(item, names)),
        (None, Val::Map(record)) => record.values().iter().for_each(|item| names_in(item, names)),
        _ => {}
    }
}

fn made(how: &Val, secrets: Secrets<'_>) -> Result<String, DeferredError> {
    let steps = match how {
        Val::Str(name) => return secrets(name).ok_or_else(|| DeferredError::Missing(name.to_string())),
        Val::List(steps) => steps.as_slice(),
        _ => &[],
    };
    let [op, args @ ..] = steps else { return Ok(String::new()) };
    let op = js::text(op);
    let values = args.iter().map(|arg| shown(arg, secrets)).collect::<Result<Vec<_>, _>>()?;
    match &*op {
        CONCAT => Ok(values.iter().map(js::text).collect()),
        ESCAPE => {
            let target = match values.first().and_then(Val::as_str) {
                Some("html") => Target::Html,
                Some("uri") => Target::Uri,
                Some(other) => SqlDialect::of_key(other).map_or(Target::Plain, Target::Sql),
                None => Target::Plain,
            };
            let mut out = String::new();
            target.write(&values.get(1).map(js::text).unwrap_or_default(), &mut out);
            Ok(out)
        }
        name => helper(name, args, &values),
    }
}

/// A value with its secrets; what is ordinary stays as it is.
fn shown(value: &Val, secrets: Secrets<'_>) -> Result<Val, DeferredError> {
    match (value.as_hidden(), value) {
        (Some(how), _) => made(how, secrets).map(|text| Val::text(&text)),
        (None, Val::List(items)) => {
            Ok(Val::List(items.iter().map(|item| shown(item, secrets)).collect::<Result<_, _>>()?))
        }
        (None, Val::Map(record)) => {
            let values = record.values().iter().map(|item| shown(item, secrets)).collect::<Result<_, _>>()?;
            Ok(Val::Map(Record::new(record.keys().clone(), values)))
        }
        _ => Ok(value.clone()),
    }
}

fn helper(name: &str, args: &[Val], values: &[Val]) -> Result<String, DeferredError> {
    let failed = |reason: &str| DeferredError::Helper { name: name.to_owned(), reason: reason.to_owned() };
    let helper = helpers::inline(name).ok_or_else(|| failed("it does not exist"))?;
    match run(helper, values) {
        Ok(made) => Ok(js::text(&made).into_owned()),
        // The reason may repeat what it was given, so it is asked again with stars in the place of the secrets.
        Err(_) => {
            let plain = |arg: &Val| if arg.as_hidden().is_some() { Val::text(MASK) } else { arg.clone() };
            let masked: Vec<Val> = args.iter().map(plain).collect();
            Err(failed(&run(helper, &masked).err().unwrap_or_else(|| "it does not fit the others".to_owned())))
        }
    }
}

fn run(helper: &Inline, values: &[Val]) -> helpers::Made {
    let (given, request) =
        if helper.name == "aws4" { values.split_at(helper.least.min(values.len())) } else { (values, &[][..]) };
    let now_ms = match request.last() {
        Some(Val::Int(now_ms)) => *now_ms,
        _ => 0,
    };
    let find = |path: &str| {
        let (name, rest) = path.split_once('.').unwrap_or((path, ""));
        let at = REQUESTS.iter().position(|have| *have == name)?;
        property(request.get(at)?, rest)
    };
    let given: Vec<Cow<'_, Val>> = given.iter().map(Cow::Borrowed).collect();
    (helper.run)(&Args { values: &given, hash: &Record::default(), env: &Env::new(now_ms, 0), find: &find })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Template;
    use crate::helpers::checks;

    const SECRET: &str = "p\"ä/s S";

    fn rendered(template: &str, target: Target) -> (String, String) {
        let mut context = checks::context(r#"{"user":"ann","f":{"g":["x"]}}"#);
        context.set("key", secret("/key"));
        let mut all = Record::default();
        all.set("a", secret("/key"));
        all.set("b", Val::Int(1));
        context.set("all", Val::Map(all));
        let template = Template::compile(template, target).unwrap();
        let env = Env::new(checks::NOW_MS, 7);
        let masked = template.render_in(&context, &env).unwrap();
        let parts = template.render_parts(&context, &env).unwrap();
        let reveal = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Deferred(deferred) => {
                assert_eq!(deferred.names(), ["/key"], "{masked}");
                deferred.reveal(&|name| (name == "/key").then(|| SECRET.to_owned())).unwrap()
            }
        };
        let sent = parts.iter().map(reveal).collect();
        (masked, sent)
    }

    #[test]
    fn a_secret_is_a_hole_that_the_one_who_dials_fills() {
        for (template, target, masked, sent) in [
            ("a {{{key}}} b {{key}}", Target::Plain, "a ****** b ******", "a p\"ä/s S b p\"ä/s S"),
            ("?k={{key}}&l={{{key}}}", Target::Uri, "?k=******&l=******", "?k=p%22%C3%A4%2Fs%20S&l=p\"ä/s S"),
            ("<a>{{key}}</a>", Target::Html, "<a>******</a>", "<a>p&quot;ä/s S</a>"),
            ("{{#with all}}{{a}}{{b}}{{../user}}{{/with}}", Target::Plain, "******1ann", "p\"ä/s S1ann"),
            ("{{#each all}}{{@key}}={{this}};{{/each}}", Target::Plain, "a=******;b=1;", "a=p\"ä/s S;b=1;"),
            ("{{#if key}}{{getValue \"all.a\"}}{{/if}}", Target::Plain, "******", SECRET),
            ("Basic {{{base64Encode (join \":\" user key)}}}", Target::Plain, "Basic ******", "Basic YW5uOnAiw6QvcyBT"),
            ("{\"k\":{{{jsonSerialize key}}}}", Target::Plain, "{\"k\":******}", "{\"k\":\"p\\\"ä/s S\"}"),
            ("{{{encodeURI key}}}", Target::Plain, "******", "p%22%C3%A4%2Fs%20S"),
        ] {
            assert_eq!(rendered(template, target), (masked.to_owned(), sent.to_owned()), "{template}");
        }
    }

    #[test]
    fn what_is_not_made_for_secrets_sees_stars_in_their_place() {
        for (template, want) in [
            ("{{substring key 0 3}}", "***"),
            ("{{uppercase key}}{{reverse key}}", "************"),
            ("{{{jsonSerialize all}}}", "{\"a\":\"******\",\"b\":1}"),
            ("{{#each key}}{{this}}{{/each}}{{key.length}}{{key.[0]}}", ""),
            ("{{#if (eq key \"p\\\"ä/s S\")}}same{{else}}other{{/if}}", "other"),
            ("{{#startsWith \"p\" key}}yes{{else}}no{{/startsWith}}", "no"),
            ("{{#contains key \"s\"}}yes{{else}}no{{/contains}}", "no"),
            ("{{base64Decode (substring (base64Encode key) 0 4)}}", ""),
            ("{{split (hash \"md5\" \"hex\" key) \"*\" 0}}", ""),
            ("{{join \",\" user all}} {{all}}", "ann,[object Object] [object Object]"),
            ("{{regexMatch key \".*\"}}{{typeOf key}}", "******string"),
        ] {
            let (masked, sent) = rendered(template, Target::Plain);
            assert_eq!(masked, sent, "{template}");
            assert!(!sent.contains("p\"") && !sent.contains("s S"), "{sent}");
            assert_eq!(sent, want, "{template}");
        }
    }

    #[test]
    fn signatures_with_a_secret_key_are_made_later() {
        let (masked, sent) = rendered("{{hmac \"sha256\" key \"hex\" user}}", Target::Plain);
        let plain = checks::render(
            "{{hmac \"sha256\" key \"hex\" user}}",
            &checks::context(r#"{"user":"ann","key":"p\"ä/s S"}"#),
        );
        assert_eq!((masked.as_str(), Ok(sent)), (MASK, plain));
        let (_, sent) = rendered("{{{hash \"md5\" \"base64\" (join \"\" key user)}}}", Target::Plain);
        let plain = checks::render("{{{hash \"md5\" \"base64\" \"p\\\"ä/s Sann\"}}}", &Record::default());
        assert!(plain.is_ok() && sent.len() == 24, "{sent} {plain:?}");
    }

    #[test]
    fn an_error_about_a_secret_does_not_say_it() {
        let mut context = Record::default();
        context.set("key", secret("/key"));
        for template in [
            "{{hash key \"hex\" \"x\"}}",
            "{{hmac \"sha256\" key \"hex\" \"x\" \"hex\"}}",
            "{{base64Encode \"x\" key}}",
        ] {
            let parts =
                Template::compile(template, Target::Plain).unwrap().render_parts(&context, &Env::default()).unwrap();
            let [Part::Deferred(deferred)] = parts.as_slice() else { panic!("{parts:?}") };
            let error = deferred.reveal(&|_| Some("hush".to_owned())).unwrap_err().to_string();
            assert!(!error.contains("hush") && error.contains("helper"), "{error}");
            let error = deferred.reveal(&|_| None).unwrap_err().to_string();
            assert_eq!(error, "the secret “/key” is not here");
            assert_eq!(format!("{deferred:?}"), MASK);
        }
    }

    #[test]
    fn a_secret_in_a_partial_keeps_its_line() {
        let mut context = Record::default();
        context.set("key", secret("/key"));
        let source = "{{#*inline \"p\"}}\na{{{key}}}\n{{{key}}}b\n{{/inline}}\n  {{> p}}\nend";
        let template = Template::compile(source, Target::Plain).unwrap();
        let masked = template.render_in(&context, &Env::default()).unwrap();
        let mut plain = Record::default();
        plain.set("key", Val::text(MASK));
        assert_eq!(masked, template.render_in(&plain, &Env::default()).unwrap());
        assert!(masked.contains("  a******\n  ******b\n"), "{masked}");
    }

    #[test]
    fn what_doubles_a_secret_again_and_again_is_stopped() {
        let mut source = "{{this}}".to_owned();
        for _ in 0..40 {
            source = format!("{{{{#with (join \"\" this this)}}}}{source}{{{{/with}}}}");
        }
        let source = format!("{{{{#with key}}}}{source}{{{{/with}}}}");
        let mut context = Record::default();
        context.set("key", secret("/key"));
        let template = Template::compile(&source, Target::Plain).unwrap();
        assert!(template.render_parts(&context, &Env::default()).is_err());
    }
}
