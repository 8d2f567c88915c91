//! Compressed bodies, made by hand: whole ones, and small ones that unpack to 256 MB.
//!
//! The whole ones are stored rather than squeezed, which every unpacker must read too.

/// How much a bomb unpacks to.
pub(crate) const BOMB: usize = 256 << 20;

/// 256 MB of spaces by Node's zlib: `brotliCompressSync(Buffer.alloc(256 << 20, 32))`.
pub(crate) const BROTLI_BOMB: &[u8] = include_bytes!("../../fixtures/http/bomb.br");

const GZIP_HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];

/// The most bytes that are stored in one piece.
const PIECE: usize = 0xffff;

/// A gzip file of stored blocks.
pub(crate) fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut packed = GZIP_HEAD.to_vec();
    for piece in plain.chunks(PIECE) {
        let [low, high, ..] = piece.len().to_le_bytes();
        packed.extend([0, low, high, !low, !high]);
        packed.extend(piece);
    }
    // An empty last block.
    packed.extend([1, 0, 0, 0xff, 0xff]);
    packed.extend(crc32(plain).to_le_bytes());
    packed.extend(plain.len().to_le_bytes().iter().take(4));
    packed
}

/// A brotli stream of uncompressed meta-blocks.
pub(crate) fn brotli(plain: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    let mut window_bits = 1;
    for piece in plain.chunks(PIECE) {
        // Not the last; four nibbles of length less one; uncompressed.
        let head = (((piece.len() - 1) << 3) | (1 << 19)) << window_bits;
        packed.extend(head.to_le_bytes().iter().take(3));
        packed.extend(piece);
        window_bits = 0;
    }
    // The window size stands before the first meta-block only; the last one is empty.
    packed.push(if window_bits == 1 { 6 } else { 3 });
    packed
}

/// A gzip file that unpacks to 256 MB of spaces: one space, and then "the last 258 again" in 13 bits each.
pub(crate) fn gzip_bomb() -> Vec<u8> {
    let mut bits = Bits {
        packed: GZIP_HEAD.to_vec(),
        ..Bits::default()
    };
    // The last block, with the fixed code.
    bits.push(0b011, 3);
    bits.push_code(0x30 + u32::from(b' '), 8);
    for _ in 0..BOMB / 258 {
        bits.push_code(0b1100_0101, 8);
        bits.push_code(0, 5);
    }
    bits.push_code(0, 7);
    bits.push(0, 7);
    // Nobody gets as far as the checksum.
    bits.packed.extend([0; 8]);
    bits.packed
}

#[derive(Default)]
struct Bits {
    packed: Vec<u8>,
    pending: u32,
    count: u32,
}

impl Bits {
    /// Lowest bit first.
    fn push(&mut self, bits: u32, count: u32) {
        self.pending |= bits << self.count;
        self.count += count;
        while self.count >= 8 {
            self.packed.extend(self.pending.to_le_bytes().first());
            self.pending >>= 8;
            self.count -= 8;
        }
    }

    /// Highest bit first, as codes are written.
    fn push_code(&mut self, code: u32, count: u32) {
        self.push(code.reverse_bits() >> (32 - count), count);
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc: u32, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 }
        })
    })
}
