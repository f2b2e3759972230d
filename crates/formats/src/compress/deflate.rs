//! Bytes made shorter, the same way everywhere.

use miniz_oxide::deflate::core::{CompressorOxide, create_comp_flags_from_zip_params};
use miniz_oxide::deflate::stream::deflate;
use miniz_oxide::{MZFlush, MZStatus};

/// Deflates one stream.
pub(super) struct Deflater {
    state: Box<CompressorOxide>,
    crc: crc32fast::Hasher,
    came_in: u64,
    came_out: u64,
}

impl Deflater {
    pub(super) fn new() -> Self {
        // Level 6 of 10, without a frame around the data.
        let flags = create_comp_flags_from_zip_params(6, -15, 0);
        let state = Box::new(CompressorOxide::new(flags));
        Self { state, crc: crc32fast::Hasher::new(), came_in: 0, came_out: 0 }
    }

    /// Appends what the bytes become; some of it may come later.
    pub(super) fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        self.crc.update(bytes);
        self.came_in += bytes.len() as u64;
        self.run(bytes, MZFlush::None, out);
    }

    /// Appends the end.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        self.run(b"", MZFlush::Finish, out);
    }

    fn run(&mut self, mut bytes: &[u8], flush: MZFlush, out: &mut Vec<u8>) {
        let mut room = [0; 16 * 1024];
        loop {
            let result = deflate(&mut self.state, bytes, &mut room, flush);
            out.extend_from_slice(&room[..result.bytes_written]);
            self.came_out += result.bytes_written as u64;
            bytes = &bytes[result.bytes_consumed..];
            let full = result.bytes_written == room.len();
            let over = result.status == Ok(MZStatus::StreamEnd);
            let stuck = result.bytes_consumed == 0 && result.bytes_written == 0;
            if over || stuck || (bytes.is_empty() && !full && flush == MZFlush::None) {
                return;
            }
        }
    }

    pub(super) fn crc(&self) -> u32 {
        self.crc.clone().finalize()
    }

    /// How many bytes went in and came out.
    pub(super) fn sizes(&self) -> (u64, u64) {
        (self.came_in, self.came_out)
    }
}
