//! Arithmetic. Texts that spell numbers are numbers; anything else gives nothing.

use tombolo_model::{Val, excerpt};

use super::{Args, Inline, Made, made, nothing};
use crate::js;

pub(super) const ALL: &[Inline] = &[
    Inline {
        name: "abs",
        arguments: "number",
        least: 1,
        help: "The number without its sign.",
        example: ("{{abs \"-123\"}}", "123"),
        run: |args| one(args, f64::abs),
    },
    Inline {
        name: "add",
        arguments: "number number …",
        least: 1,
        help: "The sum of its arguments.",
        example: ("{{add \"2\" 5 record.count}}", "10"),
        run: |args| fold(args, |left, right| left + right),
    },
    Inline {
        name: "subtract",
        arguments: "number number",
        least: 2,
        help: "The first number less the second.",
        example: ("{{subtract 6 record.count}}", "3"),
        run: |args| fold(args, |left, right| left - right),
    },
    Inline {
        name: "multiply",
        arguments: "number number",
        least: 2,
        help: "The product of two numbers.",
        example: ("{{multiply record.count 19.99}}", "59.97"),
        run: |args| fold(args, |left, right| left * right),
    },
    Inline {
        name: "divide",
        arguments: "number number",
        least: 2,
        help: "The first number divided by the second.",
        example: ("{{divide \"2002\" \"100\"}}", "20.02"),
        run: |args| fold(args, |left, right| left / right),
    },
    Inline {
        name: "modulo",
        arguments: "number number",
        least: 2,
        help: "What is left when the first number is divided by the second.",
        example: ("{{modulo 7 3}}", "1"),
        run: |args| fold(args, |left, right| left % right),
    },
    Inline {
        name: "avg",
        arguments: "number number …",
        least: 1,
        help: "The average of numbers, or of a list.",
        example: ("{{avg \"2\" \"5\" \"2\"}}", "3"),
        run: avg,
    },
    Inline {
        name: "sum",
        arguments: "list | number number …",
        least: 1,
        help: "The sum of a list or of its arguments.",
        example: ("{{sum record.numbers}}", "27"),
        run: |args| Ok(js::number(numbers(args).iter().sum())),
    },
    Inline {
        name: "ceil",
        arguments: "number",
        least: 1,
        help: "The next whole number up.",
        example: ("{{ceil \"45.02\"}}", "46"),
        run: |args| one(args, f64::ceil),
    },
    Inline {
        name: "floor",
        arguments: "number",
        least: 1,
        help: "The next whole number down.",
        example: ("{{floor 22.44}}", "22"),
        run: |args| one(args, f64::floor),
    },
    Inline {
        name: "round",
        arguments: "number",
        least: 1,
        help: "The nearest whole number; a half goes up.",
        example: ("{{round \"29.77\"}}", "30"),
        run: |args| one(args, round),
    },
    Inline {
        name: "toFixed",
        arguments: "number digits?",
        least: 1,
        help: "The number with so many digits behind the point.",
        example: ("{{toFixed 123.456789 4}}", "123.4568"),
        run: to_fixed,
    },
    Inline {
        name: "toPrecision",
        arguments: "number digits?",
        least: 1,
        help: "The number with so many digits that count.",
        example: ("{{toPrecision record.price 2}}", "1.2e+3"),
        run: to_precision,
    },
    Inline {
        name: "toExponential",
        arguments: "number digits?",
        least: 1,
        help: "The number with a power of ten.",
        example: ("{{toExponential \"12345\" 2}}", "1.23e+4"),
        run: to_exponential,
    },
    Inline {
        name: "random",
        arguments: "\"crypto\" | \"uuid\" | \"number\" length?",
        least: 0,
        help: "Random letters and digits, a random UUID, or random digits; 32 unless a length is given.",
        example: ("{{random \"number\" 9}}", "863279454"),
        run: random,
    },
];

fn one(args: &Args<'_>, change: fn(f64) -> f64) -> Made {
    args.number(0).map_or_else(nothing, |number| Ok(js::number(change(number))))
}

fn fold(args: &Args<'_>, join: fn(f64, f64) -> f64) -> Made {
    let numbers: Option<Vec<f64>> = args.values.iter().map(|value| js::numeric(value)).collect();
    let made = numbers.and_then(|numbers| numbers.into_iter().reduce(join));
    made.map_or_else(nothing, |number| Ok(js::number(number)))
}

/// The numbers among the arguments and in their lists.
fn numbers(args: &Args<'_>) -> Vec<f64> {
    let mut found = Vec::new();
    for value in args.values {
        match &**value {
            Val::List(items) => found.extend(items.iter().filter_map(js::numeric)),
            value => found.extend(js::numeric(value)),
        }
    }
    found
}

fn avg(args: &Args<'_>) -> Made {
    let numbers = numbers(args);
    if numbers.is_empty() {
        return nothing();
    }
    #[expect(clippy::cast_precision_loss, reason = "fewer numbers than that")]
    let count = numbers.len() as f64;
    Ok(js::number(numbers.iter().sum::<f64>() / count))
}

/// `Math.round`.
fn round(number: f64) -> f64 {
    let floor = number.floor();
    if number - floor >= 0.5 { floor + 1.0 } else { floor }
}

/// How many digits are asked for, where there may be at most a hundred.
fn digits(args: &Args<'_>, usual: Option<usize>, least: usize) -> Result<Option<usize>, String> {
    if args.get(1).is_empty() {
        return Ok(usual);
    }
    match args.count(1) {
        Some(digits) if (least..=100).contains(&digits) => Ok(Some(digits)),
        _ => Err(format!("the number of digits is {} to 100", least)),
    }
}

/// Adds one to the last of the digits; says whether there is one more now. A point among them stays.
fn count_up(digits: &mut Vec<u8>) -> bool {
    for digit in digits.iter_mut().rev() {
        match digit {
            b'.' => {}
            b'9' => *digit = b'0',
            _ => {
                *digit += 1;
                return false;
            }
        }
    }
    digits.insert(0, b'1');
    true
}

/// The digits of a number that is not negative, rounded to `count` with halves up, and its power of ten.
fn rounded(number: f64, count: usize) -> (String, i32) {
    // Enough digits more to tell a half from what is nearly one.
    let long = format!("{number:.*e}", count + 24);
    let (mantissa, power) = long.split_once('e').unwrap_or((&long, "0"));
    let mut power: i32 = power.parse().unwrap_or_default();
    let mut kept: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).collect();
    let up = kept.get(count).is_some_and(|next| *next >= b'5');
    kept.truncate(count);
    if up && count_up(&mut kept) {
        kept.truncate(count.max(1));
        power += 1;
    }
    (String::from_utf8(kept).unwrap_or_default(), power)
}

fn sign(number: f64) -> &'static str {
    if number < 0.0 { "-" } else { "" }
}

fn to_fixed(args: &Args<'_>) -> Made {
    let (Some(number), Some(digits)) = (args.number(0), digits(args, Some(0), 0)?) else { return nothing() };
    if number.abs() >= 1e21 {
        return made(js::number_text(number));
    }
    // The text with all its digits, rounded at one of them: the places of a float have an end.
    let long = format!("{:.*}", digits + 30, number.abs());
    let cut = long.len() - 30;
    let up = long.as_bytes()[cut] >= b'5';
    let mut kept: Vec<u8> = long.as_bytes()[..cut].to_vec();
    if up {
        count_up(&mut kept);
    }
    let text = String::from_utf8(kept).unwrap_or_default();
    let text = text.strip_suffix('.').unwrap_or(&text);
    let zero = text.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    made(format!("{}{text}", if zero && number == 0.0 { "" } else { sign(number) }))
}

fn to_precision(args: &Args<'_>) -> Made {
    let Some(number) = args.number(0) else { return nothing() };
    let Some(digits) = digits(args, None, 1)? else { return made(js::number_text(number)) };
    let (text, power) = if number == 0.0 { ("0".repeat(digits), 0) } else { rounded(number.abs(), digits) };
    let places = i32::try_from(digits).unwrap_or(i32::MAX);
    let text = if power < -6 || power >= places {
        exponential(&text, power)
    } else if power == places - 1 {
        text
    } else if let Ok(whole) = usize::try_from(power) {
        format!("{}.{}", &text[..=whole], &text[whole + 1..])
    } else {
        let zeros = usize::try_from(-power - 1).unwrap_or_default();
        format!("0.{}{text}", "0".repeat(zeros))
    };
    made(format!("{}{text}", sign(number)))
}

fn to_exponential(args: &Args<'_>) -> Made {
    let Some(number) = args.number(0) else { return nothing() };
    let size = number.abs();
    let (text, power) = match digits(args, None, 0)? {
        Some(digits) if number == 0.0 => ("0".repeat(digits + 1), 0),
        Some(digits) => rounded(size, digits + 1),
        None => {
            let short = format!("{size:e}");
            let (mantissa, power) = short.split_once('e').unwrap_or((&short, "0"));
            (mantissa.replace('.', ""), power.parse().unwrap_or_default())
        }
    };
    made(format!("{}{}", sign(number), exponential(&text, power)))
}

fn exponential(digits: &str, power: i32) -> String {
    let (first, rest) = digits.split_at(digits.len().min(1));
    let point = if rest.is_empty() { "" } else { "." };
    format!("{first}{point}{rest}e{}{}", if power < 0 { '-' } else { '+' }, power.abs())
}

/// More random characters than anybody needs.
const MOST_RANDOM: usize = 65_536;

fn random(args: &Args<'_>) -> Made {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let length = args.count(1).unwrap_or(32).min(MOST_RANDOM);
    let letters = match &*args.text(0) {
        "uuid" => return made(uuid(args.env.random())),
        "number" => &LETTERS[52..],
        "crypto" | "" => LETTERS,
        other => {
            return Err(format!("it makes “crypto”, “uuid” or “number” and not “{other}”", other = excerpt(&other)));
        }
    };
    let mut text = String::with_capacity(length);
    // Bytes beyond the last whole multiple would make the first letters likelier.
    let fair = 256 / letters.len() * letters.len();
    while text.len() < length {
        for byte in args.env.random().into_iter().map(usize::from).filter(|byte| *byte < fair) {
            if text.len() < length {
                text.push(char::from(letters[byte % letters.len()]));
            }
        }
    }
    made(text)
}

/// Version 4 (RFC 9562).
fn uuid(random: [u8; 32]) -> String {
    let mut text = String::with_capacity(36);
    for (at, byte) in random.into_iter().take(16).enumerate() {
        let byte = match at {
            6 => byte & 0x0f | 0x40,
            8 => byte & 0x3f | 0x80,
            _ => byte,
        };
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use crate::helpers::checks;

    #[test]
    fn arithmetic_is_that_of_javascript() {
        checks::all(
            r#"{"n":-5.5,"text":"a","list":[1,"2","x",3],"none":null}"#,
            &[
                ("{{add 0.1 0.2}}", "0.30000000000000004"),
                ("{{add text 1}}|{{add none 1}}|{{add missing 1}}", "||"),
                ("{{divide 1 0}} {{divide 0 0}}", "Infinity NaN"),
                ("{{modulo -7 3}} {{modulo 7.5 2}}", "-1 1.5"),
                ("{{sum list}} {{sum 1 list}} {{sum text}}", "6 7 0"),
                ("{{avg list}} {{avg 1 2}} {{avg text}}|", "2 1.5 |"),
                ("{{round -2.5}} {{round 2.5}} {{round 0.49999999999999994}}", "-2 3 0"),
                ("{{ceil n}} {{floor n}} {{abs n}}", "-5 -6 5.5"),
                ("{{multiply 1e3 2}}{{multiply \"1e3\" 2}}", "2000"),
                ("{{subtract 1}}", "!needs number number"),
            ],
        );
    }

    #[test]
    fn digits_are_those_of_javascript() {
        checks::all(
            "{}",
            &[
                ("{{toFixed 2.5}} {{toFixed 1.005 2}} {{toFixed -1.5 0}} {{toFixed 9.995 2}}", "3 1.00 -2 9.99"),
                (
                    "{{toFixed 99.99 1}} {{toFixed \"1e21\" 2}} {{toFixed 0 2}} {{toFixed \"x\" 2}}|",
                    "100.0 1e+21 0.00 |",
                ),
                ("{{toFixed 1 101}}", "!0 to 100"),
                ("{{toPrecision 123.00 3}} {{toPrecision 123.00 2}} {{toPrecision 0.00001 2}}", "123 1.2e+2 0.000010"),
                ("{{toPrecision 0.0000001 1}} {{toPrecision 9.99 2}} {{toPrecision 1.5}}", "1e-7 10 1.5"),
                ("{{toExponential 0}} {{toExponential 0.00015}} {{toExponential -12345 0}}", "0e+0 1.5e-4 -1e+4"),
            ],
        );
    }

    #[test]
    fn random_texts_have_the_length_and_letters_asked_for_and_differ() {
        let context = checks::context("{}");
        let made =
            checks::render("{{random}} {{random \"crypto\" 8}} {{random \"uuid\"}} {{random \"number\" 40}}", &context);
        let made = made.unwrap();
        let parts: Vec<_> = made.split(' ').collect();
        assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [32, 8, 36, 40]);
        assert!(parts[3].bytes().all(|byte| byte.is_ascii_digit()) && parts[2].as_bytes()[14] == b'4');
        let twice = checks::render("{{random}} {{random}}", &context).unwrap();
        let (one, other) = twice.split_once(' ').unwrap();
        assert_ne!(one, other);
        checks::all("{}", &[("{{random \"dice\"}}", "!“dice”")]);
    }
}
