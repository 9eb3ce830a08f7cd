//! Records on their way out: side by side in one buffer, as many as one write takes.
//!
//! rustls makes a buffer for each record, and gives it back when the record is written. To take and give back memory by the write
//! costs more than to seal what is in it; so records are laid one after the other into a buffer that is used again, and are sealed there,
//! where the ciphers are [our own](super::ciphers).

use std::cell::Cell;
use std::io::{self, IoSlice, Write as _};
use std::mem;

use rustls::{Connection, ProtocolVersion};

use super::ciphers::{HEADER_BYTES, RECORD_BYTES, sealing};

thread_local! {
    /// A buffer for whoever writes on this thread. Connections hold none, however many there are, unless their socket is full.
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// What is to be written, and how far it is.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    records: Vec<u8>,
    written: usize,
    /// What rustls has made of those, without their content.
    outlines: Vec<u8>,
}

impl Outgoing {
    /// Has `connection` seal one record at a time.
    pub(super) fn new(connection: &mut Connection) -> Self {
        connection.set_buffer_limit(Some(RECORD_BYTES));
        Self::default()
    }

    /// Adds a record of what `plain` begins with; answers how many bytes are in it.
    pub(super) fn seal(&mut self, connection: &mut Connection, plain: &[IoSlice<'_>]) -> io::Result<usize> {
        if connection.protocol_version() != Some(ProtocolVersion::TLSv1_3) {
            let sealed = connection.writer().write_vectored(plain)?;
            self.collect(connection)?;
            return Ok(sealed);
        }
        self.collect(connection)?;
        self.make_ready();
        let at = self.records.len();
        let sealed = sealing(&mut self.records, || connection.writer().write_vectored(plain));
        self.outlines.clear();
        while connection.wants_write() {
            connection.write_tls(&mut self.outlines)?;
        }
        let before = whole(&self.outlines);
        if !before.is_empty() {
            // It was asked for a new key, and has sealed that it has one before it sealed this.
            self.records.splice(at..at, before);
        }
        sealed
    }

    /// Adds the records that `connection` has, also those that it makes by itself.
    pub(super) fn collect(&mut self, connection: &mut Connection) -> io::Result<()> {
        while connection.wants_write() {
            self.make_ready();
            connection.write_tls(&mut self.records)?;
        }
        Ok(())
    }

    fn make_ready(&mut self) {
        if self.records.capacity() == 0 {
            // A thread that ends has none any more.
            self.records = SPARE.try_with(Cell::take).unwrap_or_default();
        }
    }

    /// Writes until nothing waits (`true`) or it would block (`false`).
    pub(super) fn write(
        &mut self,
        mut write: impl FnMut(&[IoSlice<'_>]) -> io::Result<usize>,
    ) -> io::Result<bool> {
        while self.written < self.records.len() {
            match write(&[IoSlice::new(&self.records[self.written..])]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => self.written += written,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.give_back();
        Ok(true)
    }

    #[cfg(test)]
    pub(super) fn held_bytes(&self) -> usize {
        self.records.capacity()
    }

    fn give_back(&mut self) {
        self.written = 0;
        let mut spare = mem::take(&mut self.records);
        if spare.capacity() > 0 {
            spare.clear();
            let _ = SPARE.try_with(|place| place.set(spare));
        }
    }
}

/// Of some records those that have a content.
fn whole(mut records: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let [_, _, _, high, low, ..] = records {
        let length = HEADER_BYTES + usize::from(u16::from_be_bytes([*high, *low]));
        let (record, rest) = records.split_at(length.min(records.len()));
        if length > HEADER_BYTES {
            whole.extend_from_slice(record);
        }
        records = rest;
    }
    whole
}
