//! Where records begin and end in the bytes of a connection.

use super::ciphers::HEADER_BYTES;

/// A record of as many bytes or more is opened where it lies. Shorter ones go through rustls: all that is TLS's own is short.
const LONG: usize = 2048;

/// No record has more bytes behind its header: 16 KiB, and 256 for its sealing.
const LONGEST: usize = 16 * 1024 + 256;

/// What every record of application data begins with.
const DATA: [u8; 3] = [0x17, 3, 3];

/// How far the record is that is passed on in pieces.
#[derive(Debug, Default)]
pub(super) struct Outline {
    header: [u8; HEADER_BYTES],
    begun: usize,
    missing: usize,
}

impl Outline {
    /// How long the record is that these bytes begin with, which come next, if it is a long one of data. One of which the header has not
    /// come is passed on.
    pub(super) fn long(&self, bytes: &[u8]) -> Option<usize> {
        if self.begun > 0 || self.missing > 0 || bytes.len() < HEADER_BYTES || !bytes.starts_with(&DATA) {
            return None;
        }
        Some(length_of(bytes)).filter(|length| (LONG..=LONGEST).contains(&(length - HEADER_BYTES)))
    }

    /// Passes bytes on, up to the end of the record that they belong to; how many that are.
    pub(super) fn pass(&mut self, bytes: &[u8]) -> usize {
        let mut passed = 0;
        if self.missing == 0 {
            passed = bytes.len().min(HEADER_BYTES - self.begun);
            self.header[self.begun..][..passed].copy_from_slice(&bytes[..passed]);
            self.begun += passed;
            if self.begun < HEADER_BYTES {
                return passed;
            }
            self.begun = 0;
            self.missing = length_of(&self.header) - HEADER_BYTES;
        }
        let some = self.missing.min(bytes.len() - passed);
        self.missing -= some;
        passed + some
    }
}

/// How long a record is with its header, as that says.
pub(super) fn length_of(record: &[u8]) -> usize {
    match record {
        [_, _, _, high, low, ..] => HEADER_BYTES + usize::from(u16::from_be_bytes([*high, *low])),
        _ => HEADER_BYTES,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u8, length: u16) -> Vec<u8> {
        let mut record = vec![kind, 3, 3];
        record.extend(length.to_be_bytes());
        record.resize(HEADER_BYTES + usize::from(length), 7);
        record
    }

    #[test]
    fn a_record_ends_where_it_says_however_it_comes() {
        let all = [record(0x16, 3), record(0x17, 0), record(0x17, 300)].concat();
        for piece in 1..all.len() {
            let mut outline = Outline::default();
            let mut ends = Vec::new();
            let mut at = 0;
            while at < all.len() {
                let passed = outline.pass(&all[at..all.len().min(at + piece)]);
                assert!(passed > 0);
                at += passed;
                if outline.long(&record(0x17, 4000)).is_some() {
                    ends.push(at);
                }
            }
            assert_eq!(ends, [8, 13, 318], "{piece}");
        }
    }

    #[test]
    fn only_long_records_of_data_are_long() {
        let outline = Outline::default();
        let long = record(0x17, 2048);
        for come in HEADER_BYTES..=long.len() {
            assert_eq!(outline.long(&long[..come]), Some(long.len()));
        }
        assert_eq!(outline.long(&long[..4]), None);
        for other in [
            record(0x17, 2047),
            record(0x16, 3000),
            record(0x17, 16641),
            record(0x15, 2),
        ] {
            assert_eq!(outline.long(&other), None);
        }
    }
}
