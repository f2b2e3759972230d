//! Numbers as people of a country write them, as V8 does.

use tombolo_wire::excerpt;

use super::date::Options;
use super::tag::Locale;

const UNKNOWN: [&str; 10] = [
    "notation",
    "compactDisplay",
    "unit",
    "unitDisplay",
    "minimumSignificantDigits",
    "maximumSignificantDigits",
    "signDisplay",
    "currencyDisplay",
    "currencySign",
    "roundingIncrement",
];
/// What stands for a currency in the United States, and its digits.
const CURRENCIES: [(&str, &str, usize); 10] = [
    ("USD", "$", 2),
    ("EUR", "€", 2),
    ("GBP", "£", 2),
    ("JPY", "¥", 0),
    ("CAD", "CA$", 2),
    ("AUD", "A$", 2),
    ("MXN", "MX$", 2),
    ("INR", "₹", 2),
    ("CNY", "CN¥", 2),
    ("KRW", "₩", 0),
];

/// The text of a number.
pub(crate) fn text(number: f64, locale: Locale, options: Options<'_>) -> Result<String, String> {
    if let Some(name) = UNKNOWN.iter().find(|name| options(name).is_some()) {
        return Err(format!("the option {name} is not available in a script"));
    }
    let count = |name: &str| match options(name).map(|text| text.parse::<usize>()) {
        None => Ok(None),
        Some(Ok(count @ 0..=100)) => Ok(Some(count)),
        Some(_) => Err(format!("{name} value is out of range.")),
    };
    let style = options("style").unwrap_or_else(|| "decimal".to_owned());
    let (before, after, least, most) = match &*style {
        "decimal" => (String::new(), "", 0, 3),
        "percent" => (String::new(), if locale_is_english(locale) { "%" } else { "\u{a0}%" }, 0, 0),
        "currency" if locale == Locale::UnitedStates => {
            let code = options("currency").ok_or("Currency code is required with currency style.")?.to_uppercase();
            let known = CURRENCIES.iter().find(|(have, _, _)| *have == code);
            let (sign, digits) =
                known.map_or((format!("{code}\u{a0}"), 2), |(_, sign, digits)| ((*sign).to_owned(), *digits));
            (sign, "", digits, digits)
        }
        "currency" => return Err("amounts of money are available for en-US alone in a script".to_owned()),
        other => return Err(format!("the style “{}” is not available in a script", excerpt(&other))),
    };
    let (asked_least, asked_most) = (count("minimumFractionDigits")?, count("maximumFractionDigits")?);
    if let (Some(least), Some(most)) = (asked_least, asked_most)
        && least > most
    {
        return Err("maximumFractionDigits value is out of range.".to_owned());
    }
    let least = asked_least.unwrap_or_else(|| least.min(asked_most.unwrap_or(least)));
    let most = asked_most.unwrap_or_else(|| most.max(least));
    let whole_digits = count("minimumIntegerDigits")?.unwrap_or(1);
    let value = if style == "percent" { number * 100.0 } else { number };
    let grouped = options("useGrouping").as_deref() != Some("false");
    let minus = if locale == Locale::Sweden { "−" } else { "-" };
    let sign = if number.is_sign_negative() && !number.is_nan() { minus } else { "" };
    if !value.is_finite() {
        let text = if value.is_nan() { "NaN" } else { "∞" };
        return Ok(format!("{sign}{before}{text}{after}"));
    }
    let (whole, fraction) = rounded(&format!("{}", value.abs()), least, most);
    let whole = format!("{whole:0>whole_digits$}");
    let (group, point) = match locale {
        Locale::UnitedStates | Locale::Britain | Locale::Canada => (",", "."),
        Locale::Germany => (".", ","),
        Locale::Sweden => ("\u{a0}", ","),
    };
    let whole = if grouped { in_groups(&whole, group) } else { whole };
    let point = if fraction.is_empty() { "" } else { point };
    Ok(format!("{sign}{before}{whole}{point}{fraction}{after}"))
}

fn locale_is_english(locale: Locale) -> bool {
    matches!(locale, Locale::UnitedStates | Locale::Britain | Locale::Canada)
}

/// The digits before and behind the point; a half goes away from zero.
fn rounded(digits: &str, least: usize, most: usize) -> (String, String) {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut kept: Vec<u8> = whole.bytes().chain(fraction.bytes().take(most)).collect();
    if fraction.as_bytes().get(most).is_some_and(|digit| *digit >= b'5') {
        let mut at = kept.len();
        loop {
            if at == 0 {
                kept.insert(0, b'1');
                break;
            }
            at -= 1;
            if kept[at] < b'9' {
                kept[at] += 1;
                break;
            }
            kept[at] = b'0';
        }
    }
    let behind = fraction.len().min(most);
    let text = String::from_utf8_lossy(&kept).into_owned();
    let (whole, fraction) = text.split_at(text.len() - behind);
    let mut fraction = fraction.to_owned();
    while fraction.len() > least && fraction.ends_with('0') {
        fraction.pop();
    }
    while fraction.len() < least {
        fraction.push('0');
    }
    (whole.to_owned(), fraction)
}

fn in_groups(whole: &str, group: &str) -> String {
    let mut made = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            made.push_str(group);
        }
        made.push(digit);
    }
    made
}
