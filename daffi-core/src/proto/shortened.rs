//! Words of a failure that are too long for a frame: a part of them, which says that it is one.

use super::{Described, Failed, Failure, Limits, RemoteError, Typed};

/// How many bytes a shortened text has beside the words that are kept, its lengths on the wire included.
const NOTICE_BYTES: usize = 128;

impl Failure {
    /// How many bytes it takes on the wire, but for a few.
    #[must_use]
    pub fn long_bytes(&self) -> usize {
        match self {
            Self::App { remote, typed } => {
                let causes: usize = remote.causes().map(str::len).sum();
                remote.message().len() + causes + typed.long_bytes()
            }
            Self::Explained(value) => value.len(),
            Self::Failed(Failed::SignatureMismatch { offered, others }) => {
                let others: usize = others.iter().map(Described::size).sum();
                offered.size() + others
            }
            Self::Failed(failed) => failed.words().map_or(0, str::len),
        }
    }

    /// How many bytes its longest words take: those of the error, or why it could not be sent itself.
    fn words_bytes(&self) -> usize {
        match self {
            Self::App { remote, typed } => {
                let words = remote.message().len() + remote.causes().map(str::len).sum::<usize>();
                match typed {
                    Typed::Lost(reason) => words.max(reason.len()),
                    Typed::InWords | Typed::Encoded(_) | Typed::Explained(_) => words,
                }
            }
            Self::Failed(failed) => failed.words().map_or(0, str::len),
            Self::Explained(_) => 0,
        }
    }

    /// The same with fewer words, if it has more than may be sent, or does not fit `room` bytes.
    #[must_use]
    pub fn fitting(&self, room: usize) -> Option<Self> {
        let fits = self.long_bytes() <= room && self.words_bytes() <= Limits::WORDS_BYTES;
        if fits { None } else { self.shortened(room) }
    }

    /// The same, with no more words than have room in `room` bytes and than may be sent, and said that they were more; `None` if there are none to be
    /// spared. Where an error itself has no room, its words go without it, and with the reason.
    #[must_use]
    pub fn shortened(&self, room: usize) -> Option<Self> {
        match self {
            Self::App { remote, typed } => {
                let room = room.checked_sub(NOTICE_BYTES)?;
                let (bytes, most) = (typed.long_bytes(), room / 2);
                let typed = match typed {
                    Typed::Encoded(_) | Typed::Explained(_) if bytes > most => {
                        Typed::Lost(format!("it takes {bytes} bytes, which do not fit a frame"))
                    }
                    Typed::Lost(reason) if bytes > most.min(Limits::WORDS_BYTES) => {
                        let most = most.min(Limits::WORDS_BYTES).saturating_sub(NOTICE_BYTES);
                        Typed::Lost(shortened_text(reason, most, bytes))
                    }
                    typed => typed.clone(),
                };
                let texts: Vec<_> = std::iter::once(remote.message()).chain(remote.causes()).collect();
                let rest = room.saturating_sub(typed.long_bytes());
                let most = rest.min(Limits::WORDS_BYTES - NOTICE_BYTES);
                let mut texts = shortened_texts(&texts, most);
                let message = texts.remove(0);
                Some(Self::App {
                    remote: RemoteError::new(message, texts),
                    typed,
                })
            }
            Self::Failed(failed) => {
                let mut failed = failed.clone();
                let words = failed.words_mut()?;
                let room = room.min(Limits::WORDS_BYTES).checked_sub(NOTICE_BYTES)?;
                let bytes = words.len();
                *words = shortened_text(words, room, bytes);
                Some(Self::Failed(failed))
            }
            Self::Explained(_) => None,
        }
    }
}

impl Failed {
    pub(super) fn words(&self) -> Option<&str> {
        match self {
            Self::Panicked { message: words, .. }
            | Self::Decode { message: words }
            | Self::Encode { message: words }
            | Self::Denied { reason: words, .. }
            | Self::Invalid { reason: words } => Some(words),
            _ => None,
        }
    }

    pub(super) fn words_mut(&mut self) -> Option<&mut String> {
        match self {
            Self::Panicked { message: words, .. }
            | Self::Decode { message: words }
            | Self::Encode { message: words }
            | Self::Denied { reason: words, .. }
            | Self::Invalid { reason: words } => Some(words),
            _ => None,
        }
    }
}

/// As much of them as has room, from the first on. The last one that is kept says how many bytes they were.
fn shortened_texts(texts: &[&str], mut room: usize) -> Vec<String> {
    let bytes = texts.iter().map(|text| text.len()).sum();
    let mut kept = Vec::new();
    for text in texts {
        match room.checked_sub(text.len() + NOTICE_BYTES) {
            Some(rest) => {
                room = rest;
                kept.push((*text).to_owned());
            }
            None => {
                kept.push(shortened_text(text, room, bytes));
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
