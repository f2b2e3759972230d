//! Any byte of what is stored of a document goes bad: it opens at what the other pieces make, and says which is bad.
#![expect(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use tombolo_docs::{Author, Document, Hash, LoadError, hash_to_hex, inspect};
use tombolo_model::{Id, Intent, Kind};

const FLIPS: usize = 500;

/// Two devices edit a mapping with a script, meet now and then, and one of them is compacted once.
struct Stored {
    /// A saved document, then single changes.
    pieces: Vec<Vec<u8>>,
    /// What the saved document holds.
    saved: BTreeSet<Hash>,
}

/// A small generator (xorshift), always from the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % most as u64).unwrap()
    }
}

fn splice(document: &Document, at: usize, insert: &str) -> Intent {
    let (path, insert) = ("/content".to_owned(), insert.to_owned());
    Intent::Splice { path, at, delete: 0, insert, heads: document.heads_hex() }
}

fn stored(dice: &mut Dice) -> Stored {
    let value = json!({"name": "Hook", "content": "", "description": "before"});
    let author = |actor: u8, time_ms: i64| Author { actor: [actor; 16], time_ms };
    let first = Document::create(Kind::Script, Id::from_parts(1, [2; 8]), &value, &author(1, 1), &mut String::new);
    let (mut one, _) = first.unwrap();
    let mut edit = |document: &mut Document, actor: u8, step: i64| {
        let length = document.value()["content"].as_str().map_or(0, |text| text.encode_utf16().count());
        let intent = match step % 10 {
            0 => Intent::Set { path: "/name".to_owned(), value: json!(format!("Hook {actor}.{step}")) },
            // Long enough to be deflated.
            1 => splice(document, dice.below(length + 1), &format!("line {step}: {}\n", "let a = b + c; ".repeat(20))),
            _ => splice(document, dice.below(length + 1), &format!("w{step} ")),
        };
        document.edit(&author(actor, step), &[intent], &mut String::new).unwrap().unwrap()
    };
    for step in 0..20 {
        edit(&mut one, 1, step);
    }
    let saved = one.chunks_since(&[]).into_iter().map(|chunk| chunk.hash).collect();
    let mut pieces = vec![one.save()];
    let mut two = one.clone();
    for step in 20..40 {
        pieces.push(edit(&mut one, 1, step).bytes);
        pieces.push(edit(&mut two, 2, step).bytes);
        if step % 8 == 0 {
            let (mine, theirs) = (one.chunks_since(&[]), two.chunks_since(&[]));
            one.apply(theirs.iter().map(|chunk| chunk.bytes.as_slice())).unwrap();
            two.apply(mine.iter().map(|chunk| chunk.bytes.as_slice())).unwrap();
        }
    }
    Stored { pieces, saved }
}

impl Stored {
    fn load(&self, pieces: &[Vec<u8>]) -> Result<tombolo_docs::Loaded, LoadError> {
        assert_eq!(pieces.len(), self.pieces.len());
        Document::load(pieces.iter().map(Vec::as_slice))
    }

    /// The changes that can stand without one of them: each with all that it builds on.
    fn standing(&self, without: Option<usize>) -> Vec<&Vec<u8>> {
        let (mut held, mut standing) = (self.saved.clone(), Vec::new());
        let mut left: Vec<usize> = (1..self.pieces.len()).filter(|index| Some(*index) != without).collect();
        loop {
            let before = left.len();
            left.retain(|index| {
                let change = inspect(&self.pieces[*index]).unwrap();
                let stands = change.deps.iter().all(|dep| held.contains(dep));
                if stands {
                    held.insert(change.hash);
                    standing.push(&self.pieces[*index]);
                }
                !stands
            });
            if left.len() == before {
                return standing;
            }
        }
    }

    /// The state without one of the changes, made on another way than by loading all of it.
    fn expected(&self, without: Option<usize>) -> Document {
        let mut document = Document::load([self.pieces[0].as_slice()]).unwrap().document;
        let applied = document.apply(self.standing(without).into_iter().map(Vec::as_slice)).unwrap();
        assert!(applied.missing.is_empty());
        document
    }
}

#[test]
fn any_flipped_byte_costs_its_own_piece_and_what_builds_on_it() {
    let mut dice = Dice(0x5eed);
    let stored = stored(&mut dice);
    let whole = stored.expected(None);
    assert!(stored.pieces[1..].iter().any(|piece| piece[8] == 2), "one of them is deflated");
    let sizes: Vec<usize> = stored.pieces.iter().map(Vec::len).collect();
    // By the piece that is missing.
    let mut states: BTreeMap<usize, Document> = BTreeMap::new();
    for flip in 0..FLIPS {
        // Each piece comes to it, however short it is; its byte is left to chance.
        let index = if flip < sizes.len() { flip } else { dice.below(sizes.len()) };
        let (at, mask) = (dice.below(sizes[index]), u8::try_from(1 + dice.below(255)).unwrap());
        let mut pieces = stored.pieces.clone();
        pieces[index][at] ^= mask;
        let what = format!("byte {at} of piece {index} ^ {mask:#x}");
        let loaded = match stored.load(&pieces) {
            Ok(loaded) => loaded,
            Err(error) => {
                assert!(index == 0 && error == LoadError::NoBeginning, "{what}: {error}");
                continue;
            }
        };
        if loaded.damaged.is_empty() {
            // The byte was one of those between two deflated stretches: what they say is the same.
            assert!(pieces[index][8] == 2 && loaded.is_whole(), "{what} was not seen");
            assert_eq!(loaded.document.view(), whole.view(), "{what}");
            continue;
        }
        let damaged: Vec<usize> = loaded.damaged.iter().map(|damage| damage.index).collect();
        assert_eq!(damaged, [index], "{what}");
        assert!(!loaded.damaged[0].reason.is_empty());
        let expected = states.entry(index).or_insert_with(|| stored.expected(Some(index)));
        assert_eq!(loaded.document.heads(), expected.heads(), "{what}");
        assert_eq!(loaded.document.view(), expected.view(), "{what}");
        let others_wait = stored.standing(Some(index)).len() < stored.pieces.len() - 2;
        assert_eq!(loaded.waiting > 0, others_wait, "{what}");
    }
    assert_eq!(states.len(), sizes.len() - 1, "every change was found damaged once at least");
}

#[test]
fn a_piece_that_comes_back_makes_the_document_whole() {
    let mut dice = Dice(0x5eed);
    let stored = stored(&mut dice);
    let whole = stored.expected(None);
    for index in 1..stored.pieces.len() {
        let mut pieces = stored.pieces.clone();
        let last = pieces[index].len() - 3;
        pieces[index][last] ^= 0xff;
        let mut document = stored.load(&pieces).unwrap().document;
        let hash = inspect(&stored.pieces[index]).unwrap().hash;
        assert!(!document.has(&hash), "{}", hash_to_hex(&hash));
        document.apply([stored.pieces[index].as_slice()]).unwrap();
        assert_eq!(document.heads(), whole.heads());
        assert_eq!(document.view(), whole.view());
    }
}
