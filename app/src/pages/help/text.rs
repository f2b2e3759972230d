//! The little markup of the guide and the release notes, and how they are searched. Plain functions, tested natively.
//!
//! A line with `## ` begins a section, one with `- ` or `1. ` is a line of a list, others are parts of a paragraph that an
//! empty line ends. Between two backquotes stands what is typed or pressed; `[words](/address)` leads to a page of ours.

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section {
    /// Its heading.
    pub(super) title: String,
    /// Its name in the address: `map-fields`.
    pub(super) name: String,
    pub(super) blocks: Vec<Block>,
    /// What is searched, in small letters.
    plain: String,
}

/// A paragraph or a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Block {
    Paragraph(Vec<Piece>),
    List { numbered: bool, lines: Vec<Vec<Piece>> },
}

/// A stretch of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Words(String),
    Typed(String),
    Link { words: String, to: String },
}

/// The sections of a text; what stands before the first heading is left out.
pub(super) fn sections(text: &str) -> Vec<Section> {
    let mut parts = text.split("\n## ");
    // Before the first heading stands what the file is.
    parts.next();
    parts.map(section).collect()
}

fn section(part: &str) -> Section {
    let (title, body) = part.split_once('\n').unwrap_or((part, ""));
    Section {
        title: title.trim().to_owned(),
        name: name(title),
        blocks: body.split("\n\n").filter(|block| !block.trim().is_empty()).map(block).collect(),
        plain: part.to_lowercase(),
    }
}

fn name(title: &str) -> String {
    let words = title.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("-")
}

fn block(text: &str) -> Block {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let item = |line: &str| line.strip_prefix("- ").or_else(|| numbered(line)).map(str::to_owned);
    match lines.iter().map(|line| item(line)).collect::<Option<Vec<_>>>() {
        Some(items) => Block::List {
            numbered: lines.first().is_some_and(|line| numbered(line).is_some()),
            lines: items.iter().map(|line| pieces(line)).collect(),
        },
        None => Block::Paragraph(pieces(&lines.join(" "))),
    }
}

fn numbered(line: &str) -> Option<&str> {
    let (number, rest) = line.split_once(". ")?;
    (!number.is_empty() && number.chars().all(|c| c.is_ascii_digit())).then_some(rest)
}

fn pieces(line: &str) -> Vec<Piece> {
    let mut found = Vec::new();
    for (at, part) in line.split('`').enumerate() {
        match (at % 2, part) {
            (_, "") => {}
            (1, typed) => found.push(Piece::Typed(typed.to_owned())),
            (_, words) => with_links(words, &mut found),
        }
    }
    found
}

fn with_links(mut words: &str, found: &mut Vec<Piece>) {
    while let Some((before, label, to, after)) = link(words) {
        if !before.is_empty() {
            found.push(Piece::Words(before.to_owned()));
        }
        found.push(Piece::Link { words: label.to_owned(), to: to.to_owned() });
        words = after;
    }
    if !words.is_empty() {
        found.push(Piece::Words(words.to_owned()));
    }
}

/// The first link: what is before it, its words, where it leads, what is behind.
fn link(words: &str) -> Option<(&str, &str, &str, &str)> {
    let (before, rest) = words.split_once('[')?;
    let (label, rest) = rest.split_once("](")?;
    let (to, after) = rest.split_once(')')?;
    to.starts_with('/').then_some((before, label, to, after))
}

/// The sections that have every word, those whose heading has them first.
pub(super) fn search(sections: &[Section], typed: &str) -> Vec<Section> {
    let words: Vec<String> = typed.to_lowercase().split_whitespace().map(str::to_owned).collect();
    let has = |text: &str| words.iter().all(|word| text.contains(word.as_str()));
    let mut found: Vec<Section> = sections.iter().filter(|section| has(&section.plain)).cloned().collect();
    found.sort_by_key(|section| !has(&section.title.to_lowercase()));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::kinds::KINDS;

    const GUIDE: &str = include_str!("../../../../public/texts/guide.txt");
    const NEWS: &str = include_str!("../../../../public/texts/news.txt");

    #[test]
    fn a_text_becomes_headings_paragraphs_and_lists() {
        let text = "# Guide\n\n## Map fields\nPress `Tab`\nor see [Runs](/runs).\n\n1. First\n2. Second\n\n- One\n";
        let found = sections(text);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].title.as_str(), found[0].name.as_str()), ("Map fields", "map-fields"));
        let words = |text: &str| Piece::Words(text.to_owned());
        let link = Piece::Link { words: "Runs".into(), to: "/runs".into() };
        assert_eq!(
            found[0].blocks,
            [
                Block::Paragraph(vec![
                    words("Press "),
                    Piece::Typed("Tab".into()),
                    words(" or see "),
                    link,
                    words("."),
                ]),
                Block::List { numbered: true, lines: vec![vec![words("First")], vec![words("Second")]] },
                Block::List { numbered: false, lines: vec![vec![words("One")]] },
            ]
        );
        assert_eq!(pieces("[else](https://evil.example)"), [words("[else](https://evil.example)")]);
    }

    fn links_of(text: &str) -> Vec<String> {
        let links = pieces(text).into_iter().filter_map(|piece| match piece {
            Piece::Link { to, .. } => Some(to),
            Piece::Words(_) | Piece::Typed(_) => None,
        });
        links.collect()
    }

    #[test]
    fn the_guide_is_whole_and_found_by_its_words() {
        let guide = sections(GUIDE);
        assert!(guide.len() >= 15, "{}", guide.len());
        for section in &guide {
            assert!(!section.blocks.is_empty(), "{} says nothing", section.title);
            let same = guide.iter().filter(|other| other.name == section.name).count();
            assert_eq!(same, 1, "{} is there twice", section.title);
        }
        let pages =
            ["", "runs", "data-loader", "playground", "bin", "not-accepted", "members", "transfers", "security"];
        let pages = pages.into_iter().chain(["tokens", "preferences"]).chain(KINDS.iter().map(|words| words.folder));
        let pages: Vec<&str> = pages.collect();
        for to in links_of(GUIDE) {
            assert!(pages.contains(&to.trim_start_matches('/')), "{to} leads nowhere");
        }
        let first = |typed: &str| search(&guide, typed).first().map(|section| section.title.clone());
        assert_eq!(first("schedule").as_deref(), Some("Run on a schedule"));
        assert_eq!(first("offline server").as_deref(), Some("Work without a network"));
        assert!(search(&guide, "xylophone").is_empty());
        assert!(!sections(NEWS).is_empty());
    }
}
