//! The scan against Automerge itself: what Automerge writes passes and is counted alike; random bytes never panic.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, AutoCommit, ObjType, ROOT, ReadDoc};
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use tombolo_sync::prescan::{Caps, ChunkKind, ScanError, scan, scan_change};

/// A document with texts, deletions, scalars of all kinds, merges, and a change long enough to be deflated.
fn document(words: &[String]) -> AutoCommit {
    let mut one = AutoCommit::new().with_actor(ActorId::from([1; 16]));
    let text = one.put_object(ROOT, "text", ObjType::Text).unwrap();
    one.put(ROOT, "name", "first").unwrap();
    one.commit_with(CommitOptions::default().with_message("begin").with_time(-5));
    let mut two = one.fork().with_actor(ActorId::from([2; 16]));
    for (index, word) in words.iter().enumerate() {
        let (doc, other) = if index % 2 == 0 { (&mut one, &mut two) } else { (&mut two, &mut one) };
        let length = doc.length(&text);
        doc.splice_text(&text, index % (length + 1), isize::try_from(length.min(2)).unwrap(), word).unwrap();
        doc.put(ROOT, format!("/key/{}", index % 5), word.as_str()).unwrap();
        doc.put(ROOT, "number", i64::try_from(index).unwrap()).unwrap();
        if index % 3 == 0 {
            doc.delete(ROOT, "number").unwrap();
            doc.merge(other).unwrap();
        }
        doc.commit();
    }
    one.merge(&mut two).unwrap();
    one
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn what_automerge_writes_passes_with_the_same_hash_and_count(words in prop::collection::vec("[a-zä]{0,400}", 1..12)) {
        let mut doc = document(&words);
        for mut change in doc.get_changes(&[]) {
            let deflated = change.bytes().into_owned();
            for bytes in [deflated, change.raw_bytes().to_vec()] {
                let scan = scan_change(&bytes, &Caps::CHANGE).unwrap();
                prop_assert_eq!(scan.hash, change.hash().0);
                prop_assert_eq!(scan.ops, u64::try_from(change.len()).unwrap());
                prop_assert_eq!(scan.seq, change.seq());
                prop_assert_eq!(scan.start_op, change.start_op().get());
                prop_assert_eq!(scan.time_ms, change.timestamp());
                prop_assert_eq!(&scan.actor[..], change.actor_id().to_bytes());
                let deps: Vec<[u8; 32]> = change.deps().iter().map(|dep| dep.0).collect();
                prop_assert_eq!(scan.deps, deps);
            }
        }
        let saved = doc.save();
        let scans = scan(&saved, &Caps::SNAPSHOT).unwrap();
        prop_assert_eq!(scans.len(), 1);
        prop_assert_eq!(scans[0].kind, ChunkKind::Document);
        let heads: Vec<[u8; 32]> = doc.get_heads().iter().map(|head| head.0).collect();
        prop_assert_eq!(&scans[0].deps, &heads);
    }

    #[test]
    fn a_flipped_bit_never_makes_another_change(words in prop::collection::vec("[a-z]{0,300}", 1..4), at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let mut doc = document(&words);
        let mut chunks: Vec<Vec<u8>> = doc.get_changes(&[]).into_iter().map(|mut change| change.bytes().into_owned()).collect();
        chunks.push(doc.save());
        for mut bytes in chunks {
            let at = at.index(bytes.len());
            let before = scan(&bytes, &Caps::SNAPSHOT).unwrap();
            bytes[at] ^= 1_u8 << bit;
            // A deflated stream has bits that mean nothing; everything else is refused.
            if let Ok(after) = scan(&bytes, &Caps::SNAPSHOT) {
                prop_assert_eq!(after, before, "byte {}", at);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        drop(scan(&bytes, &Caps::CHANGE));
        drop(scan(&bytes, &Caps::SNAPSHOT));
    }

    #[test]
    fn random_bodies_with_a_right_checksum_never_panic(kind in 0_u8..3, plain in any::<bool>(), mut body in prop::collection::vec(any::<u8>(), 0..300)) {
        if plain {
            // A plausible beginning leads further in: no dependencies, an actor, numbers, a few columns.
            let front = [&[0, 16][..], &[7; 16], &[1, 1, 0, 0, 0, 3, 0x42, 9, 0x15, 9, 0x70, 9]].concat();
            body.splice(0..0, front);
        }
        let mut head = vec![if kind == 2 { 1 } else { kind }];
        let length = [u8::try_from(body.len() & 0x7f).unwrap() | 0x80, u8::try_from(body.len() >> 7).unwrap()];
        head.extend(if body.len() < 128 { &length[1..] } else { &length[..] });
        if body.len() < 128 {
            head[1] = u8::try_from(body.len()).unwrap();
        }
        let hash = Sha256::new().chain_update(&head).chain_update(&body).finalize();
        let bytes = [&[0x85, 0x6f, 0x4a, 0x83][..], &hash[..4], &[kind], &length, &body].concat();
        let scanned = scan(&bytes, &Caps::CHANGE);
        prop_assert!(scanned != Err(ScanError::Checksum) || kind == 2);
        drop(scan(&bytes, &Caps::SNAPSHOT));
    }
}
