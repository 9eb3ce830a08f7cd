//! Numbers as they are written: as long as they have to be, little endian.

/// Appends a number that takes one byte if it is small.
#[inline]
pub(crate) fn number(out: &mut Vec<u8>, number: u64) {
    if number < 251 {
        #[expect(clippy::cast_possible_truncation, reason = "it is small")]
        out.push(number as u8);
    } else {
        large_number(out, number);
    }
}

fn large_number(out: &mut Vec<u8>, number: u64) {
    if let Ok(number) = u16::try_from(number) {
        let [a, b] = number.to_le_bytes();
        out.extend_from_slice(&[251, a, b]);
    } else if let Ok(number) = u32::try_from(number) {
        let [a, b, c, d] = number.to_le_bytes();
        out.extend_from_slice(&[252, a, b, c, d]);
    } else {
        let [a, b, c, d, e, f, g, h] = number.to_le_bytes();
        out.extend_from_slice(&[253, a, b, c, d, e, f, g, h]);
    }
}

pub(crate) fn huge_number(out: &mut Vec<u8>, huge: u128) {
    match u64::try_from(huge) {
        Ok(small) => number(out, small),
        Err(_) => {
            out.push(254);
            out.extend_from_slice(&huge.to_le_bytes());
        }
    }
}

/// Small numbers of either sign as small numbers.
#[inline]
pub(crate) const fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)).cast_unsigned()
}

#[inline]
pub(crate) fn bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}
