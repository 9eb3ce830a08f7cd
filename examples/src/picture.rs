//! The pictures that `camera` makes and `viewer` shows: a byte for each point, row by row.

/// How many points a row has.
pub const WIDTH: usize = 8;

/// How many rows there are.
pub const HEIGHT: usize = 3;

/// A picture as text.
#[must_use]
pub fn show(picture: &[u8]) -> String {
    let row = |row: &[u8]| {
        let points = row.iter().map(|point| if *point > 127 { '#' } else { '.' });
        points.collect::<String>() + "\n"
    };
    picture.chunks(WIDTH).map(row).collect()
}
