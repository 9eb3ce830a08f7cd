//! Pictures: read and written as binary PPM files, made smaller, and painted for those who have none.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

/// A picture in colour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    pub width: u32,
    pub height: u32,
    /// Red, green and blue of each point, row by row.
    pub colours: Vec<u8>,
}

/// Why there is no thumbnail of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Unfit {
    #[error("the picture has no points")]
    Empty,
    #[error("a picture of {width} x {height} points has not {colours} bytes of colours")]
    NotWhole { width: u32, height: u32, colours: u64 },
}

/// Why the bytes of a file are no picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a binary PPM file with 255 shades, or not all of one")]
pub struct NoPicture;

impl Picture {
    /// A landscape, which looks different for each number.
    pub fn painted(number: u32, width: u32, height: u32) -> Self {
        let scene = Scene::of(number);
        let colours = (0..height)
            .flat_map(|y| (0..width).map(move |x| (x, y)))
            .flat_map(|(x, y)| {
                // As parts of the height.
                let across = (x as f32 - width as f32 / 2.0) / height as f32;
                let down = y as f32 / height as f32;
                scene.at(across, down).map(|shade| shade as u8)
            })
            .collect();
        Self {
            width,
            height,
            colours,
        }
    }

    /// Reads a file.
    pub fn decode(file: &[u8]) -> Result<Self, NoPicture> {
        let rest = file.strip_prefix(b"P6").ok_or(NoPicture)?;
        let (width, rest) = number(rest)?;
        let (height, rest) = number(rest)?;
        let (255, rest) = number(rest)? else {
            return Err(NoPicture);
        };
        // One byte of space, and the rest are colours.
        let (_, colours) = rest.split_first().ok_or(NoPicture)?;
        let picture = Self {
            width,
            height,
            colours: colours.to_vec(),
        };
        picture.is_whole().then_some(picture).ok_or(NoPicture)
    }

    /// Writes a file.
    pub fn encode(&self) -> Vec<u8> {
        let mut head = String::new();
        let _ = writeln!(head, "P6\n{} {}\n255", self.width, self.height);
        [head.as_bytes(), &self.colours].concat()
    }

    /// The same picture, at most `side` points wide and high: each point is the mean of those that it stands for.
    pub fn thumbnail(&self, side: u32) -> Result<Self, Unfit> {
        let longest = self.width.max(self.height);
        if self.width == 0 || self.height == 0 || side == 0 {
            return Err(Unfit::Empty);
        }
        // It may have come from anywhere.
        if !self.is_whole() {
            return Err(Unfit::NotWhole {
                width: self.width,
                height: self.height,
                colours: self.colours.len() as u64,
            });
        }
        if longest <= side {
            return Ok(self.clone());
        }
        let shorter = |length: u32| {
            let shorter = u64::from(length) * u64::from(side) / u64::from(longest);
            u32::try_from(shorter).unwrap_or(side).max(1)
        };
        let (width, height) = (shorter(self.width), shorter(self.height));
        let colours = (0..height)
            .flat_map(|y| (0..width).map(move |x| (x, y)))
            .flat_map(|(x, y)| self.mean(part(x, width, self.width), part(y, height, self.height)))
            .collect();
        Ok(Self {
            width,
            height,
            colours,
        })
    }

    fn is_whole(&self) -> bool {
        let points = u64::from(self.width) * u64::from(self.height);
        points.checked_mul(3) == Some(self.colours.len() as u64)
    }

    /// The mean of the points in some columns and rows.
    fn mean(&self, columns: (usize, usize), rows: (usize, usize)) -> [u8; 3] {
        let mut sums = [0u64; 3];
        for y in rows.0..rows.1 {
            let row = y * self.width as usize;
            let points = &self.colours[(row + columns.0) * 3..(row + columns.1) * 3];
            for point in points.chunks(3) {
                for (sum, colour) in sums.iter_mut().zip(point) {
                    *sum += u64::from(*colour);
                }
            }
        }
        let count = ((rows.1 - rows.0) * (columns.1 - columns.0)) as u64;
        sums.map(|sum| u8::try_from(sum / count).unwrap_or(u8::MAX))
    }
}

/// What can be seen of a landscape.
struct Scene {
    number: f32,
    /// Its colours: above, at the horizon, and of what is near.
    above: [f32; 3],
    low: [f32; 3],
    near: [f32; 3],
    sun: [f32; 2],
}

impl Scene {
    fn of(number: u32) -> Self {
        let (above, low, near) = match number % 5 {
            0 => ([38.0, 70.0, 128.0], [244.0, 188.0, 130.0], [24.0, 44.0, 60.0]),
            1 => ([94.0, 162.0, 214.0], [222.0, 238.0, 242.0], [40.0, 92.0, 60.0]),
            2 => ([62.0, 38.0, 92.0], [240.0, 136.0, 118.0], [36.0, 20.0, 48.0]),
            3 => ([20.0, 32.0, 64.0], [92.0, 126.0, 162.0], [8.0, 20.0, 36.0]),
            _ => ([226.0, 178.0, 92.0], [252.0, 232.0, 190.0], [112.0, 66.0, 32.0]),
        };
        let number = number as f32;
        Self {
            number,
            above,
            low,
            near,
            sun: [(number * 2.4).sin() * 0.45, 0.28 + (number * 1.7).cos() * 0.1],
        }
    }

    fn at(&self, across: f32, down: f32) -> [f32; 3] {
        // The nearest of three ridges that reaches so high, or else the sky.
        for (ridge, base) in [(3.0, 0.84), (2.0, 0.7), (1.0, 0.58)] {
            let wave = (across * (2.1 + ridge) + self.number * ridge * 1.3).sin() * 0.06
                + (across * (7.3 - ridge) + self.number * 2.9).sin() * 0.025;
            if down > base + wave {
                return mixed(self.low, self.near, ridge / 3.0);
            }
        }
        let sky = mixed(self.above, self.low, (down / 0.6).min(1.0));
        let from_sun = (across - self.sun[0]).hypot(down - self.sun[1]);
        let light = if from_sun < 0.085 {
            0.95
        } else {
            0.4 / (1.0 + from_sun * 14.0)
        };
        mixed(sky, [255.0, 250.0, 232.0], light)
    }
}

/// From one colour to another.
fn mixed(one: [f32; 3], other: [f32; 3], part: f32) -> [f32; 3] {
    [0, 1, 2].map(|at| one[at] + (other[at] - one[at]) * part)
}

/// From where to where the place `at` of so many reaches in a longer row.
fn part(at: u32, of: u32, length: u32) -> (usize, usize) {
    let edge = |at: u32| (u64::from(at) * u64::from(length) / u64::from(of)) as usize;
    (edge(at), edge(at + 1))
}

/// The next number of a file's head, and what follows it.
fn number(mut text: &[u8]) -> Result<(u32, &[u8]), NoPicture> {
    // There is space before it, and there may be comments.
    loop {
        text = text.trim_ascii_start();
        let Some(comment) = text.strip_prefix(b"#") else {
            break;
        };
        let end = comment.iter().position(|byte| *byte == b'\n').ok_or(NoPicture)?;
        text = &comment[end..];
    }
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at(digits);
    let digits = str::from_utf8(digits).map_err(|_| NoPicture)?;
    Ok((digits.parse().map_err(|_| NoPicture)?, rest))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn grey(width: u32, shades: &[u8]) -> Picture {
        Picture {
            width,
            height: shades.len() as u32 / width,
            colours: shades.iter().flat_map(|shade| [*shade; 3]).collect(),
        }
    }

    #[test]
    fn a_thumbnails_points_are_the_means_of_those_they_stand_for() {
        let picture = grey(4, &[0, 10, 20, 30, 40, 50, 60, 70]);
        assert_eq!(picture.thumbnail(2), Ok(grey(2, &[25, 45])));
        assert_eq!(picture.thumbnail(1), Ok(grey(1, &[35])));
        // Five columns become three, of two, one and two.
        let picture = grey(5, &[10, 20, 30, 40, 50]);
        assert_eq!(picture.thumbnail(3), Ok(grey(3, &[10, 25, 45])));
    }

    #[test]
    fn a_small_picture_is_its_own_thumbnail() {
        let picture = Picture::painted(1, 8, 6);
        assert_eq!(picture.thumbnail(8), Ok(picture));
    }

    #[test]
    fn there_is_no_thumbnail_of_nothing_nor_of_a_part() {
        assert_eq!(Picture::painted(1, 0, 6).thumbnail(8), Err(Unfit::Empty));
        assert_eq!(Picture::painted(1, 8, 6).thumbnail(0), Err(Unfit::Empty));
        let mut part = Picture::painted(1, 8, 6);
        part.colours.pop();
        let (width, height) = (8, 6);
        let unfit = Unfit::NotWhole {
            width,
            height,
            colours: 143,
        };
        assert_eq!(part.thumbnail(8), Err(unfit));
        let huge = Picture {
            width: u32::MAX,
            height: u32::MAX,
            colours: Vec::new(),
        };
        assert!(huge.thumbnail(8).is_err());
    }

    #[test]
    fn a_file_is_read_as_it_was_written() {
        let picture = Picture::painted(7, 5, 3);
        assert_eq!(Picture::decode(&picture.encode()), Ok(picture));
        let commented = b"P6 # by ann\n# and bob\n1\t1 255\nabc";
        assert_eq!(Picture::decode(commented).unwrap().colours, b"abc");
    }

    #[test]
    fn what_is_no_picture_is_none() {
        for file in [
            "",
            "P6",
            "P5 1 1 255\nabc",
            "P6 1 1 255",
            "P6 1 1 255\nab",
            "P6 1 1 255\nabcd",
            "P6 1 1 99\nabc",
            "P6 -1 1 255\nabc",
            "P6 1 # no end",
            "P6 4294967295 4294967295 255\nabc",
            "P6 99999999999 1 255\nabc",
        ] {
            assert_eq!(Picture::decode(file.as_bytes()), Err(NoPicture), "{file:?}");
        }
    }
}
