//! Numbers and byte strings off a stream that may end, lie, or never stop.

use std::io::BufRead;

use super::ScanError;

const CUT: ScanError = ScanError::Malformed("it ends too early");
const WIDE: ScanError = ScanError::Malformed("a number is too large");

/// A stream with a known number of bytes left.
pub(super) struct Reader<R> {
    inner: R,
    left: u64,
}

impl<R: BufRead> Reader<R> {
    /// Reads at most `left` bytes of `inner`.
    pub(super) const fn new(inner: R, left: u64) -> Self {
        Self { inner, left }
    }

    pub(super) const fn left(&self) -> u64 {
        self.left
    }

    pub(super) fn byte(&mut self) -> Result<u8, ScanError> {
        if self.left == 0 {
            return Err(CUT);
        }
        let byte = match self.inner.fill_buf() {
            Ok([byte, ..]) => *byte,
            _ => return Err(CUT),
        };
        self.inner.consume(1);
        self.left -= 1;
        Ok(byte)
    }

    pub(super) fn exact(&mut self, into: &mut [u8]) -> Result<(), ScanError> {
        for place in into {
            *place = self.byte()?;
        }
        Ok(())
    }

    pub(super) fn skip(&mut self, bytes: u64) -> Result<(), ScanError> {
        if bytes > self.left {
            return Err(CUT);
        }
        let mut todo = bytes;
        while todo > 0 {
            let there = match self.inner.fill_buf() {
                Ok([]) | Err(_) => return Err(CUT),
                Ok(buffer) => buffer.len(),
            };
            let step = usize::try_from(todo).unwrap_or(usize::MAX).min(there);
            self.inner.consume(step);
            todo -= u64::try_from(step).unwrap_or(todo);
        }
        self.left -= bytes;
        Ok(())
    }

    /// Lets `read` have exactly the next `bytes` bytes.
    pub(super) fn within<T>(
        &mut self,
        bytes: u64,
        read: impl FnOnce(&mut Reader<&mut R>) -> Result<T, ScanError>,
    ) -> Result<T, ScanError> {
        if bytes > self.left {
            return Err(CUT);
        }
        let mut part = Reader::new(&mut self.inner, bytes);
        let value = read(&mut part)?;
        part.skip(part.left())?;
        self.left -= bytes;
        Ok(value)
    }

    /// An unsigned LEB128 number.
    pub(super) fn unsigned(&mut self) -> Result<u64, ScanError> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return Err(WIDE);
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(WIDE)
    }

    /// A signed LEB128 number.
    pub(super) fn signed(&mut self) -> Result<i64, ScanError> {
        let mut value = 0_i64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            if shift == 63 && byte != 0 && byte != 0x7f {
                return Err(WIDE);
            }
            value |= i64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                if shift < 57 && byte & 0x40 != 0 {
                    value |= -1 << (shift + 7);
                }
                return Ok(value);
            }
        }
        Err(WIDE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(bytes: &[u8]) -> Result<i64, ScanError> {
        Reader::new(bytes, bytes.len() as u64).signed()
    }

    #[test]
    fn numbers_read_as_they_were_written() {
        assert_eq!(Reader::new(&[0x81, 0x01][..], 2).unsigned(), Ok(129));
        assert_eq!(signed(&[0x7f]), Ok(-1));
        assert_eq!(signed(&[0x80, 0x7f]), Ok(-128));
        assert_eq!(signed(&[0xc0, 0x00]), Ok(64));
    }

    #[test]
    fn the_widest_numbers_fit_and_wider_ones_are_refused() {
        let widest = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        assert_eq!(Reader::new(&widest[..], 10).unsigned(), Ok(u64::MAX));
        let wider = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02];
        assert!(Reader::new(&wider[..], 10).unsigned().is_err());
        let least = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f];
        assert_eq!(signed(&least), Ok(i64::MIN));
    }
}
