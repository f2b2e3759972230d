//! The one comparison of secrets: how long it takes says nothing of where two texts differ.
//!
//! What is kept as a hash (tokens, sessions, recovery codes) is looked up by the hash and needs none; passwords are
//! compared by argon2, signatures by `ring` and the cipher.

/// Whether two texts are alike. Only their lengths decide how long it takes.
pub(crate) fn same(one: &[u8], other: &[u8]) -> bool {
    // Not to be made into a comparison that stops at the first difference.
    let differ = one.iter().zip(other).fold(0, |found, (a, b)| std::hint::black_box(found | (a ^ b)));
    one.len() == other.len() && differ == 0
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;
    use std::time::Instant;

    use super::*;

    #[test]
    fn texts_are_the_same_in_every_byte_and_in_length() {
        let text: Vec<u8> = (0..=255).collect();
        assert!(same(&text, &text) && same(b"", b""));
        for at in 0..text.len() {
            for bit in 0..8 {
                let mut other = text.clone();
                other[at] ^= 1 << bit;
                assert!(!same(&text, &other), "{at}, {bit}");
            }
            assert!(!same(&text, &text[..at]) && !same(&text[..at], &text), "{at}");
        }
    }

    /// Numbers that nothing can be foretold of, good enough to shuffle measurements.
    struct Dice(u64);

    impl Dice {
        fn roll(&mut self) -> u64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            self.0
        }
    }

    /// Mean and variance, one number at a time (Welford).
    #[derive(Default)]
    struct Sample {
        count: f64,
        mean: f64,
        squares: f64,
    }

    impl Sample {
        fn add(&mut self, value: f64) {
            self.count += 1.0;
            let before = value - self.mean;
            self.mean += before / self.count;
            self.squares += before * (value - self.mean);
        }

        fn variance(&self) -> f64 {
            self.squares / (self.count - 1.0)
        }
    }

    /// Welch's t of two samples.
    fn welch(one: &Sample, other: &Sample) -> f64 {
        let spread = one.variance() / one.count + other.variance() / other.count;
        (one.mean - other.mean) / spread.sqrt()
    }

    /// How long comparing took: with a text that differs in its first byte, and with one that is the same.
    fn measured(rounds: usize, compare: impl Fn(&[u8], &[u8]) -> bool) -> f64 {
        const TIMES: usize = 32;
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
        let secret: [u8; 64] = std::array::from_fn(|_| dice.roll().to_le_bytes()[0]);
        let mut early = secret;
        early[0] ^= 1;
        let mut times = Vec::with_capacity(rounds);
        for _ in 0..rounds {
            let alike = dice.roll() & 1 == 0;
            let given = if alike { secret } else { early };
            let begun = Instant::now();
            let mut yes = 0;
            for _ in 0..TIMES {
                yes += usize::from(compare(black_box(&secret), black_box(&given)));
            }
            let nanoseconds = begun.elapsed().as_nanos() as f64;
            assert_eq!(yes, if alike { TIMES } else { 0 });
            times.push((alike, nanoseconds));
        }
        // What an interrupt has made slow says nothing of either.
        let mut sorted: Vec<f64> = times.iter().map(|(_, time)| *time).collect();
        sorted.sort_by(f64::total_cmp);
        let most = sorted[sorted.len() * 95 / 100];
        let mut samples = [Sample::default(), Sample::default()];
        for (alike, time) in times.into_iter().filter(|(_, time)| *time <= most) {
            samples[usize::from(alike)].add(time);
        }
        welch(&samples[0], &samples[1])
    }

    fn stops_early(one: &[u8], other: &[u8]) -> bool {
        one.len() == other.len() && one.iter().zip(other).all(|(a, b)| black_box(a) == black_box(b))
    }

    /// Goal S16. Times are judged in the full round alone, `cargo xtask torture same-time`: a machine that does other
    /// things says nothing of them.
    #[test]
    fn how_long_a_comparison_takes_says_nothing_of_where_texts_differ() {
        let full = std::env::var("TOMBOLO_ROUNDS").ok().map(|text| text.parse::<usize>().unwrap());
        let rounds = full.unwrap_or(2_000);
        let (ours, careless) = (measured(rounds, same), measured(rounds, stops_early));
        println!("{rounds} samples: t = {ours:.2}; of a comparison that stops early, t = {careless:.0}");
        if full.is_some() {
            assert!(careless.abs() > 100.0, "this machine measures nothing: {careless}");
            assert!(ours.abs() < 10.0, "{ours}");
        }
    }
}
