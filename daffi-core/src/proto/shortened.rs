//! Words of a failure that are too long for a frame: a part of them, which says that it is one.

use super::{Failed, Failure, RemoteError};

/// How many bytes a shortened text has beside the words that are kept, its lengths on the wire included.
const NOTICE_BYTES: usize = 128;

impl Failure {
    /// How many bytes it takes on the wire, but for a few.
    #[must_use]
    pub fn long_bytes(&self) -> usize {
        match self {
            Self::App { remote, typed } => {
                let causes: usize = remote.causes().map(str::len).sum();
                remote.message().len() + causes + typed.as_ref().map_or(0, bytes::Bytes::len)
            }
            Self::Failed(failed) => failed.words().map_or(0, str::len),
        }
    }

    /// The same, with no more words than have room in `room` bytes, and said that they were more; `None` if there are none to be
    /// spared. Where an error itself has no room, its words go without it.
    #[must_use]
    pub fn shortened(&self, room: usize) -> Option<Self> {
        match self {
            Self::App { remote, typed } => {
                let room = room.checked_sub(NOTICE_BYTES)?;
                let kept = typed.as_ref().filter(|typed| typed.len() <= room / 2);
                let mut texts: Vec<_> = std::iter::once(remote.message())
                    .chain(remote.causes())
                    .map(str::to_owned)
                    .collect();
                if let (Some(typed), None) = (typed, kept) {
                    texts[0].push_str(&format!(
                        " (the error itself, of {} bytes, does not fit a frame)",
                        typed.len()
                    ));
                }
                let mut texts = shortened_texts(texts, room - kept.map_or(0, bytes::Bytes::len));
                let message = texts.remove(0);
                Some(Self::App {
                    remote: RemoteError::new(message, texts),
                    typed: kept.cloned(),
                })
            }
            Self::Failed(failed) => {
                let mut failed = failed.clone();
                let words = failed.words_mut()?;
                let room = room.checked_sub(NOTICE_BYTES)?;
                let bytes = words.len();
                *words = shortened_text(words, room, bytes);
                Some(Self::Failed(failed))
            }
        }
    }
}

impl Failed {
    fn words(&self) -> Option<&str> {
        match self {
            Self::Panicked { message: words }
            | Self::Decode { message: words }
            | Self::Encode { message: words }
            | Self::Denied { reason: words }
            | Self::Invalid { reason: words } => Some(words),
            _ => None,
        }
    }

    fn words_mut(&mut self) -> Option<&mut String> {
        match self {
            Self::Panicked { message: words }
            | Self::Decode { message: words }
            | Self::Encode { message: words }
            | Self::Denied { reason: words }
            | Self::Invalid { reason: words } => Some(words),
            _ => None,
        }
    }
}

/// As much of them as has room, from the first on. The last one that is kept says how many bytes they were.
fn shortened_texts(texts: Vec<String>, mut room: usize) -> Vec<String> {
    let bytes = texts.iter().map(String::len).sum();
    let mut kept = Vec::new();
    for text in texts {
        match room.checked_sub(text.len() + NOTICE_BYTES) {
            Some(rest) => {
                room = rest;
                kept.push(text);
            }
            None => {
                kept.push(shortened_text(&text, room, bytes));
                break;
            }
        }
    }
    kept
}

/// What of a text has room, and of how many bytes it is a part.
fn shortened_text(text: &str, room: usize, bytes: usize) -> String {
    let kept = (0..=room.min(text.len()))
        .rev()
        .find(|&end| text.is_char_boundary(end))
        .unwrap_or(0);
    format!("{}… (cut: there were {bytes} bytes)", &text[..kept])
}
