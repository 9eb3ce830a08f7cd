//! A file that is only read: what is written to it is kept in memory.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::StorageBackend;

/// What is written is kept by blocks of so many bytes.
const BLOCK: u64 = 4096;

/// A file, and what was written over it. The file stays as it is.
#[derive(Clone, Debug)]
pub(super) struct Overlay(Arc<Mutex<Over>>);

#[derive(Debug)]
struct Over {
    /// None once nothing more is read.
    file: Option<File>,
    len: u64,
    /// How much of the file is still to be seen.
    seen: u64,
    blocks: BTreeMap<u64, Box<[u8]>>,
}

impl Overlay {
    pub(super) fn of(file: File) -> io::Result<Self> {
        let len = file.metadata()?.len();
        Ok(Self(Arc::new(Mutex::new(Over {
            file: Some(file),
            len,
            seen: len,
            blocks: BTreeMap::new(),
        }))))
    }

    /// Lets go of the file, whoever has the rest.
    pub(super) fn close(&self) {
        let mut over = self.over();
        over.file = None;
        over.blocks.clear();
    }

    fn over(&self) -> MutexGuard<'_, Over> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with each part of a range, which is in one block: the number of that, where in it the part begins, and where it is in the range.
    fn parts(offset: u64, len: usize) -> impl Iterator<Item = (u64, usize, Range<usize>)> {
        let mut done = 0;
        std::iter::from_fn(move || {
            let at = offset + done as u64;
            let within = usize::try_from(at % BLOCK).ok()?;
            let fits = usize::try_from(BLOCK).ok()? - within;
            let part = done..len.min(done + fits);
            done = part.end;
            (!part.is_empty()).then_some((at / BLOCK, within, part))
        })
    }
}

impl Over {
    /// A block of the file, with nothing where it has ended.
    fn block(&self, number: u64) -> io::Result<Box<[u8]>> {
        let file = self.file.as_ref().ok_or(io::ErrorKind::NotConnected)?;
        let begins = number * BLOCK;
        let there = self.seen.saturating_sub(begins).min(BLOCK);
        let mut block = vec![0; usize::try_from(BLOCK).unwrap_or_default()];
        let part = block.get_mut(..usize::try_from(there).unwrap_or_default());
        file.read_exact_at(part.unwrap_or_default(), begins)?;
        Ok(block.into())
    }
}

impl StorageBackend for Overlay {
    fn len(&self) -> io::Result<u64> {
        Ok(self.over().len)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let over = self.over();
        if offset
            .checked_add(out.len() as u64)
            .is_none_or(|end| end > over.len)
        {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        for (number, within, part) in Self::parts(offset, out.len()) {
            let len = part.len();
            let out = &mut out[part];
            match over.blocks.get(&number) {
                Some(block) => out.copy_from_slice(&block[within..within + len]),
                None => out.copy_from_slice(&over.block(number)?[within..within + len]),
            }
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut over = self.over();
        if len < over.len {
            // What is there again later is empty.
            over.seen = over.seen.min(len);
            over.blocks.split_off(&len.div_ceil(BLOCK));
            if let Some(last) = over.blocks.get_mut(&(len / BLOCK)) {
                let within = usize::try_from(len % BLOCK).unwrap_or_default();
                last[within..].fill(0);
            }
        }
        over.len = len;
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut over = self.over();
        for (number, within, part) in Self::parts(offset, data.len()) {
            if !over.blocks.contains_key(&number) {
                let block = over.block(number)?;
                over.blocks.insert(number, block);
            }
            let len = part.len();
            let block = over.blocks.get_mut(&number).ok_or(io::ErrorKind::NotFound)?;
            block[within..within + len].copy_from_slice(&data[part]);
        }
        Ok(())
    }
}
