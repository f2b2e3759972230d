//! The functions that a script offers, found by their words: a hook names one of them.

/// Their names in the order of the text, each once.
pub(super) fn functions(content: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in content.lines() {
        let line = line.trim_start();
        let line = ["export default ", "export ", "async "]
            .iter()
            .fold(line, |line, word| line.strip_prefix(word).unwrap_or(line));
        let name = match line.strip_prefix("function") {
            Some(rest) => rest.trim_start_matches(['*', ' ', '\t']).split_once('(').map(|(name, _)| name.trim()),
            None => assigned(line),
        };
        let name = name.filter(|name| is_name(name));
        if let Some(name) = name.filter(|name| !found.iter().any(|have| have == name)) {
            found.push(name.to_owned());
        }
    }
    found
}

/// `const name = (…) =>` and `name = function`.
fn assigned(line: &str) -> Option<&str> {
    let line = ["const ", "let ", "var "].iter().find_map(|word| line.strip_prefix(word))?;
    let (name, value) = line.split_once('=')?;
    let value = value.trim_start();
    let value = value.strip_prefix("async").map_or(value, str::trim_start);
    (value.starts_with("function") || value.contains("=>")).then(|| name.trim())
}

fn is_name(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|first| first.is_alphabetic() || first == '_' || first == '$')
        && letters.all(|letter| letter.is_alphanumeric() || letter == '_' || letter == '$')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_offers_the_functions_that_it_declares() {
        let content = "import dayjs from 'dayjs';\n\nfunction preMap (options) {\n  function inner() {}\n}\nexport const keep = (options) => options;\n\
            async function later(o) {}\nlet count = 3;\nvar old = function (x) {};\nfunction preMap(o) {}\nfunction (anonymous) {}";
        assert_eq!(functions(content), ["preMap", "inner", "keep", "later", "old"]);
        assert!(functions("").is_empty());
    }
}
