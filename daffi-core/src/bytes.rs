//! Files and readers as streams of bytes, and back.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ::bytes::BytesMut;
use futures_util::Stream;
use serde::{Deserialize, Serialize};
use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::runtime::Handle;

use crate::call::Streaming;
use crate::error::CallError;

/// Bytes that are shared and not copied: those of the crate [`bytes`](https://docs.rs/bytes).
pub use ::bytes::Bytes;

/// How many bytes a chunk has at most.
const CHUNK: usize = 256 * 1024;

/// A piece of what is sent, or why there are no more. A stream of these that ends without an error is complete.
///
/// ```
/// use daffi::Streaming;
/// use daffi::bytes::{Chunk, Data};
///
/// /// How many bytes came, or what its sender said was wrong.
/// async fn count(mut chunks: Streaming<Chunk>) -> Result<usize, String> {
///     let mut count = 0;
///     while let Some(chunk) = chunks.next().await {
///         let Data(bytes) = chunk.map_err(|error| error.to_string())??;
///         count += bytes.len();
///     }
///     Ok(count)
/// }
/// # let _ = count;
/// ```
pub type Chunk = Result<Data, String>;

/// Some bytes, which cross the wire as such.
///
/// ```
/// use daffi::bytes::{Bytes, Data};
///
/// let data = Data(Bytes::from_static(b"lamp"));
/// assert_eq!(data.0.len(), 4);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Data(pub Bytes);

impl Serialize for Data {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::proto::Raw::<Bytes>::deserialize(deserializer).map(|raw| Self(raw.0))
    }
}

/// A file, read for being sent: a stream of its bytes.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
/// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
/// # struct Store;
/// # #[daffi::callback]
/// # impl Store {
/// #     pub async fn store(&self, chunks: daffi::Streaming<daffi::bytes::Chunk>) -> Result<u64, String> {
/// #         daffi::bytes::write(chunks, &mut tokio::io::sink()).await.map_err(|error| error.to_string())
/// #     }
/// # }
/// # shop.register(Store).await?;
/// # #[daffi::fetcher]
/// # fn store(chunks: impl daffi::Stream<Item = daffi::bytes::Chunk>) -> Result<u64, String>;
/// # let store = |chunks| store(chunks).on(&g);
/// use daffi::bytes;
///
/// # let folder = tempfile::tempdir()?;
/// # let film = folder.path().join("film.mp4");
/// # std::fs::write(&film, [7; 1_000])?;
/// let file = bytes::open(&film).await?;
/// let total = file.total();
/// let file = file.on_progress(move |sent| println!("{sent} of {total:?} bytes"));
/// assert_eq!(store(file).await?, 1_000);
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// When it cannot be opened.
pub async fn open(path: impl AsRef<Path>) -> io::Result<Reading> {
    let file = if Handle::try_current().is_ok() {
        File::open(path).await?
    } else {
        // Opening takes no longer than the executor of somebody else can spare.
        File::from_std(std::fs::File::open(path)?)
    };
    let file = file.into_std().await;
    let total = file.metadata()?.len();
    let file = File::from_std(file);
    Ok(Reading {
        total: Some(total),
        ..read(file)
    })
}

/// Whatever can be read, for being sent: a stream of its bytes.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
/// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
/// # struct Store;
/// # #[daffi::callback]
/// # impl Store {
/// #     pub async fn store(&self, chunks: daffi::Streaming<daffi::bytes::Chunk>) -> Result<u64, String> {
/// #         daffi::bytes::write(chunks, &mut tokio::io::sink()).await.map_err(|error| error.to_string())
/// #     }
/// # }
/// # shop.register(Store).await?;
/// # #[daffi::fetcher]
/// # fn store(chunks: impl daffi::Stream<Item = daffi::bytes::Chunk>) -> Result<u64, String>;
/// # let store = |chunks| store(chunks).on(&g);
/// use daffi::bytes;
///
/// // Whatever is `AsyncRead`: a socket, a decoder, or bytes at hand.
/// assert_eq!(store(bytes::read(&b"lamp"[..])).await?, 4);
/// # Ok(()) }
/// ```
pub fn read(reader: impl AsyncRead + Send + 'static) -> Reading {
    Reading {
        reader: Some(Box::pin(reader)),
        buffer: BytesMut::new(),
        done: 0,
        total: None,
        progress: None,
    }
}

/// The bytes of a reader as a stream: what [`open`] and [`read`] return. An error of the reader is the last item.
///
/// ```
/// use daffi::bytes;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let reading = bytes::read(&b"lamp"[..]).on_progress(|sent| println!("{sent} bytes"));
/// assert_eq!(reading.total(), None, "only of files it is known");
/// # }
/// ```
#[must_use = "nothing is read until this is sent"]
pub struct Reading {
    reader: Option<Pin<Box<dyn AsyncRead + Send>>>,
    buffer: BytesMut,
    done: u64,
    total: Option<u64>,
    progress: Option<Box<dyn FnMut(u64) + Send>>,
}

impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reading")
            .field("done", &self.done)
            .field("total", &self.total)
            .finish_non_exhaustive()
    }
}

impl Reading {
    /// How many bytes there are, where that is known.
    #[must_use]
    pub const fn total(&self) -> Option<u64> {
        self.total
    }

    /// Is told how many bytes have been taken so far, whenever more are. They are at most one window ahead of what the
    /// receiver has taken.
    pub fn on_progress(mut self, progress: impl FnMut(u64) + Send + 'static) -> Self {
        self.progress = Some(Box::new(progress));
        self
    }

    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        let Some(reader) = &mut self.reader else {
            return Poll::Ready(None);
        };
        self.buffer.resize(CHUNK, 0);
        let mut buffer = ReadBuf::new(&mut self.buffer);
        if let Err(error) = ready!(reader.as_mut().poll_read(cx, &mut buffer)) {
            self.reader = None;
            return Poll::Ready(Some(Err(error)));
        }
        let count = buffer.filled().len();
        if count == 0 {
            self.reader = None;
            return Poll::Ready(None);
        }
        let chunk = self.buffer.split_to(count).freeze();
        self.done += count as u64;
        if let Some(progress) = &mut self.progress {
            progress(self.done);
        }
        Poll::Ready(Some(Ok(chunk)))
    }
}

impl Stream for Reading {
    type Item = Chunk;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Chunk>> {
        let chunk = ready!(self.get_mut().poll_chunk(cx));
        Poll::Ready(chunk.map(|chunk| chunk.map(Data).map_err(|error| error.to_string())))
    }
}

/// Why bytes did not arrive.
///
/// ```
/// use daffi::Streaming;
/// use daffi::bytes::{self, Chunk, TransferError};
///
/// async fn fetch(film: Streaming<Chunk>) -> &'static str {
///     match bytes::save(film, "/tmp/film.mp4").await {
///         Ok(_) => "it is there",
///         Err(TransferError::Call(_)) => "the call ended early",
///         Err(TransferError::Read(_)) => "the sender could not read it",
///         Err(TransferError::Write(_)) => "this disk is full, or the like",
///         Err(_) => "it is not there",
///     }
/// }
/// # let _ = fetch;
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransferError {
    /// The stream ended early.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The sender could not read on.
    #[error("the sender could not read on: {0}")]
    Read(String),
    /// They could not be written here.
    #[error("the bytes cannot be written: {0}")]
    Write(#[from] io::Error),
}

/// Writes what arrives; gives the number of bytes.
///
/// ```
/// use daffi::bytes::{self, Chunk, TransferError};
/// use daffi::{Streaming, callback};
///
/// struct Store;
///
/// #[callback]
/// impl Store {
///     pub async fn store(&self, chunks: Streaming<Chunk>) -> Result<u64, String> {
///         let mut all = Vec::new();
///         let count = bytes::write(chunks, &mut all).await.map_err(|error| error.to_string())?;
///         assert_eq!(count as usize, all.len());
///         Ok(count)
///     }
/// }
/// # let _ = Store;
/// # let _: Option<TransferError> = None;
/// ```
///
/// # Errors
///
/// What kept the rest from arriving; a part is written then.
///
/// # Cancel safety
///
/// Not cancel safe: a part is written.
pub async fn write(
    chunks: Streaming<Chunk>,
    writer: &mut (impl AsyncWrite + Unpin + ?Sized),
) -> Result<u64, TransferError> {
    let mut chunks = chunks;
    let mut written = 0;
    while let Some(chunk) = chunks.next().await {
        let Data(bytes) = chunk?.map_err(TransferError::Read)?;
        writer.write_all(&bytes).await?;
        written += bytes.len() as u64;
    }
    writer.flush().await?;
    Ok(written)
}

/// Writes what arrives to a file, which is there only once it is complete; gives the number of bytes. A file that is there
/// already is replaced then.
///
/// ```
/// use daffi::bytes::{self, Chunk};
/// use daffi::{Streaming, callback};
///
/// struct Store;
///
/// #[callback]
/// impl Store {
///     pub async fn store(&self, name: String, chunks: Streaming<Chunk>) -> Result<u64, String> {
///         if name.contains(['/', '\\']) || name.starts_with('.') {
///             return Err("that is no name of a film".to_owned());
///         }
///         let path = std::env::temp_dir().join(name);
///         bytes::save(chunks, path).await.map_err(|error| error.to_string())
///     }
/// }
/// # let _ = Store;
/// ```
///
/// # Errors
///
/// What kept it from being complete; nothing is left of it then.
///
/// # Cancel safety
///
/// Dropping it leaves nothing but, perhaps, the incomplete file beside `path`, whose name ends with `.part`.
pub async fn save(chunks: Streaming<Chunk>, path: impl AsRef<Path>) -> Result<u64, TransferError> {
    let path = path.as_ref();
    let mut part = path.as_os_str().to_owned();
    part.push(format!(".{:016x}.part", crate::random::number()));
    let part = PathBuf::from(part);
    let saved = save_part(chunks, &part, path).await;
    if saved.is_err() {
        // What was wrong is said; that there may be a rest is not news then.
        let _ = tokio::fs::remove_file(&part).await;
    }
    saved
}

async fn save_part(chunks: Streaming<Chunk>, part: &Path, path: &Path) -> Result<u64, TransferError> {
    let mut file = File::create_new(part).await?;
    let written = write(chunks, &mut file).await?;
    file.sync_all().await?;
    tokio::fs::rename(part, path).await?;
    Ok(written)
}
