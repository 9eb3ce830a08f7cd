//! Files as cameras and browsers make them, PNG and JPEG, and thumbnails of these.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder as _, ImageError, ImageFormat, ImageReader, Limits, RgbImage};
use serde::{Deserialize, Serialize};

use super::Picture;

/// So many points a picture has at most: whoever makes a thumbnail of it has all of them in memory.
const MOST_POINTS: u64 = 50_000_000;

/// A thumbnail of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Developed {
    /// A PNG file.
    pub thumbnail: Vec<u8>,
    /// How many points the picture itself has, as it is looked at.
    pub width: u32,
    pub height: u32,
}

/// Why there is no thumbnail of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Unreadable {
    #[error("is not a picture that can be read: PNG and JPEG files are")]
    NoPicture,
    #[error("has {width} x {height} points, which is more than {} million", MOST_POINTS / 1_000_000)]
    TooManyPoints { width: u32, height: u32 },
    #[error("is damaged: {0}")]
    Damaged(String),
}

impl From<ImageError> for Unreadable {
    fn from(error: ImageError) -> Self {
        Self::Damaged(error.to_string())
    }
}

/// Whether it begins as a file does that can be read; the rest may be anything.
pub fn begins_as_a_picture(file: &[u8]) -> Result<(), Unreadable> {
    format(file).map(|_| ())
}

/// A thumbnail of at most `side` points to the right and down.
pub fn develop(file: &[u8], side: u32) -> Result<Developed, Unreadable> {
    let mut reader = ImageReader::with_format(Cursor::new(file), format(file)?);
    // A small file may stand for a very large picture: that is known, and refused, before memory is taken for it.
    reader.limits(Limits::no_limits());
    let mut decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MOST_POINTS {
        return Err(Unreadable::TooManyPoints { width, height });
    }
    // Cameras write how they were held.
    let orientation = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    let (width, height) = (picture.width(), picture.height());
    if width.max(height) > side {
        picture = picture.thumbnail(side, side);
    }
    let mut thumbnail = Vec::new();
    DynamicImage::from(picture.into_rgba8()).write_to(Cursor::new(&mut thumbnail), ImageFormat::Png)?;
    Ok(Developed {
        thumbnail,
        width,
        height,
    })
}

/// A picture as a PNG file.
pub fn png(picture: Picture) -> Result<Vec<u8>, Unreadable> {
    let Picture {
        width,
        height,
        colours,
    } = picture;
    let picture = RgbImage::from_raw(width, height, colours).ok_or(Unreadable::NoPicture)?;
    let mut file = Vec::new();
    picture.write_to(&mut Cursor::new(&mut file), ImageFormat::Png)?;
    Ok(file)
}

fn format(file: &[u8]) -> Result<ImageFormat, Unreadable> {
    match image::guess_format(file) {
        Ok(format @ (ImageFormat::Png | ImageFormat::Jpeg)) => Ok(format),
        _ => Err(Unreadable::NoPicture),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn file(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        let picture = Picture::painted(1, width, height);
        let picture = RgbImage::from_raw(width, height, picture.colours).unwrap();
        let mut file = Vec::new();
        picture.write_to(&mut Cursor::new(&mut file), format).unwrap();
        file
    }

    /// How many points a thumbnail has.
    fn size(of: &Developed) -> (u32, u32) {
        let thumbnail = image::load_from_memory_with_format(&of.thumbnail, ImageFormat::Png).unwrap();
        (thumbnail.width(), thumbnail.height())
    }

    #[test]
    fn png_and_jpeg_files_have_thumbnails_and_small_ones_stay_as_large_as_they_are() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg] {
            let made = develop(&file(300, 150, format), 100).unwrap();
            assert_eq!((made.width, made.height), (300, 150));
            assert_eq!(size(&made), (100, 50));
            assert_eq!(size(&develop(&file(30, 15, format), 100).unwrap()), (30, 15));
        }
    }

    #[test]
    fn what_is_no_picture_is_told_from_one_that_is_damaged() {
        let whole = file(64, 64, ImageFormat::Png);
        for text in [&b""[..], b"It snows.", b"GIF89a"] {
            assert_eq!(develop(text, 8), Err(Unreadable::NoPicture));
            assert_eq!(begins_as_a_picture(text), Err(Unreadable::NoPicture));
        }
        assert_eq!(begins_as_a_picture(&whole[..20]), Ok(()));
        for end in [20, 60, whole.len() / 2] {
            let part = develop(&whole[..end], 8);
            assert!(matches!(part, Err(Unreadable::Damaged(_))), "{end}: {part:?}");
        }
    }

    #[test]
    fn a_small_file_that_stands_for_a_huge_picture_is_refused_by_its_head() {
        let mut bomb = file(8, 8, ImageFormat::Png);
        // The width and height of its head, and what its head is checked by.
        bomb[16..24].copy_from_slice(&[0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]);
        let sum = crc(&bomb[12..29]);
        bomb[29..33].copy_from_slice(&sum.to_be_bytes());
        let (width, height) = (0xffff, 0xffff);
        assert_eq!(
            develop(&bomb, 8),
            Err(Unreadable::TooManyPoints { width, height })
        );
    }

    /// As the format says.
    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0, |sum, byte| {
            (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
                (sum >> 1) ^ (0xedb8_8320 * (sum & 1))
            })
        })
    }
}
