//! Letters that are typed in a list go to the line that begins with them, as in a tree or a menu (WAI-ARIA Authoring
//! Practices, "type-ahead").

/// Letters within this time of each other belong together.
const TOGETHER_MS: f64 = 700.0;

/// The letters that were typed last.
#[derive(Debug, Default)]
pub(super) struct Typed {
    letters: String,
    at_ms: f64,
}

impl Typed {
    /// The line to go to from the line `here`, when one more letter is typed; nothing where none begins so.
    ///
    /// A letter alone, or again and again, goes through the lines that begin with it.
    pub(super) fn next(&mut self, letter: &str, now_ms: f64, names: &[String], here: usize) -> Option<usize> {
        if now_ms - self.at_ms > TOGETHER_MS {
            self.letters.clear();
        }
        self.at_ms = now_ms;
        self.letters.push_str(&letter.to_lowercase());
        let first = self.letters.chars().next();
        let is_one_letter = self.letters.chars().all(|letter| Some(letter) == first);
        let wanted = if is_one_letter { first.map(String::from).unwrap_or_default() } else { self.letters.clone() };
        // With more letters the line itself may still be the one.
        let from = here + usize::from(is_one_letter);
        let begins = |at: &usize| names.get(*at).is_some_and(|name| name.trim().to_lowercase().starts_with(&wanted));
        (0..names.len()).map(|step| (from + step) % names.len()).find(begins)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_go_to_the_line_that_begins_with_them() {
        let names = ["Handlebars", "HTTP request", "SQL query", "HTTP header", "Échéance"].map(str::to_owned);
        let mut typed = Typed::default();
        assert_eq!(typed.next("h", 1_000.0, &names, 0), Some(1), "the next one, not this one");
        assert_eq!(typed.next("h", 1_100.0, &names, 1), Some(3));
        assert_eq!(typed.next("h", 1_200.0, &names, 3), Some(0), "round the end");
        assert_eq!(typed.next("s", 5_000.0, &names, 0), Some(2));
        assert_eq!(typed.next("H", 9_000.0, &names, 2), Some(3));
        assert_eq!(typed.next("t", 9_100.0, &names, 3), Some(3), "it begins with both");
        assert_eq!(typed.next("x", 9_200.0, &names, 3), None);
        assert_eq!(typed.next("é", 20_000.0, &names, 0), Some(4));
        assert_eq!(typed.next("a", 30_000.0, &[], 0), None);
    }
}
