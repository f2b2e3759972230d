//! Upper and lower case, and the ways of writing several words as one.

use super::{Inline, made};
use crate::js;

pub(super) const ALL: &[Inline] = &[
    Inline {
        name: "uppercase",
        arguments: "text",
        least: 1,
        help: "All letters in upper case.",
        example: ("{{uppercase record.name}}", "ANN LEE"),
        run: |args| made(args.text(0).to_uppercase()),
    },
    Inline {
        name: "lowercase",
        arguments: "text",
        least: 1,
        help: "All letters in lower case.",
        example: ("{{lowercase record.name}}", "ann lee"),
        run: |args| made(args.text(0).to_lowercase()),
    },
    Inline {
        name: "capitalize",
        arguments: "text",
        least: 1,
        help: "The first letter in upper case.",
        example: ("{{capitalize \"hello world\"}}", "Hello world"),
        run: |args| made(capital(&args.text(0))),
    },
    Inline {
        name: "capitalizeAll",
        arguments: "text",
        least: 1,
        help: "The first letter of each word in upper case.",
        example: ("{{capitalizeAll \"the quick fox\"}}", "The Quick Fox"),
        run: |args| made(capital_all(&args.text(0))),
    },
    Inline {
        name: "sentence",
        arguments: "text",
        least: 1,
        help: "The first letter of each sentence in upper case, all others in lower case.",
        example: ("{{sentence \"hello WORLD. goodbye.\"}}", "Hello world. Goodbye."),
        run: |args| made(sentence(&args.text(0))),
    },
    Inline {
        name: "camelcase",
        arguments: "text",
        least: 1,
        help: "Words as one: handCraftedItem.",
        example: ("{{camelcase \"hand crafted item\"}}", "handCraftedItem"),
        run: |args| {
            let pascal = pascal(&args.text(0));
            let end = pascal.chars().next().map_or(0, char::len_utf8);
            made(format!("{}{}", pascal[..end].to_lowercase(), &pascal[end..]))
        },
    },
    Inline {
        name: "pascalcase",
        arguments: "text",
        least: 1,
        help: "Words as one: NewArrivalProducts.",
        example: ("{{pascalcase \"new-arrival-products\"}}", "NewArrivalProducts"),
        run: |args| made(pascal(&args.text(0))),
    },
    Inline {
        name: "snakecase",
        arguments: "text",
        least: 1,
        help: "Words in lower case, with underscores.",
        example: ("{{snakecase \"getUserProfile\"}}", "get_user_profile"),
        run: |args| made(words(&args.text(0)).join("_")),
    },
    Inline {
        name: "dashcase",
        arguments: "text",
        least: 1,
        help: "Words in lower case, with hyphens.",
        example: ("{{dashcase \"getUserProfile\"}}", "get-user-profile"),
        run: |args| made(words(&args.text(0)).join("-")),
    },
    Inline {
        name: "dotcase",
        arguments: "text",
        least: 1,
        help: "Words in lower case, with full stops.",
        example: ("{{dotcase \"Customer Profile Data\"}}", "customer.profile.data"),
        run: |args| made(words(&args.text(0)).join(".")),
    },
    Inline {
        name: "pathcase",
        arguments: "text",
        least: 1,
        help: "Words in lower case, with slashes.",
        example: ("{{pathcase \"getUserProfile\"}}", "get/user/profile"),
        run: |args| made(words(&args.text(0)).join("/")),
    },
];

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

fn capital_all(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    for character in text.chars() {
        if !inside && (character.is_alphanumeric() || character == '_') {
            out.extend(character.to_uppercase());
            inside = true;
        } else {
            out.push(character);
            inside = inside && !js::is_space(character);
        }
    }
    out
}

fn sentence(text: &str) -> String {
    let ends = |character: char| matches!(character, '.' | '!' | '?');
    let mut out = String::with_capacity(text.len());
    // A sentence goes from what is no space to the last of its marks.
    let (mut inside, mut ending) = (false, false);
    for character in text.chars() {
        if ending && !ends(character) {
            (inside, ending) = (false, false);
        }
        if inside {
            ending = ends(character);
            out.extend(character.to_lowercase());
        } else if js::is_space(character) {
            out.push(character);
        } else {
            inside = true;
            ending = ends(character);
            out.extend(character.to_uppercase());
        }
    }
    out
}

fn pascal(text: &str) -> String {
    words(text).iter().map(|word| capital(word)).collect()
}

/// The words in lower case: split at what is neither letter nor digit and at the humps of camels. Digits stay with
/// their word.
fn words(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let mut words: Vec<String> = Vec::new();
    let mut open = false;
    for (at, character) in characters.iter().enumerate() {
        if !character.is_alphanumeric() {
            open = false;
            continue;
        }
        let before = at.checked_sub(1).map(|before| characters[before]);
        let after = characters.get(at + 1);
        let hump = character.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase()
                    || before.is_numeric()
                    || (before.is_uppercase() && after.is_some_and(|after| after.is_lowercase()))
            });
        if !open || hump {
            words.push(String::new());
            open = true;
        }
        if let Some(word) = words.last_mut() {
            word.extend(character.to_lowercase());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use crate::helpers::checks;

    #[test]
    fn words_are_split_at_humps_and_signs_and_keep_their_digits() {
        checks::all(
            r#"{"a":"HTMLParser2Go","b":"  __foo--BAR baz9 ","list":["a B","c"],"none":null}"#,
            &[
                ("{{snakecase a}} {{dashcase b}} {{dotcase list}}", "html_parser2_go foo-bar-baz9 a.b.c"),
                ("{{camelcase b}} {{pascalcase b}} {{pathcase a}}", "fooBarBaz9 FooBarBaz9 html/parser2/go"),
                ("{{camelcase none}}|{{snakecase missing}}|{{pascalcase \"\"}}", "||"),
            ],
        );
    }

    #[test]
    fn letters_change_their_case_where_they_should() {
        checks::all(
            r#"{"a":"éa (b) c-d 'e","s":"ONE two?! three 3.14 IS pi"}"#,
            &[
                ("{{capitalizeAll a}}", "Éa (B) C-d 'E"),
                ("{{capitalize \"éA b\"}} {{capitalize 5}}", "ÉA b 5"),
                ("{{sentence s}}", "One two?! Three 3.14 is pi"),
                ("{{uppercase \"straße\"}} {{lowercase true}}", "STRASSE true"),
            ],
        );
    }
}
